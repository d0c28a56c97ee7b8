"""Reading deliveries, and the one statement that claims them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, literal, or_, select, tuple_, update

from app.database import UtcDateTime, database_now
from app.deliveries.models import Attempt, Delivery, Event
from app.deliveries.schemas import DeliveryFilters, DeliveryState
from app.destinations.models import Destination
from app.paging import invalid_cursor, moment_in, read_cursor, write_cursor
from app.sealing.models import DataKey

_SHOWN = (
    Delivery.id,
    Delivery.event_id,
    Event.type.label("event_type"),
    Delivery.lead_id,
    Delivery.destination_id,
    Destination.name.label("destination"),
    Delivery.state,
    Delivery.reason,
    Delivery.attempts.label("attempt_count"),
    Delivery.due_at,
    Delivery.created_at,
    Delivery.settled_at,
)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that this worker, and no other, may send until its lease ends."""

    id: UUID
    lease_token: UUID
    number: int
    """Which attempt this is, from 1."""
    round_start: int
    created_at: datetime
    event_id: UUID
    event_body: bytes
    lead_id: UUID
    wrapped_key: bytes
    destination_id: UUID
    kind: str
    address: bytes
    secret: bytes | None
    include: str
    format: str


def shown() -> Select[*tuple[Any, ...]]:
    """Select deliveries with what a list shows of event and destination."""
    return (
        select(*_SHOWN)
        .join(Event, Event.id == Delivery.event_id)
        .join(Destination, Destination.id == Delivery.destination_id)
    )


def of_lead(lead_id: UUID) -> Select[*tuple[Any, ...]]:
    """Select the deliveries of one lead, the first promised first."""
    return shown().where(Delivery.lead_id == lead_id).order_by(Delivery.created_at, Delivery.id)


def page_of(filters: DeliveryFilters, cursor: str | None, limit: int) -> Select[*tuple[Any, ...]]:
    """Select deliveries, newest first, one more than `limit`."""
    query = shown().order_by(Delivery.created_at.desc(), Delivery.id.desc()).limit(limit + 1)
    wanted = (
        (Delivery.state, filters.state.value if filters.state else None),
        (Delivery.destination_id, filters.destination),
        (Delivery.lead_id, filters.lead),
        (Delivery.event_id, filters.event),
    )
    for column, value in wanted:
        if value is not None:
            query = query.where(column == value)
    return query if cursor is None else query.where(_behind(cursor))


def of_forms(forms: Collection[str]) -> ColumnElement[bool]:
    """Limit deliveries to leads of some forms."""
    return Event.form_key.in_(forms)


def _behind(cursor: str) -> ColumnElement[bool]:
    moment, delivery_id = read_cursor(cursor, str, str)
    try:
        place = (moment_in(moment), UUID(str(delivery_id)))
    except ValueError:
        raise invalid_cursor() from None
    return tuple_(Delivery.created_at, Delivery.id) < tuple_(literal(place[0], UtcDateTime()), literal(place[1]))


def cursor_after(row: Any) -> str:
    """Return the cursor of the page that begins behind a delivery."""
    return write_cursor(row.created_at.isoformat(), str(row.id))


def claim(now: datetime, lease_token: UUID, lease_seconds: float, limit: int, resting: Collection[str]) -> Any:
    """Take what is due and free, oldest due first: one statement, so no two workers get the same delivery.

    The schedule runs on `now`; leases run on the database's own clock. Kinds in `resting` are left alone.
    """
    free = or_(Delivery.lease_until.is_(None), Delivery.lease_until < database_now())
    due = (
        select(Delivery.id)
        .join(Destination, Destination.id == Delivery.destination_id)
        .where(
            Delivery.state.in_((DeliveryState.PENDING.value, DeliveryState.SENDING.value)),
            Delivery.due_at <= now,
            free,
            Destination.state != "paused",
            Destination.deleted_at.is_(None),
            Destination.kind.not_in(resting),
        )
        .order_by(Delivery.due_at)
        .limit(limit)
        .with_for_update(of=Delivery, skip_locked=True)
        .cte("due")
    )
    return _lease(lease_token, lease_seconds).where(Delivery.id.in_(select(due.c.id))).returning(Delivery.id)


def claim_one(delivery_id: UUID, lease_token: UUID, lease_seconds: float) -> Any:
    """Take one delivery that waits, whether its time has come or not."""
    waits = (Delivery.id == delivery_id, Delivery.state == DeliveryState.PENDING.value)
    return _lease(lease_token, lease_seconds).where(*waits).returning(Delivery.id)


def _lease(lease_token: UUID, lease_seconds: float) -> Any:
    return (
        update(Delivery)
        .values(
            state=DeliveryState.SENDING.value,
            lease_token=lease_token,
            lease_until=database_now(lease_seconds),
            attempts=Delivery.attempts + 1,
        )
        .execution_options(synchronize_session=False)
    )


def claimed(delivery_ids: Sequence[UUID]) -> Select[*tuple[Any, ...]]:
    """Select, in the order of `Claimed`'s fields, all that is needed to send what was just claimed."""
    return (
        select(
            Delivery.id,
            Delivery.lease_token,
            Delivery.attempts,
            Delivery.round_start,
            Delivery.created_at,
            Event.id,
            Event.body,
            Delivery.lead_id,
            DataKey.wrapped,
            Destination.id,
            Destination.kind,
            Destination.address,
            Destination.secret,
            Destination.include,
            Destination.format,
        )
        .join(Event, Event.id == Delivery.event_id)
        .join(Destination, Destination.id == Delivery.destination_id)
        .join(DataKey, DataKey.lead_id == Delivery.lead_id)
        .where(Delivery.id.in_(delivery_ids))
        .order_by(Delivery.due_at)
    )


def lost_attempts(delivery_ids: Sequence[UUID]) -> Any:
    """Mark what was started and never settled: its worker stopped in between."""
    return (
        update(Attempt)
        .where(Attempt.delivery_id.in_(delivery_ids), Attempt.outcome == "started")
        .values(outcome="lost", reason="the worker stopped before it recorded what came of it")
        .execution_options(synchronize_session=False)
    )


def settle(one: Claimed, values: dict[str, Any]) -> Any:
    """Record where a delivery stands, if the lease is still ours."""
    return (
        update(Delivery)
        .where(Delivery.id == one.id, Delivery.lease_token == one.lease_token, Delivery.state == "sending")
        .values(lease_token=None, lease_until=None, **values)
        .execution_options(synchronize_session=False)
        .returning(Delivery.id)
    )


def settle_attempt(one: Claimed, values: dict[str, Any]) -> Any:
    """Record what came of an attempt; the row is the attempt's own, so the lease does not matter."""
    return (
        update(Attempt)
        .where(Attempt.delivery_id == one.id, Attempt.number == one.number)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def move_destination(destination_id: UUID, before: Sequence[str], after: str) -> Any:
    """Move a destination from one of some states to another."""
    return (
        update(Destination)
        .where(Destination.id == destination_id, Destination.state.in_(before))
        .values(state=after)
        .execution_options(synchronize_session=False)
    )


def oldest_due() -> Select[datetime]:
    """Select when the oldest promise that a worker should have taken fell due; paused destinations wait on purpose."""
    return (
        select(func.min(Delivery.due_at))
        .join(Destination, Destination.id == Delivery.destination_id)
        .where(
            Delivery.state.in_((DeliveryState.PENDING.value, DeliveryState.SENDING.value)),
            Destination.state != "paused",
            Destination.deleted_at.is_(None),
        )
    )
