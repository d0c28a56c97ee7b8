"""Routes that follow changes."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request

from app.access.permissions import CanReadLeads, StaffRoute, recognise_again
from app.access.principals import Principal
from app.access.scopes import Scope
from app.leads.changes import service
from app.leads.changes.errors import CursorExpired, TooManyStreams
from app.leads.changes.schemas import Changes
from app.leads.changes.stream import EventStream, Streams, follow
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


@router.get(
    "/stream",
    operation_id="streamChanges",
    status_code=HTTPStatus.OK,
    response_class=EventStream,
    responses={**problems(CursorExpired, TooManyStreams)},
)
async def stream_changes(
    request: Request,
    house: House,
    _: CanReadLeads,
    last_event_id: Annotated[str, Header(max_length=500, description="Where the stream broke off.")] = "",
) -> EventStream:
    """Be told of new and changed leads as it happens, by server-sent events that carry ids alone.

    Connecting again with `Last-Event-ID`, as browsers do, misses nothing. The stream ends when the key does.
    """
    streams: Streams = request.app.state.streams

    async def recognise() -> Principal:
        return await recognise_again(request, Scope.LEADS_READ)

    cursor = await service.start(house.database, house.keyring, last_event_id)
    return EventStream(follow(house, streams, recognise, cursor), streams)
