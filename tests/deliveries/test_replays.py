"""Replays: durable orders, worked off slowly, every event with its own id."""

import asyncio
import signal
import sys
from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from pydantic import ValidationError
from sqlalchemy import func, select, update

from app.deliveries import claims, replays, service
from app.deliveries.errors import ReplayUnderWay
from app.deliveries.models import Delivery
from app.deliveries.schemas import NewReplay, ReplayOut, ReplayState
from app.destinations import service as destinations
from app.destinations.errors import DestinationNotFound
from tests.support.house import Desk
from tests.support.sink import HttpSink

# One second's share is committed; the process dies within the transaction of the next.
_HALF_A_REPLAY = """
import asyncio, os, signal, sys
from datetime import UTC, datetime
from app.database import Database
from app.deliveries import replays
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
async def work():
    database = Database(sys.argv[1])
    assert await replays.work_off(database, datetime(2026, 3, 2, 9, 1, tzinfo=UTC)) == 20
    make_due = replays._make_due
    async def and_die(*parts):
        assert await make_due(*parts)
        die()
    replays._make_due = and_die
    await replays.work_off(database, datetime(2026, 3, 2, 9, 2, tzinfo=UTC))
asyncio.run(work())
"""
SECOND = timedelta(seconds=1)


async def order(desk: Desk, destination_id: UUID, only: str = "all", since: datetime | None = None) -> ReplayOut:
    now = desk.clock.now()
    wanted = NewReplay.model_validate({"from": since or now - timedelta(days=9), "to": now, "only": only})
    return await replays.order(desk.house.database, destination_id, wanted, now)


async def delivered(desk: Desk, sink: HttpSink, count: int) -> UUID:
    """Make a destination that got so many leads."""
    made = await desk.webhook(sink.url())
    for _ in range(count):
        await desk.lead()
    await desk.engine.run_until_idle()
    desk.clock.move(SECOND)
    return made.id


async def work(desk: Desk, seconds: int) -> list[int]:
    """Let workers work for so many seconds; return how many deliveries became due in each."""
    due = []
    for _ in range(seconds):
        due.append(await replays.work_off(desk.house.database, desk.clock.now()))
        await desk.engine.run_until_idle()
        desk.clock.move(SECOND)
    return due


async def test_a_replay_sends_a_stretch_again_at_its_pace_with_the_same_ids(desk: Desk, http_sink: HttpSink) -> None:
    destination_id = await delivered(desk, http_sink, 45)
    assert (await order(desk, destination_id)).found == 45
    assert await work(desk, 4) == [20, 20, 5, 0]
    ids = [request.headers["webhook-id"] for request in http_sink.requests]
    assert (len(ids), len(set(ids))) == (90, 45)
    (shown,) = await replays.list_of(desk.house.database, destination_id)
    assert (shown.state, shown.queued) == (ReplayState.DONE, 45)


async def test_two_workers_together_keep_the_pace(desk: Desk, http_sink: HttpSink) -> None:
    destination_id = await delivered(desk, http_sink, 30)
    await order(desk, destination_id)
    now = desk.clock.now()
    counts = await asyncio.gather(*(replays.work_off(desk.house.database, now) for _ in range(2)))
    assert sum(counts) == 20


async def test_a_worker_that_is_killed_in_the_middle_of_a_replay_leaves_it_to_the_next(
    desk: Desk, http_sink: HttpSink
) -> None:
    destination_id = await delivered(desk, http_sink, 50)
    await order(desk, destination_id)
    killed = await asyncio.create_subprocess_exec(sys.executable, "-c", _HALF_A_REPLAY, desk.house.database.url)
    assert await killed.wait() == -signal.SIGKILL
    desk.clock.move(timedelta(minutes=2))
    await desk.engine.run_until_idle()
    assert sum(await work(desk, 5)) == 30
    ids = Counter(request.headers["webhook-id"] for request in http_sink.requests)
    assert (len(ids), set(ids.values())) == (50, {2})


async def test_by_default_only_what_was_given_up_is_sent_again_and_only_of_that_stretch(
    desk: Desk, http_sink: HttpSink
) -> None:
    destination_id = await delivered(desk, http_sink, 3)
    between = desk.clock.now()
    desk.clock.move(SECOND)
    late = [await desk.lead() for _ in range(3)]
    await desk.engine.run_until_idle()
    async with desk.house.database.begin() as session:
        given_up = update(Delivery).where(Delivery.lead_id != late[0].id).values(state="failed")
        await session.execute(given_up)
    desk.clock.move(SECOND)
    assert (await order(desk, destination_id, "failed", since=between)).found == 2
    assert sum(await work(desk, 2)) == 2
    async with desk.house.database.read() as session:
        rows = await session.execute(select(Delivery.state, func.count()).group_by(Delivery.state))
        assert {row[0]: row[1] for row in rows} == {"delivered": 3, "failed": 3}


async def test_a_replay_goes_after_what_is_fresh(desk: Desk, http_sink: HttpSink) -> None:
    destination_id = await delivered(desk, http_sink, 5)
    await order(desk, destination_id)
    await replays.work_off(desk.house.database, desk.clock.now())
    fresh = await desk.lead()
    async with desk.house.database.begin() as session:
        found = {one.id: one for one in await claims.waiting(session, desk.clock.now())}
        taken = await claims.claim(session, found, {destination_id: 1}, desk.clock.now(), (fresh.id, 60))
    assert [one.lead_id for one in taken] == [fresh.id]


async def test_a_replay_waits_while_its_destination_is_paused_and_ends_when_it_is_deleted(
    desk: Desk, http_sink: HttpSink
) -> None:
    destination_id = await delivered(desk, http_sink, 3)
    await order(desk, destination_id)
    await destinations.set_state(desk.house.database, desk.house.keyring, destination_id, "paused")
    assert await work(desk, 3) == [0, 0, 0]
    await destinations.set_state(desk.house.database, desk.house.keyring, destination_id, "active")
    assert await work(desk, 1) == [3]
    await order(desk, destination_id)
    await service.retire_destination(desk.house.database, destination_id, desk.clock.now())
    assert await work(desk, 2) == [0, 0]
    with pytest.raises(DestinationNotFound):
        await order(desk, destination_id)


async def test_one_replay_at_a_time_for_a_destination(desk: Desk, http_sink: HttpSink) -> None:
    destination_id = await delivered(desk, http_sink, 1)
    orders = await asyncio.gather(*(order(desk, destination_id) for _ in range(3)), return_exceptions=True)
    assert sum(isinstance(one, ReplayOut) for one in orders) == 1
    assert sum(isinstance(one, ReplayUnderWay) for one in orders) == 2


def test_a_stretch_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValidationError):
        NewReplay.model_validate({"from": "2026-11-24T10:00:00Z", "to": "2026-11-24T10:00:00Z"})
