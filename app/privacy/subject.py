"""Subject export: everything held on the person of one lead, from every room that holds something."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.auditing import note
from app.access.principals import Principal
from app.audit.actions import Action
from app.audit.models import AuditEntry
from app.audit.schemas import AuditOut
from app.deliveries import subject as told
from app.deliveries.subject import SubjectDelivery
from app.forms.models import WordingSet
from app.forms.schemas import WordingOut
from app.intake.models import FloodMark, IdempotencyKey
from app.leads import timeline
from app.leads.documents import open_parts
from app.leads.models import Consent, Lead, SearchToken
from app.leads.service import load
from app.leads.showing import record
from app.leads.timeline import TimelineEntry
from app.leads.tokens import epoch_of
from app.parts import Parts
from app.privacy.schemas import Marks, SubjectExport, SubjectLead
from app.sealing.envelopes import SealingKey

_PAGE = 500


async def export_subject(house: Parts, name: str, *, by: Principal | None = None) -> SubjectExport:
    """Return everything held on the person of one lead, by id or reference, or raise `LeadNotFound`. It is audited."""
    async with house.database.begin() as session:
        lead, key = await load(session, house.keyring, name, by)
        note(session, by, Action.SUBJECT_EXPORTED, f"lead:{lead.id}")
        shown = await record(session, lead, open_parts(key, lead))
        deliveries = await told.deliveries_of(session, lead.id, key)
        return SubjectExport(
            made_at=house.clock.now(),
            lead=SubjectLead(**shown.model_dump(), rejected_at=lead.rejected_at),
            wordings=await _wordings(session, lead.id),
            timeline=await _timeline(session, lead, key),
            events=await told.events_of(session, lead.id, key),
            deliveries=deliveries,
            audit=await _audit(session, lead.id, deliveries),
            marks=await _marks(session, lead),
        )


async def _wordings(session: AsyncSession, lead_id: UUID) -> list[WordingOut]:
    shown = select(Consent.wording_id).where(Consent.lead_id == lead_id)
    found = await session.scalars(select(WordingSet).where(WordingSet.id.in_(shown)).order_by(WordingSet.created_at))
    return [WordingOut.of(wording) for wording in found]


async def _timeline(session: AsyncSession, lead: Lead, key: SealingKey) -> list[TimelineEntry]:
    entries: list[TimelineEntry] = []
    cursor: str | None = None
    while True:
        page = await timeline.read(session, lead, key, cursor=cursor, limit=_PAGE)
        entries.extend(page.items)
        cursor = page.next_cursor
        if cursor is None:
            return entries


async def _audit(session: AsyncSession, lead_id: UUID, deliveries: Sequence[SubjectDelivery]) -> list[AuditOut]:
    """Return what was done with a lead or one of its deliveries, this export included."""
    await session.flush()
    subjects = [f"lead:{lead_id}", *(f"delivery:{delivery.id}" for delivery in deliveries)]
    several = [AuditEntry.subject.in_(subjects[start : start + _PAGE]) for start in range(0, len(subjects), _PAGE)]
    found = await session.scalars(select(AuditEntry).where(or_(*several)).order_by(AuditEntry.id))
    return [AuditOut.model_validate(entry, from_attributes=True) for entry in found]


async def _marks(session: AsyncSession, lead: Lead) -> Marks:
    async def count(*conditions: ColumnElement[bool]) -> int:
        return (await session.execute(select(func.count()).where(*conditions))).scalar_one()

    return Marks(
        search_tokens=await count(SearchToken.epoch == epoch_of(lead.no), SearchToken.lead_no == lead.no),
        flood_marks=await count(FloodMark.lead_id == lead.id),
        idempotency_keys=await count(IdempotencyKey.lead_id == lead.id),
    )
