"""Routes that follow changes."""

from typing import Annotated

from fastapi import APIRouter, Query

from app.access.permissions import CanReadLeads, StaffRoute
from app.leads.changes import service
from app.leads.changes.errors import CursorExpired
from app.leads.changes.schemas import Changes
from app.paging import DEFAULT_LIMIT, Limit
from app.parts import House
from app.problems import problems

router = APIRouter(prefix="/v1", tags=["leads"], route_class=StaffRoute)
_After = Annotated[str, Query(max_length=500, description="`next_cursor` of the page before; empty: from the start.")]


@router.get("/changes", operation_id="listChanges", responses=problems(CursorExpired))
async def list_changes(house: House, staff: CanReadLeads, after: _After = "", limit: Limit = DEFAULT_LIMIT) -> Changes:
    """Follow every change of every lead in the order of the commits, none missed, whoever writes at the same time.

    Held leads are told of when they are released. An unknown cursor is answered with 410: read from the start then.
    """
    return await service.list_changes(house.database, house.keyring, after, limit, by=staff)
