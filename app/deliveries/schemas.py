"""Deliveries and attempts as the API and the command line show them."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator


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


class NewReplay(BaseModel):
    """Which deliveries to send again: those promised from one moment on and before another."""

    model_config = ConfigDict(extra="forbid")

    starts_at: Annotated[AwareDatetime, Field(alias="from", examples=["2026-11-20T00:00:00Z"])]
    ends_at: Annotated[AwareDatetime, Field(alias="to", examples=["2026-11-24T00:00:00Z"])]
    only: Annotated[
        Literal["failed", "all"], Field(description="`failed`: what was given up; `all`: what was delivered, too.")
    ] = "failed"

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ends_at <= self.starts_at:
            raise ValueError("The end must lie behind the beginning.")
        return self


class ReplayState(StrEnum):
    """Where a replay stands."""

    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


class ReplayOut(BaseModel):
    """An order to send again, and how far it has come."""

    id: UUID
    destination_id: UUID
    starts_at: datetime
    ends_at: datetime
    only: Literal["failed", "all"]
    state: ReplayState
    found: Annotated[int, Field(description="How many deliveries it was for when it was ordered.")]
    queued: Annotated[int, Field(description="How many of them wait to be sent again, or were.")]
    created_at: datetime
    finished_at: datetime | None


class ReplayList(BaseModel):
    """The replays of one destination, newest first."""

    items: list[ReplayOut]


class DestinationFigures(BaseModel):
    """How one destination is served."""

    destination_id: UUID
    destination: str
    state: Literal["active", "failing", "paused"]
    promised: Annotated[int, Field(description="Every delivery there is, those that were withheld apart.")]
    delivered: int
    failed: Annotated[int, Field(description="Given up; a retry or a replay sends them again.")]
    waiting: Annotated[int, Field(description="Not sent yet, or to be tried again.")]
    oldest_waiting_at: Annotated[datetime | None, Field(description="When the oldest of them was promised.")]


class Figures(BaseModel):
    """How each destination is served, in the order they were made."""

    items: list[DestinationFigures]


class AlertOut(BaseModel):
    """A destination began to fail, recovered, or was paused because it asked for that."""

    id: UUID
    destination_id: UUID
    destination: str
    kind: Literal["failing", "recovered", "paused"]
    reason: str
    at: datetime


class AlertList(BaseModel):
    """The latest alerts, newest first."""

    items: list[AlertOut]
