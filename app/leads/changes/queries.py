"""Reading events in the order of their commits: how far that order is settled, and what stands in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Uuid, literal, select, text, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.deliveries.models import Event
from app.leads.changes.models import ChangeFeed
from app.sealing.models import DataKey

_TRANSACTIONS = text(
    "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint, "
    "pg_snapshot_xmax(pg_current_snapshot())::text::bigint, (SELECT max(place) FROM events)"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an event stands."""

    number: int
    event_id: UUID


START = Place(-1, UUID(int=0))
"""Before every event."""


@dataclass(frozen=True, slots=True)
class Frontier:
    """How far the order is settled: nothing that is still to come stands before `number` (None: everything is)."""

    epoch: str
    number: int | None
    foreign: bool
    """Whether places were given by another PostgreSQL cluster, whose transactions count on from elsewhere."""


async def frontier(session: AsyncSession) -> Frontier:
    """Look how far the order is settled at this moment."""
    epoch = await session.scalar(select(ChangeFeed.epoch)) or ""
    if session.get_bind().dialect.name == "sqlite":
        return Frontier(epoch, None, foreign=False)
    # One statement, so that all three are of one snapshot.
    oldest, coming, newest = (await session.execute(_TRANSACTIONS)).one()
    return Frontier(epoch, oldest, foreign=newest is not None and newest > coming)


def settled(until: Frontier) -> ColumnElement[bool]:
    """Say which events have their place for good."""
    return literal(True) if until.number is None else Event.place < until.number  # noqa: FBT003 - SQL's own TRUE


async def is_known(session: AsyncSession, place: Place) -> bool:
    """Say whether a place is one of this database's."""
    if place == START:
        return True
    found = select(Event.id).where(Event.id == place.event_id, Event.place == place.number)
    return await session.scalar(found) is not None


async def newest(session: AsyncSession, until: Frontier) -> Place:
    """Return the last settled place."""
    last = select(Event.place, Event.id).where(settled(until)).order_by(Event.place.desc(), Event.id.desc()).limit(1)
    row = (await session.execute(last)).first()
    return START if row is None else Place(*row)


def behind(place: Place, until: Frontier, forms: Sequence[str], limit: int) -> Select[*tuple[Any, ...]]:
    """Select the settled events behind a place, with the wrapped data keys of their leads; no key: it is erased."""
    there = tuple_(literal(place.number), literal(place.event_id, Uuid()))
    query = (
        select(
            Event.id,
            Event.place,
            Event.lead_id,
            Event.form_key,
            Event.type,
            Event.created_at,
            Event.body,
            DataKey.wrapped,
        )
        .outerjoin(DataKey, DataKey.lead_id == Event.lead_id)
        .where(tuple_(Event.place, Event.id) > there, settled(until))
        .order_by(Event.place, Event.id)
        .limit(limit)
    )
    return query.where(Event.form_key.in_(forms)) if forms else query


async def count_from_the_start(session: AsyncSession, epoch: str) -> None:
    """Begin a new epoch: every event that is there comes before all that are to come, in the order of its id."""
    await session.execute(update(ChangeFeed).values(epoch=epoch))
    await session.execute(update(Event).where(Event.place > 0).values(place=0))


async def lock(session: AsyncSession) -> None:
    """Let one process at a time begin an epoch."""
    await session.execute(select(ChangeFeed.id).with_for_update())
