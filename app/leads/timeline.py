"""The timeline of a lead: every step that staff took, the notes they wrote, and what was told to whom."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principals import Principal
from app.deliveries import queries as delivery_queries
from app.ids import new_id
from app.leads.models import Lead, LeadStep
from app.sealing.envelopes import SealingKey

NOTE = "note"


class TimelineDelivery(BaseModel):
    """Which promise an entry is about."""

    id: UUID
    event_type: str
    destination: str


class TimelineEntry(BaseModel):
    """Something that happened to a lead."""

    at: datetime
    kind: Annotated[
        str,
        Field(
            description=(
                "`received`, `entered` (by staff); what staff changed: `status`, `assignee`, `tags`, `follow_up_at`, "
                "`released`, `rejected`; `withdrawn` (the enquirer took consents back); `note`; of a delivery "
                "`promised`, then its state once it is settled."
            )
        ),
    ]
    by: Annotated[str | None, Field(description="Who did it, by name; `enquirer` for a consent taken back.")] = None
    before: Any = None
    after: Any = None
    text: Annotated[str | None, Field(description="The note, or why a delivery stands where it stands.")] = None
    delivery: TimelineDelivery | None = None


class Timeline(BaseModel):
    """All that happened to a lead, the first first."""

    items: list[TimelineEntry]


class NewNote(BaseModel):
    """A note on a lead, for staff alone."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(min_length=1, max_length=5000, pattern=r"^[^\x00]*$")]


def step_row(
    lead_id: UUID, kind: str, at: datetime, by: Principal | None, *, before: Any = None, after: Any = None
) -> dict[str, Any]:
    """Return the row of a step; nobody is the command line."""
    return {
        "id": new_id(),
        "lead_id": lead_id,
        "at": at,
        "kind": kind,
        "by": by.name if by else None,
        "before": before,
        "after": after,
        "note": None,
    }


def note_row(lead_id: UUID, key: SealingKey, text: str, at: datetime, by: Principal | None) -> dict[str, Any]:
    """Return the row of a note, sealed."""
    row = step_row(lead_id, NOTE, at, by)
    return {**row, "note": key.seal(text.encode(), _context(row["id"]))}


def entry_of(row: Any, key: SealingKey) -> TimelineEntry:
    """Show a step; `row` has the columns of one as attributes."""
    text = key.open(row.note, _context(row.id)).decode() if row.note is not None else None
    return TimelineEntry(at=row.at, kind=row.kind, by=row.by, before=row.before, after=row.after, text=text)


async def read(session: AsyncSession, lead: Lead, key: SealingKey) -> list[TimelineEntry]:
    """Return all that happened to a lead, in order."""
    steps = select(LeadStep).where(LeadStep.lead_id == lead.id).order_by(LeadStep.at, LeadStep.id)
    entries = [TimelineEntry(at=lead.received_at, kind="received")]
    entries += [entry_of(step, key) for step in await session.scalars(steps)]
    for delivery in await session.execute(delivery_queries.of_lead(lead.id)):
        entries += _of_delivery(delivery)
    return sorted(entries, key=lambda entry: entry.at)


def _of_delivery(delivery: Any) -> Iterator[TimelineEntry]:
    told = TimelineDelivery.model_validate(delivery, from_attributes=True)
    yield TimelineEntry(at=delivery.created_at, kind="promised", delivery=told)
    if delivery.settled_at is not None:
        yield TimelineEntry(at=delivery.settled_at, kind=delivery.state, text=delivery.reason, delivery=told)


def _context(step_id: UUID) -> str:
    return f"lead_steps.note:{step_id}"
