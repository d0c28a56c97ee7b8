"""Look at deliveries, and try one again."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.auditing import note
from app.access.principals import Principal
from app.audit.actions import Action
from app.database import Database
from app.deliveries import claims, queries
from app.deliveries.errors import DeliveryNotFound, NotRetriable
from app.deliveries.models import Attempt, Delivery
from app.deliveries.schemas import AttemptOut, DeliveryDetail, DeliveryFilters, DeliveryOut, DeliveryState
from app.deliveries.sweeping import DELETED
from app.destinations import service as destinations
from app.destinations.enquirers import ENQUIRER
from app.destinations.errors import BuiltIn
from app.destinations.models import Destination
from app.forms.configuration import changed
from app.paging import Page

_WAITING = (DeliveryState.PENDING.value, DeliveryState.SENDING.value)
_RETRIABLE = (DeliveryState.PENDING.value, DeliveryState.FAILED.value)


async def list_deliveries(
    database: Database, filters: DeliveryFilters, *, cursor: str | None, limit: int, by: Principal | None = None
) -> Page[DeliveryOut]:
    """Return one page of deliveries, newest first."""
    query = queries.page_of(filters, cursor, limit)
    if by is not None and by.forms:
        query = query.where(queries.of_forms(by.forms))
    async with database.read() as session:
        rows = (await session.execute(query)).all()
    items = [DeliveryOut.model_validate(row, from_attributes=True) for row in rows[:limit]]
    return Page(items, queries.cursor_after(rows[limit - 1]) if len(rows) > limit else None)


async def show(database: Database, delivery_id: UUID, *, by: Principal | None = None) -> DeliveryDetail:
    """Return one delivery with its attempts, or raise `DeliveryNotFound`."""
    async with database.read() as session:
        return await _shown(session, delivery_id, by)


async def retry(database: Database, delivery_id: UUID, now: datetime, *, by: Principal | None = None) -> DeliveryDetail:
    """Make a delivery due at once and begin its schedule anew.

    Errors: `DeliveryNotFound`; `NotRetriable` for one that neither waits nor has failed.
    """
    async with database.begin() as session:
        found = await _shown(session, delivery_id, by)
        destination = await session.get_one(Destination, found.destination_id)
        if destination.deleted_at is not None:
            # It would wait for good.
            raise NotRetriable("one for a deleted destination")
        if destination.state == "failing":
            # Whoever asks for it now has perhaps just mended it: no need to wait for the next probe.
            destination.probe_at = now
        changed = await session.execute(
            update(Delivery)
            .where(Delivery.id == delivery_id, Delivery.state.in_(_RETRIABLE), Delivery.lane != claims.NOWHERE)
            .values(
                state=DeliveryState.PENDING.value,
                due_at=now,
                lane=claims.FRESH,
                round_start=Delivery.attempts,
                reason=None,
                settled_at=None,
            )
            .execution_options(synchronize_session=False)
            .returning(Delivery.id)
        )
        if changed.first() is None:
            lane = await session.scalar(select(Delivery.lane).where(Delivery.id == delivery_id))
            raise NotRetriable("one of a lead that was erased" if lane == claims.NOWHERE else found.state)
        note(session, by, Action.DELIVERY_RETRIED, f"delivery:{delivery_id}")
        return await _shown(session, delivery_id, by)


async def retire_destination(
    database: Database, destination_id: UUID, now: datetime, *, by: Principal | None = None
) -> None:
    """Delete a destination: what waits for it is cancelled, the rows stay. Errors: `DestinationNotFound`, `BuiltIn`."""
    async with database.begin() as session:
        destination = await destinations.get(session, destination_id, by=by)
        if destination.kind == ENQUIRER:
            raise BuiltIn
        note(session, by, Action.DESTINATION_DELETED, f"destination:{destination_id}")
        await retire(session, destination, now, reason=DELETED)


async def retire(session: AsyncSession, destination: Destination, now: datetime, *, reason: str) -> None:
    """Mark a destination as deleted, and cancel what waits for it."""
    destination.deleted_at = now
    await changed(session)
    await session.execute(
        update(Delivery)
        .where(Delivery.destination_id == destination.id, Delivery.state.in_(_WAITING))
        .values(state=DeliveryState.CANCELLED.value, reason=reason, settled_at=now)
        .execution_options(synchronize_session=False)
    )


async def _shown(session: AsyncSession, delivery_id: UUID, by: Principal | None) -> DeliveryDetail:
    query: Any = queries.shown().where(Delivery.id == delivery_id)
    if by is not None and by.forms:
        query = query.where(queries.of_forms(by.forms))
    row = (await session.execute(query)).first()
    if row is None:
        raise DeliveryNotFound
    attempts = await session.scalars(select(Attempt).where(Attempt.delivery_id == delivery_id).order_by(Attempt.number))
    listed = [AttemptOut.model_validate(attempt, from_attributes=True) for attempt in attempts]
    shown = DeliveryOut.model_validate(row, from_attributes=True)
    return DeliveryDetail(**shown.model_dump(), attempts=listed)
