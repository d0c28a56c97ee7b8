"""Deliveries and attempts as the API and the command line show them."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class DeliveryState(StrEnum):
    """Where a promise stands."""

    PENDING = "pending"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"
    WITHHELD = "withheld"
    CANCELLED = "cancelled"


class DeliveryFilters(BaseModel):
    """Which deliveries a list shows."""

    model_config = ConfigDict(extra="forbid")

    state: DeliveryState | None = None
    destination: UUID | None = None
    lead: UUID | None = None
    event: UUID | None = None


class AttemptOut(BaseModel):
    """One try at keeping the promise."""

    number: int
    started_at: datetime
    finished_at: datetime | None
    outcome: str
    status_code: int | None
    reason: str | None
    duration_ms: int | None


class DeliveryOut(BaseModel):
    """The promise to bring one event to one destination."""

    id: UUID
    event_id: UUID
    event_type: str
    lead_id: UUID
    destination_id: UUID
    destination: str
    state: DeliveryState
    reason: str | None
    attempt_count: int
    due_at: datetime
    created_at: datetime
    settled_at: datetime | None


class DeliveryDetail(DeliveryOut):
    """A delivery with every attempt, the first one first."""

    attempts: list[AttemptOut]


class DeliveryList(BaseModel):
    """One page of deliveries, newest first."""

    items: list[DeliveryOut]
    next_cursor: str | None
