"""Changes as server-sent events (HTML §9.2): ids alone, for as long as the key is good, until the process stops."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from time import monotonic
from typing import Any

import orjson
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from app.access.principals import Principal
from app.errors import AppError
from app.leads.changes import cursor as cursors
from app.leads.changes import service
from app.leads.changes.errors import TooManyStreams
from app.leads.changes.queries import Place
from app.parts import Parts

_MOST_OPEN = 64
_AT_ONCE = 100
_POLL_SECONDS = 1.0
_HEARTBEAT_SECONDS = 15.0
"""Proxies commonly hang up after a minute without a word."""
_RECONNECT_MILLISECONDS = 3000
_HEADERS = {
    "Cache-Control": "no-store, no-transform",
    # nginx would gather events until a buffer is full.
    "X-Accel-Buffering": "no",
}


class Streams:
    """The streams that one process holds open: a bounded number, all ended when the process is to stop."""

    def __init__(self, most: int = _MOST_OPEN) -> None:
        self._free = most
        self.closing = False

    def take(self) -> None:
        """Take a place, or raise `TooManyStreams`."""
        if not self._free:
            raise TooManyStreams
        self._free -= 1

    def give_back(self) -> None:
        """Free a place."""
        self._free += 1

    def close(self) -> None:
        """Let every stream end within a second. Safe in a signal's handler."""
        self.closing = True


class EventStream(StreamingResponse):
    """An answer that goes on. It holds its place until its end, however that comes."""

    media_type = "text/event-stream"

    def __init__(self, content: AsyncIterator[bytes], streams: Streams) -> None:
        streams.take()
        super().__init__(content, headers=_HEADERS)
        self._streams = streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until it ends."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._streams.give_back()


async def follow(
    house: Parts, streams: Streams, recognise: Callable[[], Awaitable[Principal]], cursor: str
) -> AsyncIterator[bytes]:
    """Yield the changes behind a cursor as they come.

    `recognise` returns who holds the key, or raises once it is good no more; it is asked before anything is told. Ends
    then, when the process is to stop, and when the database does not answer: whoever follows connects again.
    """
    yield f"retry: {_RECONNECT_MILLISECONDS}\nid: {cursor}\n\n".encode()
    spoke_at = monotonic()
    while not streams.closing:
        try:
            staff = await recognise()
            stretch = await service.read(house.database, house.keyring, cursor, _AT_ONCE, sorted(staff.forms))
        except AppError:
            return
        for row in stretch.rows:
            yield _event(row, cursors.write(house.keyring.secrets, stretch.epoch, Place(row.place, row.id)))
        cursor = cursors.write(house.keyring.secrets, stretch.epoch, stretch.end)
        if stretch.rows:
            spoke_at = monotonic()
        elif monotonic() - spoke_at >= _HEARTBEAT_SECONDS:
            # With the place, so that whoever comes back need not look at what was of other forms again.
            yield f": still here\nid: {cursor}\n\n".encode()
            spoke_at = monotonic()
        if len(stretch.rows) < _AT_ONCE:
            await asyncio.sleep(_POLL_SECONDS)


def _event(row: Any, cursor: str) -> bytes:
    data = orjson.dumps({"id": str(row.id), "lead_id": str(row.lead_id)}).decode()
    return f"id: {cursor}\nevent: {row.type}\ndata: {data}\n\n".encode()
