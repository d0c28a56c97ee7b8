"""Routes for leads."""

import re
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response

from app.access.permissions import CanReadLeads, CanWriteLeads, StaffRoute
from app.leads import service
from app.leads.errors import LeadNotFound, NotHeld, StaleLead
from app.leads.schemas import LeadChange, LeadFilters, LeadList, LeadOut, LeadSummary
from app.paging import DEFAULT_LIMIT, MAX_LIMIT, link_next
from app.parts import House
from app.problems import problems

router = APIRouter(prefix="/v1/leads", tags=["leads"], route_class=StaffRoute)
_ETAG = re.compile(r'(?:W/)?"(\d{1,9})"')
_NO_VERSION = -1


class LeadPage(LeadFilters):
    """Which leads, and where the page begins."""

    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT
    cursor: Annotated[str | None, Query(max_length=500)] = None


@router.get("", operation_id="listLeads")
async def list_leads(
    wanted: Annotated[LeadPage, Query()], house: House, staff: CanReadLeads, request: Request, response: Response
) -> LeadList:
    """List leads, newest first."""
    page = await service.list_leads(
        house.database, house.keyring, wanted, cursor=wanted.cursor, limit=wanted.limit, by=staff
    )
    link_next(request, response, house.settings.base_url, page.next_cursor)
    return LeadList(items=list(page.items), next_cursor=page.next_cursor)


@router.get("/{lead}", operation_id="getLead", responses=problems(LeadNotFound))
async def get_lead(lead: str, house: House, staff: CanReadLeads, response: Response) -> LeadOut:
    """Get one lead, whole, by id or reference."""
    found = await service.show(house.database, house.keyring, lead, by=staff)
    response.headers["ETag"] = f'"{found.version}"'
    return found


@router.patch("/{lead}", operation_id="changeLead", responses=problems(LeadNotFound, StaleLead))
async def change_lead(
    lead: str,
    wanted: LeadChange,
    house: House,
    staff: CanWriteLeads,
    response: Response,
    if_match: Annotated[str | None, Header(max_length=100)] = None,
) -> LeadSummary:
    """Change a lead's status; its destinations are told. With `If-Match`, only the version you saw."""
    found = await service.change(
        house.database,
        house.keyring,
        lead,
        wanted,
        house.clock.now(),
        if_version=_version(if_match),
        by=staff,
    )
    house.hint()
    response.headers["ETag"] = f'"{found.version}"'
    return found


@router.post("/{lead}/release", operation_id="releaseLead", responses=problems(LeadNotFound, NotHeld))
async def release_lead(lead: str, house: House, staff: CanWriteLeads) -> LeadSummary:
    """Let a held lead go: its destinations are told once, of the lead as it is now."""
    found = await service.release(house.database, house.keyring, lead, house.clock.now(), by=staff)
    house.hint()
    return found


@router.post("/{lead}/reject", operation_id="rejectLead", responses=problems(LeadNotFound, NotHeld))
async def reject_lead(lead: str, house: House, staff: CanWriteLeads) -> LeadSummary:
    """Mark a held lead as spam; it stays, and nobody is told of it."""
    return await service.reject(house.database, house.keyring, lead, house.clock.now(), by=staff)


def _version(if_match: str | None) -> int | None:
    """Read `If-Match`: None where any version will do; a tag that is none of ours fits no version."""
    if if_match is None or if_match.strip() == "*":
        return None
    match = _ETAG.fullmatch(if_match.strip())
    return int(match[1]) if match else _NO_VERSION
