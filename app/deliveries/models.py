"""Tables of events, of the promises to deliver them, and of every attempt."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.deliveries.order import place_of_insert

OPEN = "state IN ('pending', 'sending')"
"""What still has to go out; spelled so in every query that is to find it by its index."""
_OPEN = text(OPEN)


class Event(Base):
    """Something consumers are told; its id is the `webhook-id` of every copy."""

    __tablename__ = "events"
    __table_args__ = (Index(None, "place", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(index=True)
    """The lead it is about; no foreign key, since events outlive it."""
    form_key: Mapped[str] = mapped_column(String(64))
    type: Mapped[str] = mapped_column(String(32))
    body: Mapped[bytes] = mapped_column(LargeBinary)
    """The whole document in the standard shape, sealed with the lead's key; each destination gets its share.

    Of an erased lead: empty, but for what tells of the erasure, which stands in the clear.
    """
    created_at: Mapped[datetime]
    place: Mapped[int] = mapped_column(BigInteger, server_default=place_of_insert())
    """Where it stands in the order of commits; of several at one place the ids decide."""


class Delivery(Base):
    """The promise to bring one event to one destination."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("event_id", "destination_id"),
        Index("ix_deliveries_due", "destination_id", "lane", "due_at", postgresql_where=_OPEN, sqlite_where=_OPEN),
        Index(None, "destination_id", "created_at", "id"),
        Index(None, "state", "created_at", "id"),
        Index(None, "created_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    event_id: Mapped[UUID] = mapped_column(ForeignKey("events.id"))
    destination_id: Mapped[UUID] = mapped_column(ForeignKey("destinations.id"))
    lead_id: Mapped[UUID] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(200))
    """Why it stands where it stands, in words staff understand."""
    attempts: Mapped[int]
    round_start: Mapped[int]
    """How many attempts lay behind it when the schedule last began anew (a retry by staff begins it anew)."""
    due_at: Mapped[datetime]
    lane: Mapped[int] = mapped_column(server_default="0")
    """Who goes first to one destination: 0 what is fresh, 1 what is tried again, 2 what is replayed in bulk.

    3: nobody goes any more, since the lead is erased.
    """
    lease_token: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    """Until when nobody else takes it. One that tells of an erasure waits so for whoever sends something older."""
    progress: Mapped[bytes | None] = mapped_column(LargeBinary)
    """What the calls made so far gave, where a format makes several; sealed with the lead's key."""
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


class Attempt(Base):
    """One try at keeping a promise; the row is there before anything is sent."""

    __tablename__ = "attempts"

    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("deliveries.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(String(16))
    """`started`, then what came of it: `delivered`, `retry`, `failed`, `gone`, `withheld`,
    `channel-down`."""
    status_code: Mapped[int | None]
    reason: Mapped[str | None] = mapped_column(String(200))
    duration_ms: Mapped[int | None]
    excerpt: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The start of what the other side answered, sealed with the lead's key: it may quote what we sent."""


class Replay(Base):
    """An order to send a stretch of time to one destination again; workers work it off a little at a time."""

    __tablename__ = "replays"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    destination_id: Mapped[UUID] = mapped_column(ForeignKey("destinations.id"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    only: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16), index=True)
    found: Mapped[int]
    """How many deliveries it was for when it was ordered."""
    queued: Mapped[int]
    """How many of them wait to be sent, or were sent, again."""
    cursor_at: Mapped[datetime]
    cursor_id: Mapped[UUID | None]
    """The last delivery that was looked at."""
    next_at: Mapped[datetime]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class Alert(Base):
    """A destination began to fail, recovered, or was paused because it asked for that."""

    __tablename__ = "alerts"
    __table_args__ = (Index(None, "at", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    destination_id: Mapped[UUID] = mapped_column(ForeignKey("destinations.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    """`failing`, `recovered` or `paused`."""
    reason: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]


class Worker(Base):
    """A process that keeps promises, and when it last said so."""

    __tablename__ = "workers"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime] = mapped_column(index=True)
