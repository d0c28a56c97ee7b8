"""Hints: what was promised in one process is heard in another at once, and nothing depends on it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.database import Database
from app.deliveries.hints import Hints
from app.worker import WorkerLoop
from tests.support.house import Desk
from tests.support.postgres import Postgres
from tests.support.sink import HttpSink
from tests.support.waiting import eventually

NEVER = 3600.0


@asynccontextmanager
async def running(url: str) -> AsyncIterator[Hints]:
    hints = Hints(url, is_sqlite=url.startswith("sqlite"))
    task = asyncio.create_task(hints.run())
    try:
        yield hints
    finally:
        hints.stop()
        await task


@asynccontextmanager
async def working(desk: Desk, hints: Hints) -> AsyncIterator[None]:
    """Run a worker that looks by itself but once: what comes later it hears of, or never sees."""
    loop = WorkerLoop(desk.house.database, desk.clock, desk.engine, hints.wake, poll_seconds=NEVER)
    task = asyncio.create_task(loop.run())
    await asyncio.sleep(0.5)
    try:
        yield
    finally:
        loop.stop()
        await task


async def test_a_hint_in_the_same_process_sends_without_waiting_for_the_poll(
    desk: Desk, http_sink: HttpSink, database_url: str
) -> None:
    await desk.webhook(http_sink.url())
    async with running(database_url) as hints, working(desk, hints):
        for count in (1, 2):
            await desk.lead()
            hints.give()
            await http_sink.received(count)


async def test_a_worker_elsewhere_hears_a_hint(postgresql_url: str) -> None:
    async with running(postgresql_url) as here, running(postgresql_url) as there:
        for _ in range(3):
            # Until both listen: whoever has just connected wakes once by itself.
            await asyncio.sleep(0.3)
            there.wake.clear()
            here.give()
            await eventually(there.wake.is_set)


async def test_a_crowd_of_hints_is_told_a_few_times_a_second(postgresql_url: str) -> None:
    heard = 0

    def hear(*_: object) -> None:
        nonlocal heard
        heard += 1

    async with running(postgresql_url) as here:
        database = Database(postgresql_url)
        async with database.connect() as connection:
            raw = (await connection.get_raw_connection()).driver_connection
            assert raw is not None
            await raw.add_listener("freequote_promised", hear)
            for _ in range(100):
                here.give()
                await asyncio.sleep(0.01)
            await eventually(lambda: heard > 0)
            await raw.remove_listener("freequote_promised", hear)
        await database.dispose()
    assert heard < 60


async def test_a_connection_that_is_cut_is_made_anew(postgres: Postgres, postgresql_url: str) -> None:
    async with running(postgresql_url) as here, running(postgresql_url) as there:
        await asyncio.sleep(0.3)
        name = postgresql_url.rpartition("/")[2].partition("?")[0]
        cut = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        await asyncio.to_thread(postgres.run, cut)
        # A hint that is given meanwhile is told when it is back.
        await asyncio.sleep(0.1)
        there.wake.clear()
        here.give()
        await eventually(there.wake.is_set)
        await asyncio.sleep(1.5)
        there.wake.clear()
        here.give()
        await eventually(there.wake.is_set)
