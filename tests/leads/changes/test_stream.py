"""The stream of changes: ids alone, on from where it broke off, until the key or the process ends."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import httpx
import pytest

from app.access import service as access
from app.access.errors import NotAuthenticated
from app.access.principals import Principal
from app.access.schemas import NewKey
from app.access.scopes import Scope
from app.access.service import KeyDesk
from app.ids import new_id
from app.leads.changes import service, stream
from app.leads.changes.errors import TooManyStreams
from app.leads.changes.stream import EventStream, Streams, follow
from app.parts import Parts
from tests.intake.enquiry import DOOR, JSON, WORDS_OF_HERS
from tests.support.house import Desk
from tests.support.process import Service

EVERYONE = Principal(new_id(), "Console", frozenset({Scope.LEADS_READ.value}), frozenset())


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look often, and speak up often."""
    monkeypatch.setattr(stream, "_POLL_SECONDS", 0.01)
    monkeypatch.setattr(stream, "_HEARTBEAT_SECONDS", 0.05)


async def _everyone() -> Principal:
    return EVERYONE


async def _following(house: Parts, streams: Streams | None = None, after: str = "") -> AsyncIterator[bytes]:
    cursor = await service.start(house.database, house.keyring, after)
    return follow(house, streams or Streams(), _everyone, cursor)


async def _event(events: AsyncIterator[bytes]) -> dict[str, str]:
    """Return the fields of the next event that says anything."""
    async with asyncio.timeout(10):
        async for block in events:
            fields = dict(line.split(": ", 1) for line in block.decode().splitlines() if line)
            if "data" in fields:
                return fields
    raise AssertionError("The stream has ended.")


async def test_it_tells_the_ids_of_what_changes_from_now_on_and_after_a_break_from_there(desk: Desk) -> None:
    house = desk.house
    await desk.lead()
    events = await _following(house)
    assert (await anext(events)).startswith(b"retry: 3000\nid: ")
    # What was there before may end up on either side of its start, while transactions elsewhere hold the end back.
    lead = await desk.lead()
    told = await _event(events)
    while json.loads(told["data"])["lead_id"] != str(lead.id):
        told = await _event(events)
    assert told["event"] == "lead.created"
    assert json.loads(told["data"]).keys() == {"id", "lead_id"}
    missed = [await desk.lead() for _ in range(2)]
    again = await _following(house, after=told["id"])
    assert [json.loads((await _event(again))["data"])["lead_id"] for _ in missed] == [str(one.id) for one in missed]


async def test_it_speaks_up_while_nothing_happens(desk: Desk) -> None:
    events = await _following(desk.house)
    await anext(events)
    async with asyncio.timeout(10):
        beat = await anext(events)
    assert beat.startswith(b": still here\nid: ")


async def test_it_ends_when_the_process_is_to_stop(desk: Desk) -> None:
    streams = Streams()
    events = await _following(desk.house, streams)
    await anext(events)
    streams.close()
    async with asyncio.timeout(10):
        assert [block async for block in events] == []


async def test_a_revoked_key_hears_nothing_after_five_seconds(desk: Desk) -> None:
    house, clock = desk.house, desk.clock
    made = await access.mint(house.database, NewKey(name="Console", scopes=[Scope.LEADS_READ]), clock.now())
    keys = KeyDesk(house.database, clock)
    cursor = await service.start(house.database, house.keyring, None)
    events = follow(house, Streams(), partial(keys.recognise, made.secret), cursor)
    await anext(events)
    await desk.lead()
    await _event(events)
    await access.revoke(house.database, made.id, clock.now())
    clock.move(timedelta(seconds=5))
    await desk.lead()
    async with asyncio.timeout(10):
        assert [block async for block in events if b"data" in block] == []
    with pytest.raises(NotAuthenticated):
        await keys.recognise(made.secret)


def test_a_process_holds_a_bounded_number_open() -> None:
    streams = Streams(most=1)
    EventStream(_nothing(), streams)
    with pytest.raises(TooManyStreams):
        EventStream(_nothing(), streams)
    streams.give_back()
    EventStream(_nothing(), streams)


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""


async def test_a_place_that_is_not_known_is_refused_before_the_stream_begins(staff: httpx.AsyncClient) -> None:
    answer = await staff.get("/v1/stream", headers={"Last-Event-ID": "nonsense"})
    assert (answer.status_code, answer.json()["code"]) == (410, "cursor-expired")


@pytest.fixture
def deployed(free_port: int, tmp_path: Path) -> Iterator[Service]:
    """Give a deployment with all defaults that has never run."""
    fresh = Service(tmp_path, {}, free_port)
    yield fresh
    fresh.stop()


@asynccontextmanager
async def _connected(deployed: Service, key: dict[str, str]) -> AsyncIterator[AsyncIterator[str]]:
    async with (
        httpx.AsyncClient(base_url=deployed.url, headers=key, timeout=20) as client,
        client.stream("GET", "/v1/stream") as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert (answer.headers["cache-control"], answer.headers["x-accel-buffering"]) == (
            "no-store, no-transform",
            "no",
        )
        yield answer.aiter_lines()


async def test_the_real_service_streams_and_stops_at_once_while_somebody_listens(deployed: Service) -> None:
    process = await deployed.serve()
    key = {"Authorization": f"Bearer {deployed.first_key()}"}
    async with _connected(deployed, key) as lines, httpx.AsyncClient(base_url=deployed.url) as client:
        receipt = (await client.post(DOOR, json=JSON)).json()
        async for line in lines:
            assert not [word for word in WORDS_OF_HERS if word in line]
            if receipt["id"] in line:
                break
        process.send_signal(signal.SIGTERM)
        assert not [line async for line in lines if line]
    # Less than the drain would take, which waits for connections.
    assert process.wait(10) in {0, -signal.SIGTERM}
