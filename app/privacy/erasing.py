"""Erasing one lead in a transaction that is open: everything of it goes, and who was told of it is told."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import insert_if_absent
from app.deliveries import forgetting, outbox
from app.deliveries.models import Event
from app.ids import new_id
from app.intake.models import FloodMark, IdempotencyKey
from app.leads.errors import LeadNotFound
from app.leads.models import Consent, Lead, LeadStep, LeadTag, SearchToken
from app.leads.queries import named
from app.leads.tokens import epoch_of
from app.privacy.ledger import Entry
from app.privacy.models import Erasure
from app.sealing.models import DataKey

_FOUND = (Lead.no, Lead.id, Lead.reference, Lead.form_key, Lead.version)


async def find(session: AsyncSession, name: str, forms: Sequence[str] = ()) -> Any:
    """Return what is in the clear of one lead, by id or reference, locked until the commit, or raise `LeadNotFound`.

    Its key is not asked for: what nobody can open can be erased all the same.
    """
    column, value = named(name)
    query = select(*_FOUND).where(column == value).with_for_update()
    if forms:
        query = query.where(Lead.form_key.in_(forms))
    lead = None if value is None else (await session.execute(query)).first()
    if lead is None:
        raise LeadNotFound
    return lead


async def erase(session: AsyncSession, lead_no: int, entry: Entry, now: datetime) -> int:
    """Erase a lead that `find` locked, write it into the ledger, and return how many destinations are told."""
    told = await forgetting.forget(session, entry.lead_id, now)
    # Told anew, where the lead came back after it was told of.
    event_id = new_id() if await session.get(Event, entry.event_id) else entry.event_id
    event = outbox.erasure_row(event_id, entry.lead_id, entry.reference, entry.form, now)
    count = await forgetting.tell(session, event, told)
    await _delete(session, lead_no, entry.lead_id)
    await write_down(session, [entry])
    return count


def brought_back() -> Select[Erasure]:
    """Select the erasures of leads that are there, by whichever way they came back."""
    return select(Erasure).join(Lead, Lead.id == Erasure.lead_id).order_by(Erasure.at, Erasure.lead_id)


async def write_down(session: AsyncSession, entries: Sequence[Entry]) -> None:
    """Write into the table what it does not say yet."""
    await session.execute(insert_if_absent(session, Erasure), [entry.row() for entry in entries])


async def _delete(session: AsyncSession, lead_no: int, lead_id: UUID) -> None:
    """Delete a lead with all that hangs on it, its key first of all."""
    for model in (DataKey, Consent, LeadStep, IdempotencyKey, FloodMark):
        await session.execute(delete(model).where(model.lead_id == lead_id))
    await session.execute(delete(LeadTag).where(LeadTag.lead_no == lead_no))
    # By its number, whatever its tokens were made of at the time: to read one epoch takes a few milliseconds.
    tokens = SearchToken.epoch == epoch_of(lead_no), SearchToken.lead_no == lead_no
    await session.execute(delete(SearchToken).where(*tokens))
    await session.execute(delete(Lead).where(Lead.no == lead_no))
