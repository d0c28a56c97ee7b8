"""Replays: a stretch of time is sent to one destination again, as a durable order that workers work off slowly."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.auditing import note
from app.access.principals import Principal
from app.audit.actions import Action
from app.database import Database
from app.deliveries import claims
from app.deliveries.errors import ReplayUnderWay
from app.deliveries.models import Delivery, Replay
from app.deliveries.schemas import DeliveryState, NewReplay, ReplayOut, ReplayState
from app.destinations import service as destinations
from app.destinations.models import Destination
from app.ids import new_id

CHUNK = 20
"""How many deliveries of a replay are made due at a time."""
PACE = timedelta(seconds=1)
"""How far apart: 20 a second for a destination, after all that is fresh."""
_MOST_SHOWN = 100
_MOST_QUEUED = 3 * CHUNK
_STATES = {
    "failed": (DeliveryState.FAILED.value,),
    "all": (DeliveryState.FAILED.value, DeliveryState.DELIVERED.value),
}


async def order(
    database: Database, destination_id: UUID, wanted: NewReplay, now: datetime, *, by: Principal | None = None
) -> ReplayOut:
    """Order a replay; workers begin at once. Every event keeps its id.

    Errors: `DestinationNotFound`; `ReplayUnderWay`.
    """
    async with database.begin() as session:
        destination = await destinations.get(session, destination_id, by=by)
        # Against a second order in the same moment.
        await session.refresh(destination, with_for_update={"key_share": True})
        running = Replay.destination_id == destination_id, Replay.state == ReplayState.RUNNING.value
        if await session.scalar(select(Replay.id).where(*running)) is not None:
            raise ReplayUnderWay
        replay = Replay(
            id=new_id(),
            destination_id=destination_id,
            starts_at=wanted.starts_at,
            ends_at=min(wanted.ends_at, now),
            only=wanted.only,
            state=ReplayState.RUNNING.value,
            found=0,
            queued=0,
            cursor_at=wanted.starts_at,
            cursor_id=None,
            next_at=now,
            created_at=now,
            finished_at=None,
        )
        replay.found = await session.scalar(_counting(replay)) or 0
        session.add(replay)
        note(session, by, Action.REPLAY_ORDERED, f"destination:{destination_id}", only=wanted.only, found=replay.found)
    return ReplayOut.model_validate(replay, from_attributes=True)


async def list_of(database: Database, destination_id: UUID, *, by: Principal | None = None) -> list[ReplayOut]:
    """Return the latest replays of a destination, newest first, or raise `DestinationNotFound`."""
    query = select(Replay).where(Replay.destination_id == destination_id).order_by(Replay.created_at.desc())
    async with database.read() as session:
        await destinations.get(session, destination_id, by=by)
        found = (await session.scalars(query.limit(_MOST_SHOWN))).all()
    return [ReplayOut.model_validate(replay, from_attributes=True) for replay in found]


async def work_off(database: Database, now: datetime) -> int:
    """Make the next deliveries of every replay whose time has come wait to be sent; return how many.

    A replay for a destination that is paused or fails stands still. Its place is kept with what it made due, in one
    transaction: whoever is killed in between has done neither.
    """
    due = select(Replay.id).where(Replay.state == ReplayState.RUNNING.value, Replay.next_at <= now)
    async with database.read() as session:
        ids = list(await session.scalars(due.order_by(Replay.next_at)))
    return sum([await _work_off_one(database, replay_id, now) for replay_id in ids])


async def _work_off_one(database: Database, replay_id: UUID, now: datetime) -> int:
    locking = select(Replay).where(Replay.id == replay_id, Replay.next_at <= now).with_for_update(skip_locked=True)
    async with database.begin() as session:
        replay = await session.scalar(locking)
        if replay is None or replay.state != ReplayState.RUNNING.value:
            return 0  # Another worker was quicker.
        replay.next_at = now + PACE
        destination = await session.get_one(Destination, replay.destination_id)
        if destination.deleted_at is not None:
            _finish(replay, ReplayState.CANCELLED, now)
            return 0
        if destination.state != "active" or await _queued(session, replay.destination_id) > _MOST_QUEUED:
            return 0
        return await _make_due(session, replay, now)


async def _make_due(session: AsyncSession, replay: Replay, now: datetime) -> int:
    rows = (await session.execute(_chunk(replay))).all()
    if len(rows) < CHUNK:
        _finish(replay, ReplayState.DONE, now)
    if not rows:
        return 0
    again = await session.execute(
        update(Delivery)
        # Looked at again: somebody may have been quicker with one of them.
        .where(
            Delivery.id.in_([row.id for row in rows]),
            Delivery.state.in_(_STATES[replay.only]),
            Delivery.lane != claims.NOWHERE,
        )
        .values(
            state=DeliveryState.PENDING.value,
            reason=None,
            due_at=now,
            lane=claims.REPLAYED,
            round_start=Delivery.attempts,
            settled_at=None,
        )
        .execution_options(synchronize_session=False)
        .returning(Delivery.id)
    )
    count = len(again.all())
    replay.queued += count
    replay.cursor_at, replay.cursor_id = rows[-1].created_at, rows[-1].id
    return count


def _finish(replay: Replay, state: ReplayState, now: datetime) -> None:
    replay.state, replay.finished_at = state.value, now


def _of(replay: Replay) -> ColumnElement[bool]:
    return and_(
        Delivery.destination_id == replay.destination_id,
        Delivery.state.in_(_STATES[replay.only]),
        Delivery.created_at >= replay.starts_at,
        Delivery.created_at < replay.ends_at,
        # Of an erased lead nothing is left to send but that it is erased.
        Delivery.lane != claims.NOWHERE,
    )


def _counting(replay: Replay) -> Select[int]:
    return select(func.count()).select_from(Delivery).where(_of(replay))


def _chunk(replay: Replay) -> Select[*tuple[Any, ...]]:
    query = select(Delivery.id, Delivery.created_at).where(_of(replay))
    if replay.cursor_id is not None:
        place = tuple_(Delivery.created_at, Delivery.id)
        query = query.where(place > tuple_(replay.cursor_at, replay.cursor_id))
    return query.order_by(Delivery.created_at, Delivery.id).limit(CHUNK)


async def _queued(session: AsyncSession, destination_id: UUID) -> int:
    waits = or_(Delivery.state == DeliveryState.PENDING.value, Delivery.state == DeliveryState.SENDING.value)
    query = select(func.count()).where(Delivery.destination_id == destination_id, Delivery.lane == claims.REPLAYED)
    return await session.scalar(query.where(waits)) or 0
