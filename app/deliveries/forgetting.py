"""What becomes of the events and deliveries of a lead that is erased: their rows stay, their words go.

Each of its deliveries is marked by its lane. That is what claims, settling, retries and replays go by, since a row says
the same to everybody, whoever commits first.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import database_now
from app.deliveries.claims import LOST, NOWHERE
from app.deliveries.models import Attempt, Delivery, Event
from app.deliveries.outbox import delivery_rows
from app.deliveries.schemas import DeliveryState
from app.destinations.models import Destination
from app.destinations.routing import Facts

LEAD_ERASED = "the lead was erased"
_OPEN = (DeliveryState.PENDING.value, DeliveryState.SENDING.value)
Told = Mapping[UUID, datetime | None]
"""Destinations that were told of a lead, or may have been, each with the moment until which somebody may be sending
there, by the database's clock (None: nobody is)."""


async def forget(session: AsyncSession, lead_id: UUID, now: datetime) -> Told:
    """Empty what was promised of a lead, cancel what of it waits, and return who was told.

    What is being sent at this moment is settled by whoever sends it: as delivered if it is, and else as cancelled.
    """
    told = await _told(session, lead_id)
    of_lead = Delivery.lead_id == lead_id
    await _change(session, Delivery, of_lead, lane=NOWHERE, progress=None)
    await cancel_left(session, now, of_lead)
    attempts = Attempt.delivery_id.in_(select(Delivery.id).where(of_lead))
    await _change(session, Attempt, and_(attempts, Attempt.excerpt.is_not(None)), excerpt=None)
    await _change(session, Event, Event.lead_id == lead_id, body=b"")
    return told


async def _told(session: AsyncSession, lead_id: UUID) -> Told:
    """Lock the deliveries of a lead in the order of their ids, and say who was told by them."""
    is_sending = and_(Delivery.state == DeliveryState.SENDING.value, Delivery.lease_until >= database_now())
    query = select(Delivery.destination_id, Delivery.attempts, Delivery.lease_until, is_sending.label("is_sending"))
    rows = await session.execute(query.where(Delivery.lead_id == lead_id).order_by(Delivery.id).with_for_update())
    told: dict[UUID, datetime | None] = {}
    for row in rows:
        if row.attempts:
            ends = (told.get(row.destination_id), row.lease_until if row.is_sending else None)
            told[row.destination_id] = max((moment for moment in ends if moment), default=None)
    return told


async def cancel_left(session: AsyncSession, now: datetime, *of: ColumnElement[bool]) -> None:
    """Cancel what waits of erased leads and is nobody's to send; a worker that died over it left an attempt as lost."""
    free = or_(Delivery.lease_until.is_(None), Delivery.lease_until < database_now())
    cancelled = (
        update(Delivery)
        .where(Delivery.lane == NOWHERE, Delivery.state.in_(_OPEN), free, *of)
        .values(
            state=DeliveryState.CANCELLED.value,
            reason=LEAD_ERASED,
            settled_at=now,
            lease_token=None,
            lease_until=None,
        )
        .execution_options(synchronize_session=False)
        .returning(Delivery.id)
    )
    ids = list(await session.scalars(cancelled))
    if ids:
        open_ended = and_(Attempt.delivery_id.in_(ids), Attempt.outcome == "started")
        await _change(session, Attempt, open_ended, outcome="lost", reason=LOST)


async def tell(session: AsyncSession, event: dict[str, Any], told: Told) -> int:
    """Write the event that a lead is erased, and a promise to each that was told; return how many are promised.

    A promise waits until nobody may be sending anything older of that lead to its destination: so it comes last.
    """
    await session.execute(insert(Event), [event])
    kept = select(Destination).where(Destination.id.in_(told), Destination.deleted_at.is_(None))
    hear = (await session.scalars(kept.order_by(Destination.created_at, Destination.id))).all()
    rows = delivery_rows(event, hear, _facts(event))
    if rows:
        leases = [told[row["destination_id"]] if row["state"] == DeliveryState.PENDING else None for row in rows]
        timed = [{**row, "lease_until": until} for row, until in zip(rows, leases, strict=True)]
        await session.execute(insert(Delivery), timed)
    return len(rows)


def _facts(event: dict[str, Any]) -> Facts:
    """Return what an erasure is routed by: that it is one."""
    nothing = dict.fromkeys(("country", "language", "condition", "status"))
    return Facts(event=event["type"], form=event["form_key"], test=False, shared_with=(), **nothing)


async def _change(session: AsyncSession, model: Any, which: ColumnElement[bool], **values: Any) -> None:
    change = update(model).where(which).values(**values)
    await session.execute(change.execution_options(synchronize_session=False))
