"""The loop that keeps promises, says that it is alive, and tidies up, and its parts; it stops cleanly on SIGTERM."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from time import monotonic
from typing import TypeVar

from sqlalchemy import delete, insert, update

from app.access.oidc.under_way import forget_unfinished
from app.access.sessions import forget_ended
from app.audit.checkpoints import CheckpointFile
from app.audit.sealer import SEAL_SECONDS, Sealer
from app.clock import Clock
from app.database import Database, database_now
from app.deliveries import replays
from app.deliveries.checks import HEARTBEAT_SECONDS
from app.deliveries.engine import Engine
from app.deliveries.hints import Hints
from app.deliveries.models import Worker
from app.deliveries.senders import RealSenders
from app.deliveries.sweeping import sweep
from app.errors import OutOfReach
from app.ids import new_id
from app.intake.service import forget_old
from app.leads.held import HeldDigests
from app.leads.occasions import occasions
from app.leads.stats.counting import keep_up
from app.metrics import AttemptFigures
from app.parts import Parts
from app.settings import Settings
from app.telemetry import logger

Done = TypeVar("Done")
POLL_SECONDS = 1.0
"""How often the database is asked when nobody gives a hint: polling is the truth, hints only make it sooner."""
_GATHER_SECONDS = 0.02
"""How far apart claims are at the least, so that a crowd of them shares one; a lone one waits for nothing."""
_SWEEP_SECONDS = 60.0
_TIDY_SECONDS = 600.0
_LONG_SILENT_SECONDS = 86400.0


def make_hints(settings: Settings, database: Database) -> Hints:
    """Make what tells workers, in this process and elsewhere, that something was promised."""
    return Hints(settings.direct_database_url.get_secret_value() or database.url, is_sqlite=database.is_sqlite)


def make_engine(house: Parts, figures: AttemptFigures | None = None) -> tuple[Engine, RealSenders]:
    """Make the engine that keeps promises, and the senders that are to be closed after it."""
    occasion_of = occasions(house.database, house.keyring, house.settings.base_url)
    senders = RealSenders(house.settings, house.keyring, house.settings.delivery_deadline, occasion_of)
    lease = house.settings.delivery_lease
    engine = Engine(house.database, house.keyring, house.clock, senders, lease_seconds=lease, figures=figures)
    return engine, senders


def make_sealer(house: Parts) -> Sealer:
    """Make what chains the audit's entries."""
    return Sealer(house.database, house.keyring.audit, house.clock, CheckpointFile(house.settings.audit_dir))


def make_digests(house: Parts, senders: RealSenders) -> HeldDigests:
    """Make what tells staff of held leads."""
    return HeldDigests(house.database, house.clock, senders.tell_of_held)


class WorkerLoop:
    """Runs an engine until it is told to stop."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        engine: Engine,
        wake: asyncio.Event,
        *,
        sealer: Sealer | None = None,
        digests: HeldDigests | None = None,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        """Take the parts, and the event by which others hint that something was promised.

        Without a sealer the audit's entries wait for another worker to chain them; without digests nobody is told of
        held leads.
        """
        self._database = database
        self._clock = clock
        self._engine = engine
        self._wake = wake
        self._sealer = sealer
        self._digests = digests
        self._poll_seconds = poll_seconds
        self._stopping = asyncio.Event()
        self._id = new_id()

    def stop(self) -> None:
        """Take nothing new; `run` returns when what is under way is settled."""
        self._stopping.set()
        self._wake.set()
        if self._digests is not None:
            self._digests.stop()

    async def run(self) -> None:
        """Work until stopped. A database that does not answer is waited for."""
        logger.info("worker started", worker=str(self._id))
        beside = [
            asyncio.create_task(self._every(HEARTBEAT_SECONDS, self._say_alive)),
            asyncio.create_task(self._every(replays.PACE.total_seconds(), self._replay)),
            asyncio.create_task(self._every(_SWEEP_SECONDS, self._sweep)),
            asyncio.create_task(self._every(_TIDY_SECONDS, self._tidy)),
        ]
        if self._sealer is not None:
            beside.append(asyncio.create_task(self._every(SEAL_SECONDS, self._sealer.work)))
        if self._digests is not None:
            beside.append(asyncio.create_task(self._every(_SWEEP_SECONDS, self._digests.work)))
        try:
            await self._keep_promises()
            # They end by themselves: a transaction that is cancelled costs its connection.
            await asyncio.wait(beside)
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            await self._engine.finish()
            if self._sealer is not None:
                await _whatever_happens(self._sealer.finish)
            await self._leave()
        logger.info("worker stopped", worker=str(self._id))

    async def _keep_promises(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            began = monotonic()
            if not await _whatever_happens(self._engine.start_due):
                await self._hint()
            await asyncio.sleep(max(began + _GATHER_SECONDS - monotonic(), 0))

    async def _hint(self) -> None:
        """Wait until something was promised, a place is free, or it is time to look anyway."""
        hints = [asyncio.create_task(event.wait()) for event in (self._wake, self._engine.freed)]
        await asyncio.wait(hints, timeout=self._poll_seconds, return_when=asyncio.FIRST_COMPLETED)
        for hint in hints:
            hint.cancel()

    async def _every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        while not self._stopping.is_set():
            await _whatever_happens(work)
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._stopping.wait()

    async def _say_alive(self) -> None:
        async with self._database.begin() as session:
            seen = update(Worker).where(Worker.id == self._id).values(seen_at=database_now()).returning(Worker.id)
            if await session.scalar(seen) is None:
                now = self._clock.now()
                await session.execute(insert(Worker).values(id=self._id, started_at=now, seen_at=database_now()))

    async def _replay(self) -> None:
        if await replays.work_off(self._database, self._clock.now()):
            self._wake.set()

    async def _sweep(self) -> None:
        await sweep(self._database, self._clock.now())

    async def _tidy(self) -> None:
        await forget_old(self._database, self._clock.now())
        await keep_up(self._database)
        async with self._database.begin() as session:
            await session.execute(delete(Worker).where(Worker.seen_at < database_now(-_LONG_SILENT_SECONDS)))
            await forget_ended(session, self._clock.now())
            await forget_unfinished(session, self._clock.now())

    async def _leave(self) -> None:
        with suppress(OutOfReach):
            async with self._database.begin() as session:
                await session.execute(delete(Worker).where(Worker.id == self._id))


async def _whatever_happens(work: Callable[[], Awaitable[Done]]) -> Done | None:
    """Do some work; a fault is logged, never the end of the worker: what is promised waits for the next try."""
    try:
        return await work()
    except OutOfReach:
        logger.warning("the database does not answer; trying again")
    except Exception:  # noqa: BLE001 - see above
        logger.exception("worker fault; trying again")
    return None
