"""Routes for what people may ask of us about their data."""

from fastapi import APIRouter, Request, Response

from app.access.permissions import CanEraseLeads, StaffRoute
from app.leads.errors import LeadNotFound, StaleLead, TooManyOpened
from app.leads.router import IfMatch, version_of
from app.parts import House
from app.privacy import service
from app.privacy.schemas import SubjectExport
from app.privacy.subject import export_subject
from app.problems import problems

router = APIRouter(prefix="/v1/leads", tags=["leads"], route_class=StaffRoute)


@router.delete("/{lead}", operation_id="eraseLead", status_code=204, responses=problems(LeadNotFound, StaleLead))
async def erase_lead(lead: str, house: House, staff: CanEraseLeads, if_match: IfMatch = None) -> None:
    """Erase a lead for good. What of it waits is cancelled; whoever was told of it is told that it is erased, last."""
    await service.erase(house, lead, if_version=version_of(if_match), by=staff)
    house.hint()


@router.get("/{lead}/subject-export", operation_id="exportSubject", responses=problems(LeadNotFound, TooManyOpened))
async def subject_export(
    lead: str, request: Request, response: Response, house: House, staff: CanEraseLeads
) -> SubjectExport:
    """Get everything held on the person of a lead, opened. It is audited, and throttled like the opening of a lead."""
    request.app.state.openings.take(staff.actor)
    found = await export_subject(house, lead, by=staff)
    response.headers["Content-Disposition"] = f'attachment; filename="{found.lead.reference}.json"'
    return found
