"""The route that says who would be told of a lead."""

from fastapi import APIRouter

from app.access.errors import MissingScope
from app.access.permissions import CanReadSetup, StaffRoute
from app.destinations.schemas import RouteList, RouteWhat
from app.leads.audience import who_is_told
from app.leads.errors import LeadNotFound
from app.parts import House
from app.problems import problems

router = APIRouter(prefix="/v1/destinations", tags=["destinations"], route_class=StaffRoute)


@router.post("/route", operation_id="routeLead", responses=problems(LeadNotFound, MissingScope))
async def route_lead(query: RouteWhat, house: House, staff: CanReadSetup) -> RouteList:
    """Say who would be told of such a lead, and why the others would not.

    A lead that is there may be named instead of described; that takes `leads:read`, too.
    """
    return RouteList(items=await who_is_told(house.database, house.keyring, query, by=staff))
