"""Settling: what came of attempts is written in batches; while one commit is under way the next batch gathers."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from time import monotonic
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, LargeBinary, String, Uuid, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.clock import Clock
from app.database import Database, UtcDateTime
from app.deliveries.batches import given
from app.deliveries.breaker import Standing
from app.deliveries.claims import NOWHERE
from app.deliveries.forgetting import LEAD_ERASED
from app.deliveries.models import Alert
from app.deliveries.policy import Verdict
from app.destinations.enquirers import ENQUIRER
from app.destinations.models import Destination
from app.errors import OutOfReach
from app.ids import new_id
from app.telemetry import logger

GATHER_SECONDS = 0.02
"""How far apart batches are at the least; a lone delivery waits for none."""
MOST_AT_ONCE = 200
PAUSES = (0.2, 1.0, 3.0, 10.0)
"""How long to wait before each further try to write, in seconds; together less than the margin of a lease."""
_NEVER = -1e9


@dataclass(frozen=True, slots=True)
class Settled:
    """Where a delivery stands after an attempt, and what goes on record of that."""

    id: UUID
    lease_token: UUID
    number: int
    destination_id: UUID
    kind: str
    probes: bool
    """Whether it was sent to see if a failing destination works again."""
    state: str
    reason: str | None
    due_at: datetime | None
    """None: as before."""
    round_start: int
    lane: int
    settled_at: datetime | None
    progress: bytes | None
    """What the calls made so far gave, sealed, where a format takes several."""
    finished_at: datetime
    outcome: str
    status_code: int | None
    attempt_reason: str
    duration_ms: int
    excerpt: bytes | None


_DELIVERY = {
    "id": Uuid(),
    "lease_token": Uuid(),
    "state": String(),
    "reason": String(),
    "due_at": UtcDateTime(),
    "round_start": Integer(),
    "lane": Integer(),
    "settled_at": UtcDateTime(),
    "progress": LargeBinary(),
    "finished_at": UtcDateTime(),
}
_ATTEMPT = {
    "id": Uuid(),
    "number": Integer(),
    "finished_at": UtcDateTime(),
    "outcome": String(),
    "status_code": Integer(),
    "attempt_reason": String(),
    "duration_ms": Integer(),
    "excerpt": LargeBinary(),
}
_SETTLING = """
UPDATE deliveries SET
    state = CASE WHEN {ends} THEN 'cancelled' ELSE given.state END,
    reason = CASE WHEN {ends} THEN '{because}' ELSE given.reason END,
    settled_at = CASE WHEN {ends} THEN given.finished_at ELSE given.settled_at END,
    progress = CASE WHEN {erased} THEN NULL ELSE given.progress END,
    lane = CASE WHEN {erased} THEN deliveries.lane ELSE given.lane END,
    due_at = coalesce(given.due_at, deliveries.due_at), round_start = given.round_start,
    lease_token = NULL, lease_until = NULL
FROM given
WHERE deliveries.id = given.id AND deliveries.lease_token = given.lease_token AND deliveries.state = 'sending'
RETURNING deliveries.id, deliveries.state, deliveries.lane"""
# The lead was erased while this was being sent: the row itself says so, whoever commits first. What came of it stands,
# but nothing waits any more.
_ERASED = f"deliveries.lane = {NOWHERE}"
_SETTLE = _SETTLING.format(erased=_ERASED, ends=f"{_ERASED} AND given.state = 'pending'", because=LEAD_ERASED)
# The row is the attempt's own, so the lease does not matter.
_RECORD = """
UPDATE attempts SET finished_at = given.finished_at, outcome = given.outcome, status_code = given.status_code,
    reason = given.attempt_reason, duration_ms = given.duration_ms, excerpt = given.excerpt
