"""Everything that events, deliveries and attempts hold on one lead, opened."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from pydantic import BaseModel, Field
from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.deliveries import queries
from app.deliveries.contexts import excerpt_of, progress_of
from app.deliveries.models import Attempt, Delivery, Event
from app.deliveries.outbox import open_body
from app.deliveries.schemas import AttemptOut, DeliveryOut
from app.destinations.models import Destination
from app.sealing.envelopes import SealingKey


class SubjectEvent(BaseModel):
    """What consumers were told, whole; each destination got the share that it includes."""

    id: UUID
    type: str
    created_at: datetime
    document: dict[str, Any]


class SubjectAttempt(AttemptOut):
    """One try, with the start of what the other side answered."""

    answer: Annotated[str | None, Field(description="At most 1,024 bytes; what is no UTF-8 is replaced.")]


class SubjectDelivery(DeliveryOut):
    """A promise: who was to be told, how much, and each try at it."""

    kind: Annotated[str, Field(description="`webhook`, `email`, or `enquirer` for letters to the person.")]
    include: Annotated[str, Field(description="`reference`, `contact` or `full`: how much of the document goes there.")]
    recipient: Annotated[str | None, Field(description="The legal entity behind the destination, where one is named.")]
    progress: Annotated[dict[str, Any] | None, Field(description="What the calls made so far gave.")]
    attempts: list[SubjectAttempt]


async def events_of(session: AsyncSession, lead_id: UUID, key: SealingKey) -> list[SubjectEvent]:
    """Return the events about a lead, the first first."""
    query = select(Event).where(Event.lead_id == lead_id).order_by(Event.created_at, Event.id)
    return [
        SubjectEvent(
            id=event.id, type=event.type, created_at=event.created_at, document=open_body(key, event.id, event.body)
        )
        for event in await session.scalars(query)
    ]


async def deliveries_of(session: AsyncSession, lead_id: UUID, key: SealingKey) -> list[SubjectDelivery]:
    """Return the deliveries of a lead with their attempts, the first promised first."""
    tries = select(Attempt).join(Delivery, Delivery.id == Attempt.delivery_id).where(Delivery.lead_id == lead_id)
    attempts: dict[UUID, list[SubjectAttempt]] = {}
    for attempt in await session.scalars(tries.order_by(Attempt.delivery_id, Attempt.number)):
        attempts.setdefault(attempt.delivery_id, []).append(_opened(attempt, key))
    query = queries.of_lead(lead_id).add_columns(
        Destination.kind, Destination.include, Destination.recipient, Delivery.progress
    )
    return [
        SubjectDelivery.model_validate(
            {**row, "progress": _progress(row, key), "attempts": attempts.get(row["id"], [])}
        )
        for row in (await session.execute(query)).mappings()
    ]


def _opened(attempt: Attempt, key: SealingKey) -> SubjectAttempt:
    shown = AttemptOut.model_validate(attempt, from_attributes=True).model_dump()
    sealed = attempt.excerpt
    answer = key.open(sealed, excerpt_of(attempt.delivery_id, attempt.number)) if sealed is not None else None
    return SubjectAttempt(**shown, answer=answer.decode(errors="replace") if answer is not None else None)


def _progress(row: RowMapping, key: SealingKey) -> dict[str, Any] | None:
    sealed = row["progress"]
    return None if sealed is None else orjson.loads(key.open(sealed, progress_of(row["id"])))
