"""The loop that keeps promises: it wakes, says that it is alive, survives faults, and leaves nothing behind."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import func, select, text

from app.audit.actions import CLI, Action
from app.audit.checkpoints import CheckpointFile
from app.audit.service import record
from app.audit.verifying import verify
from app.deliveries.models import Delivery, Worker
from app.worker import WorkerLoop, make_sealer
from tests.support.house import Desk
from tests.support.sink import Answer, HttpSink


@pytest.fixture
async def loop(desk: Desk) -> AsyncIterator[tuple[WorkerLoop, asyncio.Event]]:
    """Give a running loop and the event that wakes it."""
    wake = asyncio.Event()
    made = WorkerLoop(desk.house.database, desk.clock, desk.engine, wake)
    running = asyncio.create_task(made.run())
    yield made, wake
    made.stop()
    await running


async def _count(desk: Desk, model: type[Worker | Delivery]) -> int:
    async with desk.house.database.read() as session:
        return await session.scalar(select(func.count()).select_from(model)) or 0


async def test_a_hint_sends_at_once(desk: Desk, http_sink: HttpSink, loop: tuple[WorkerLoop, asyncio.Event]) -> None:
    await desk.webhook(http_sink.url())
    await desk.lead()
    loop[1].set()
    await http_sink.received(within=5)


async def test_without_a_hint_polling_finds_what_is_due(
    desk: Desk, http_sink: HttpSink, loop: tuple[WorkerLoop, asyncio.Event]
) -> None:
    await asyncio.sleep(0.2)
    await desk.webhook(http_sink.url())
    await desk.lead()
    await http_sink.received(within=10)


async def test_stopping_settles_what_is_under_way_and_signs_off(desk: Desk, http_sink: HttpSink) -> None:
    http_sink.otherwise = Answer(200, delay=0.5)
    await desk.webhook(http_sink.url())
    await desk.lead()
    loop = WorkerLoop(desk.house.database, desk.clock, desk.engine, asyncio.Event())
    running = asyncio.create_task(loop.run())
    await http_sink.received()
    assert await _count(desk, Worker) == 1
    loop.stop()
    await running
    async with desk.house.database.read() as session:
        assert list(await session.scalars(select(Delivery.state))) == ["delivered"]
    assert await _count(desk, Worker) == 0


async def test_a_fault_in_the_database_does_not_end_the_loop(
    desk: Desk, http_sink: HttpSink, loop: tuple[WorkerLoop, asyncio.Event]
) -> None:
    await desk.webhook(http_sink.url())
    async with desk.house.database.begin() as session:
        await session.execute(text("ALTER TABLE deliveries RENAME TO mislaid"))
    loop[1].set()
    await asyncio.sleep(0.3)
    async with desk.house.database.begin() as session:
        await session.execute(text("ALTER TABLE mislaid RENAME TO deliveries"))
    await desk.lead()
    loop[1].set()
    await http_sink.received(within=10)


async def test_what_was_done_is_chained_and_told_outside_before_the_worker_leaves(desk: Desk) -> None:
    sealer = make_sealer(desk.house)
    loop = WorkerLoop(desk.house.database, desk.clock, desk.engine, asyncio.Event(), sealer=sealer)
    running = asyncio.create_task(loop.run())
    async with desk.house.database.begin() as session:
        record(session, CLI, Action.FORM_MADE, "form:clinic-es")
    loop.stop()
    await running
    outside = CheckpointFile(desk.house.settings.audit_dir)
    found = await verify(desk.house.database, desk.house.keyring.audit, outside)
    assert (found.ok, found.waiting, outside.read()[-1].position) == (True, 0, found.position)