FROM given WHERE attempts.delivery_id = given.id AND attempts.number = given.number"""


@dataclass(frozen=True, slots=True)
class _Ours:
    """Where a delivery stands that was still ours to settle."""

    state: str
    lane: int


class Settler:
    """Writes what came of one worker's attempts."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._waiting: list[Settled] = []
        self._running: asyncio.Task[None] | None = None

    def add(self, one: Settled) -> None:
        """Take one to be written soon."""
        self._waiting.append(one)
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run())

    async def finish(self) -> None:
        """Wait until all is written, or given up; raises nothing."""
        while self._running is not None and not self._running.done():
            await asyncio.wait([self._running])

    async def _run(self) -> None:
        began = _NEVER
        while self._waiting:
            await asyncio.sleep(max(began + GATHER_SECONDS - monotonic(), 0))
            began = monotonic()
            batch, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
            await self._settle(batch)

    async def _settle(self, batch: Sequence[Settled]) -> None:
        """Write a batch. Whatever is wrong with one row, its neighbours are written: the batch is halved."""
        for pause in (*PAUSES, None):
            try:
                await write(self._database, batch, self._clock.now())
            except OutOfReach:
                if pause is None:
                    # Their leases end and they are sent again with the same ids: twice, but never not at all.
                    logger.warning("attempts not recorded", count=len(batch))
                    return
                await asyncio.sleep(pause)
            except Exception:  # noqa: BLE001 - it is on record, and the others are settled
                if len(batch) == 1:
                    logger.exception("attempt not recorded", delivery=str(batch[0].id), attempt=batch[0].number)
                    return
                await self._settle(batch[: len(batch) // 2])
                await self._settle(batch[len(batch) // 2 :])
                return
            else:
                return


async def write(database: Database, batch: Sequence[Settled], now: datetime) -> None:
    """Write what came of some attempts; a delivery whose lease is no longer ours is left as it is."""
    async with database.begin() as session:
        # Destinations before deliveries, as whoever deletes one has it: so nobody waits for each other.
        alerts = await _note_destinations(session, batch, now)
        # Deliveries before attempts, as whoever claims has them.
        held = await _execute(session, _SETTLE, _DELIVERY, batch)
        ours = {_uuid(row[0]): _Ours(*row[1:]) for row in held}
        await _execute(session, _RECORD, _ATTEMPT, [_kept(one, ours.get(one.id)) for one in batch])
    for one in batch:
        state = ours[one.id].state if one.id in ours else "lease lost"
        logger.info(
            "attempt",
            delivery=str(one.id),
            attempt=one.number,
            kind=one.kind,
            verdict=one.outcome,
            reason=one.attempt_reason,
            state=state,
        )
    for alert in alerts:
        logger.warning(f"destination {alert.kind}", destination=str(alert.destination_id), reason=alert.reason)


def _uuid(value: UUID | str) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)


def _kept(one: Settled, ours: _Ours | None) -> Settled:
    """Return what is recorded of an attempt: no answer, where the lead may have been erased meanwhile."""
    return one if ours is not None and ours.lane != NOWHERE else replace(one, excerpt=None)


async def _execute(session: AsyncSession, statement: str, columns: Any, rows: Sequence[Settled]) -> list[Any]:
    table, values = given(session.get_bind().dialect, columns, rows)
    connection = await session.connection()
    result = await connection.exec_driver_sql(f"WITH {table} {statement}", values)
    return list(result) if result.returns_rows else []


async def _note_destinations(session: AsyncSession, batch: Sequence[Settled], now: datetime) -> list[Alert]:
    """Count failures in a row, open and close breakers, and put on record what changed."""
    outcomes: dict[UUID, list[Settled]] = {}
    for one in batch:
        # What one enquirer's mailbox says is no news of the destination that all of them share.
        if one.kind != ENQUIRER:
            outcomes.setdefault(one.destination_id, []).append(one)
    query = select(Destination.id, Destination.state, Destination.failures_in_row, Destination.probe_at).where(
        Destination.id.in_(outcomes)
    )
    alerts = []
    for row in (await session.execute(query)).all():
        before = Standing(row.state, row.failures_in_row, row.probe_at)
        if _after(before, outcomes[row.id], now) != before:
            kind = await _move(session, row.id, outcomes[row.id], now)
            if kind:
                reason = outcomes[row.id][-1].attempt_reason
                alerts.append(Alert(id=new_id(), destination_id=row.id, kind=kind, reason=reason, at=now))
    session.add_all(alerts)
    await session.flush()
    return alerts


def _after(before: Standing, ended: Sequence[Settled], now: datetime) -> Standing:
    standing = before
    for one in ended:
        standing = standing.after([Verdict(one.outcome)], now, probing=one.probes)
    return standing


async def _move(session: AsyncSession, destination_id: UUID, ended: Sequence[Settled], now: datetime) -> str | None:
    """Judge again with the row locked, and return what there is to alert of."""
    locking = (
        select(Destination.state, Destination.failures_in_row, Destination.probe_at)
        .where(Destination.id == destination_id)
        # Not against its key: the door may go on promising to it.
        .with_for_update(key_share=True)
    )
    before = Standing(*(await session.execute(locking)).one())
    after = _after(before, ended, now)
    moved = (
        update(Destination)
        .where(Destination.id == destination_id)
        .values(state=after.state, failures_in_row=after.failures_in_row, probe_at=after.probe_at)
        .execution_options(synchronize_session=False)
    )
    await session.execute(moved)
    if after.state == before.state:
        return None
    return "recovered" if after.state == "active" else after.state
