"""Reading deliveries."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, literal, select, text, true, tuple_

from app.database import UtcDateTime
from app.deliveries.models import OPEN, Delivery, Event
from app.deliveries.schemas import DeliveryFilters
from app.destinations.models import Destination
from app.forms.letters import OwnText
from app.paging import invalid_cursor, moment_in, read_cursor, write_cursor
from app.sealing.envelopes import CannotOpen, SealingKey
from app.sealing.keyring import Keyring

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
    lane: int
    created_at: datetime
    event_id: UUID
    event_type: str
    event_body: bytes
    lead_id: UUID
    wrapped_key: bytes | None
    """None: the lead is erased, and this tells of it."""
    destination_id: UUID
    kind: str
    address: bytes
    secret: bytes | None
    include: str
    format: str
    previous_secret: bytes | None
    previous_secret_until: datetime | None
    connection: bytes | None
    progress: bytes | None
    probes: bool
    """Whether its destination was failing when it was claimed, so that it shows whether that still holds."""
    own: Mapping[str, OwnText]
    """What a letter to staff says in the form's own words, by language; empty for whatever else goes out."""

    def key(self, keyring: Keyring) -> SealingKey:
        """Return the lead's own key, or raise `CannotOpen` once that is destroyed."""
        if self.wrapped_key is None:
            raise CannotOpen("The lead is erased.")
        return keyring.data_key(self.lead_id, self.wrapped_key)


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


def oldest_due() -> Select[datetime]:
    """Select when the oldest promise that a worker should have taken fell due.

    What waits for a destination that is paused or fails waits on purpose, and is seen elsewhere.
    """
    lane = select(literal(0).label("lane")).union_all(select(literal(1)), select(literal(2))).subquery()
    oldest = (
        select(func.min(Delivery.due_at))
        .where(Delivery.destination_id == Destination.id, Delivery.lane == lane.c.lane, text(OPEN))
        .correlate(Destination, lane)
        .scalar_subquery()
    )
    each = select(oldest.label("due_at")).select_from(Destination).join(lane, true())
    found = each.where(Destination.state == "active", Destination.deleted_at.is_(None)).subquery()
    return select(func.min(found.c.due_at))


def count_open(most: int) -> Select[int]:
    """Count what still has to go out, up to `most`."""
    some = select(literal(1)).select_from(Delivery).where(text(OPEN)).limit(most).subquery()
    return select(func.count()).select_from(some)
