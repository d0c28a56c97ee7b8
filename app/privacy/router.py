"""Routes for what people may ask of us about their data."""

from fastapi import APIRouter

from app.access.permissions import CanEraseLeads, StaffRoute
from app.leads.errors import LeadNotFound, StaleLead
from app.leads.router import IfMatch, version_of
from app.parts import House
from app.privacy import service
from app.problems import problems

router = APIRouter(prefix="/v1/leads", tags=["leads"], route_class=StaffRoute)


@router.delete("/{lead}", operation_id="eraseLead", status_code=204, responses=problems(LeadNotFound, StaleLead))
async def erase_lead(lead: str, house: House, staff: CanEraseLeads, if_match: IfMatch = None) -> None:
    """Erase a lead for good. What of it waits is cancelled; whoever was told of it is told that it is erased, last."""
    await service.erase(house, lead, if_version=version_of(if_match), by=staff)
    house.hint()
