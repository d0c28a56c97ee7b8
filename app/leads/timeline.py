"""The timeline of a lead: every step that staff took, the notes they wrote, and what was told to whom."""

from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Select, Uuid, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principals import Principal
from app.database import UtcDateTime
from app.deliveries import queries as delivery_queries
from app.deliveries.models import Delivery
from app.ids import new_id
from app.leads.models import Lead, LeadStep
from app.paging import Page, invalid_cursor, moment_in, read_cursor, write_cursor
from app.sealing.envelopes import SealingKey

NOTE = "note"
_RECEIVED, _STEP, _PROMISED, _SETTLED = range(4)
"""What comes first of what happened in the same moment."""


@dataclass(frozen=True, slots=True, order=True)
class _Place:
    """Where an entry stands."""

    at: datetime
    rank: int
    id: UUID


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
    """One page of what happened to a lead, the first first."""

    items: list[TimelineEntry]
    next_cursor: str | None


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


async def read(
    session: AsyncSession, lead: Lead, key: SealingKey, *, cursor: str | None, limit: int
) -> Page[TimelineEntry]:
    """Return one page of what happened to a lead, in order: of each kind no more is read than the page may hold."""
    after = _read_place(cursor)
    entry = TimelineEntry(at=lead.received_at, kind="received")
    found = [(_Place(lead.received_at, _RECEIVED, lead.id), entry)]
    steps = select(LeadStep).where(LeadStep.lead_id == lead.id)
    rows = await session.scalars(_behind(steps, LeadStep.at, LeadStep.id, _STEP, after, limit))
    found += [(_Place(row.at, _STEP, row.id), entry_of(row, key)) for row in rows]
    told = delivery_queries.shown().where(Delivery.lead_id == lead.id)
    for rank, moment in ((_PROMISED, Delivery.created_at), (_SETTLED, Delivery.settled_at)):
        query = _behind(told.where(moment.is_not(None)), moment, Delivery.id, rank, after, limit)
        found += [_of_delivery(row, rank) for row in await session.execute(query)]
    page = sorted((one for one in found if after is None or one[0] > after), key=itemgetter(0))
    items = [entry for _, entry in page[:limit]]
    return Page(items, _write_place(page[limit - 1][0]) if len(page) > limit else None)


def _behind(query: Select[Any], moment: Any, number: Any, rank: int, after: _Place | None, limit: int) -> Select[Any]:
    """Select what stands behind a place, in order, one more than `limit`."""
    if after is not None:
        at = literal(after.at, UtcDateTime())
        if rank == after.rank:
            query = query.where(tuple_(moment, number) > tuple_(at, literal(after.id, Uuid())))
        else:
            query = query.where(moment >= at if rank > after.rank else moment > at)
    return query.order_by(moment, number).limit(limit + 1)


def _read_place(cursor: str | None) -> _Place | None:
    if cursor is None:
        return None
    at, rank, number = read_cursor(cursor, str, int, str)
    try:
        return _Place(moment_in(at), int(rank), UUID(str(number)))
    except ValueError:
        raise invalid_cursor() from None


def _write_place(place: _Place) -> str:
    return write_cursor(place.at.isoformat(), place.rank, place.id.hex)


def _of_delivery(row: Any, rank: int) -> tuple[_Place, TimelineEntry]:
    told = TimelineDelivery.model_validate(row, from_attributes=True)
    if rank == _PROMISED:
        return _Place(row.created_at, rank, row.id), TimelineEntry(at=row.created_at, kind="promised", delivery=told)
    entry = TimelineEntry(at=row.settled_at, kind=row.state, text=row.reason, delivery=told)
    return _Place(row.settled_at, rank, row.id), entry


def _context(step_id: UUID) -> str:
    return f"lead_steps.note:{step_id}"
