"""Routes for leads."""

import re
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response

from app.access.permissions import CanReadLeads, CanWriteLeads, StaffRoute
from app.access.principals import Principal
from app.leads import service
from app.leads.errors import LeadNotFound, LeadsNotFound, NotHeld, SearchNeedsContact, StaleLead, TooManyOpened
from app.leads.schemas import (
    BulkChange,
    ChangedLeads,
    LeadChange,
    LeadList,
    LeadOut,
    LeadPage,
    LeadSummary,
)
from app.leads.timeline import NewNote, Timeline, TimelineEntry
from app.paging import DEFAULT_LIMIT, Cursor, Limit, link_next
from app.parts import House, Parts
from app.problems import problems

router = APIRouter(prefix="/v1/leads", tags=["leads"], route_class=StaffRoute)
_ETAG = re.compile(r'(?:W/)?"(\d{1,9})"')
_NO_VERSION = -1
IfMatch = Annotated[str | None, Header(max_length=100, description="The `ETag` you saw: change no other version.")]


@router.get("", operation_id="listLeads", responses=problems(SearchNeedsContact))
async def list_leads(
    wanted: Annotated[LeadPage, Query()], house: House, staff: CanReadLeads, request: Request, response: Response
) -> LeadList:
    """List leads, newest first unless `sort` says otherwise. A search may answer a short page, and yet go on.

    Without `leads:contact`, contact data is masked and not looked for: `email`, `phone` and words in `q` are refused.
    """
    found = await _page(house, wanted, staff)
    link_next(request, response, house.settings.base_url, found.next_cursor)
    return found


@router.post("/search", operation_id="searchLeads", responses=problems(SearchNeedsContact))
async def search_leads(wanted: LeadPage, house: House, staff: CanReadLeads) -> LeadList:
    """List leads by the same filters as JSON, so that names and numbers stay out of addresses and their logs."""
    return await _page(house, wanted, staff)


async def _page(house: Parts, wanted: LeadPage, staff: Principal) -> LeadList:
    page = await service.list_leads(
        house.database, house.keyring, wanted, cursor=wanted.cursor, limit=wanted.limit, by=staff
    )
    return LeadList(items=list(page.items), next_cursor=page.next_cursor)


@router.post("/bulk", operation_id="changeLeads", responses=problems(LeadsNotFound))
async def change_leads(wanted: BulkChange, house: House, staff: CanWriteLeads) -> ChangedLeads:
    """Change up to 500 leads alike: all of them, or none if one is not there. Each is told of, and keeps its step."""
    items = await service.change_many(
        house.database, house.keyring, wanted.leads, wanted.change, house.clock.now(), by=staff
    )
    house.hint()
    return ChangedLeads(items=items)


@router.get("/{lead}", operation_id="getLead", responses=problems(LeadNotFound, TooManyOpened))
async def get_lead(lead: str, request: Request, house: House, staff: CanReadLeads, response: Response) -> LeadOut:
    """Get one lead, whole, by id or reference. Opening one is audited, and throttled for each key or person."""
    request.app.state.openings.take(staff.actor)
    found = await service.show(house.database, house.keyring, lead, by=staff)
    response.headers["ETag"] = f'"{found.version}"'
    return found


@router.get("/{lead}/timeline", operation_id="getTimeline", responses=problems(LeadNotFound, TooManyOpened))
async def get_timeline(
    lead: str,
    request: Request,
    response: Response,
    house: House,
    staff: CanReadLeads,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Timeline:
    """Get all that happened to a lead, in order: steps, notes, and what was told to whom. Each page is an opening."""
    request.app.state.openings.take(staff.actor)
    page = await service.timeline_of(house.database, house.keyring, lead, cursor=cursor, limit=limit, by=staff)
    link_next(request, response, house.settings.base_url, page.next_cursor)
    return Timeline(items=list(page.items), next_cursor=page.next_cursor)


@router.post("/{lead}/notes", operation_id="addNote", status_code=201, responses=problems(LeadNotFound))
async def add_note(lead: str, new: NewNote, house: House, staff: CanWriteLeads) -> TimelineEntry:
    """Write a note on a lead, sealed like the rest of it. Destinations are not told."""
    return await service.add_note(house.database, house.keyring, lead, new.text, house.clock.now(), by=staff)


@router.patch("/{lead}", operation_id="changeLead", responses=problems(LeadNotFound, StaleLead))
async def change_lead(
    lead: str, wanted: LeadChange, house: House, staff: CanWriteLeads, response: Response, if_match: IfMatch = None
) -> LeadSummary:
    """Change a lead's status, assignee, tags or follow-up date; its destinations are told."""
    now, seen = house.clock.now(), version_of(if_match)
    found = await service.change(house.database, house.keyring, lead, wanted, now, if_version=seen, by=staff)
    return _changed(house, found, response)


@router.post("/{lead}/release", operation_id="releaseLead", responses=problems(LeadNotFound, NotHeld, StaleLead))
async def release_lead(
    lead: str, house: House, staff: CanWriteLeads, response: Response, if_match: IfMatch = None
) -> LeadSummary:
    """Let a held lead go: its destinations are told once, of the lead as it is now."""
    now, seen = house.clock.now(), version_of(if_match)
    found = await service.release(house.database, house.keyring, lead, now, if_version=seen, by=staff)
    return _changed(house, found, response)


@router.post("/{lead}/reject", operation_id="rejectLead", responses=problems(LeadNotFound, NotHeld, StaleLead))
async def reject_lead(
    lead: str, house: House, staff: CanWriteLeads, response: Response, if_match: IfMatch = None
) -> LeadSummary:
    """Mark a held lead as spam; it stays, and nobody is told of it."""
    now, seen = house.clock.now(), version_of(if_match)
    found = await service.reject(house.database, house.keyring, lead, now, if_version=seen, by=staff)
    return _changed(house, found, response)


def _changed(house: Parts, found: LeadSummary, response: Response) -> LeadSummary:
    house.hint()
    response.headers["ETag"] = f'"{found.version}"'
    return found


def version_of(if_match: str | None) -> int | None:
    """Read `If-Match`: None where any version will do; a tag that is none of ours fits no version."""
    if if_match is None or if_match.strip() == "*":
        return None
    match = _ETAG.fullmatch(if_match.strip())
    return int(match[1]) if match else _NO_VERSION
