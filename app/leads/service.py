"""Read and change leads."""

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.scopes import Scope
from app.access.service import Principal
from app.database import Database
from app.deliveries import outbox
from app.deliveries import queries as delivery_queries
from app.destinations import service as destinations
from app.leads import queries
from app.leads.documents import consent_data, lead_data, open_part, open_parts, shared_with
from app.leads.errors import LeadNotFound, NotHeld, StaleLead
from app.leads.models import Lead
from app.leads.schemas import (
    DeliverySummary,
    LeadChange,
    LeadFilters,
    LeadOut,
    LeadSummary,
    RelatedLead,
)
from app.leads.tokens import mail_of, phone_of
from app.paging import Page
from app.sealing.envelopes import SealingKey
from app.sealing.keyring import Keyring


async def list_leads(
    database: Database,
    keyring: Keyring,
    filters: LeadFilters,
    *,
    cursor: str | None,
    limit: int,
    by: Principal | None = None,
) -> Page[LeadSummary]:
    """Return one page of leads, newest first. `by` is the key that asks; nobody on the command line sees all."""
    forms = sorted(by.forms) if by else []
    async with database.read() as session:
        rows = (await session.execute(queries.page_of(filters, forms, cursor, limit))).all()
    items = [_summary(lead, keyring.data_key(lead.id, wrapped), by) for lead, wrapped in rows[:limit]]
    return Page(items, queries.cursor_after(rows[limit - 1][0]) if len(rows) > limit else None)


async def show(database: Database, keyring: Keyring, name: str, *, by: Principal | None = None) -> LeadOut:
    """Return one lead, whole, by id or reference, or raise `LeadNotFound`."""
    async with database.read() as session:
        lead, key = await _load(session, keyring, name, by)
        return await _shown(session, keyring, lead, key, by)


async def change(
    database: Database,
    keyring: Keyring,
    name: str,
    wanted: LeadChange,
    now: datetime,
    *,
    if_version: int | None = None,
    by: Principal | None = None,
) -> LeadSummary:
    """Change a lead's status and tell the destinations of its form. The same status again changes nothing.

    Errors: `LeadNotFound`; `StaleLead` when `if_version` is not the lead's version.
    """
    async with database.begin() as session:
        lead, key = await _load(session, keyring, name, by, for_update=True)
        if if_version is not None and if_version != lead.version:
            raise StaleLead
        if lead.status != wanted.status:
            lead.status, lead.version, lead.updated_at = wanted.status.value, lead.version + 1, now
            await _tell(session, lead, key, "lead.updated", changed=["status"])
    return _summary(lead, key, by)


async def release(
    database: Database, keyring: Keyring, name: str, now: datetime, *, by: Principal | None = None
) -> LeadSummary:
    """Let a held lead go: it is told of once, as it is now, to the destinations its form has now.

    Errors: `LeadNotFound`; `NotHeld`.
    """
    async with database.begin() as session:
        lead, key = await _load_held(session, keyring, name, by)
        lead.held, lead.version, lead.updated_at = False, lead.version + 1, now
        await _tell(session, lead, key, "lead.created")
    return _summary(lead, key, by)


async def reject(
    database: Database, keyring: Keyring, name: str, now: datetime, *, by: Principal | None = None
) -> LeadSummary:
    """Mark a held lead as spam. It stays, held, and nobody is told of it.

    Errors: `LeadNotFound`; `NotHeld`.
    """
    async with database.begin() as session:
        lead, key = await _load_held(session, keyring, name, by)
        lead.rejected_at, lead.version, lead.updated_at = now, lead.version + 1, now
    return _summary(lead, key, by)


async def _load_held(
    session: AsyncSession, keyring: Keyring, name: str, by: Principal | None
) -> tuple[Lead, SealingKey]:
    lead, key = await _load(session, keyring, name, by, for_update=True)
    if not lead.held or lead.rejected_at is not None:
        raise NotHeld
    return lead, key


async def _tell(session: AsyncSession, lead: Lead, key: SealingKey, event_type: str, **beside: Any) -> None:
    """Write an event on the lead as it is now. Nobody is told of a held lead, and of a test only its destination."""
    if lead.held:
        return
    consents = await queries.consents_of(session, lead.id)
    data = {**lead_data(lead, open_parts(key, lead), consents), **beside}
    telling = outbox.Telling(
        type=event_type,
        lead_id=lead.id,
        form_key=lead.form_key,
        data=data,
        destinations=[] if lead.test else await destinations.of_form(session, lead.form_key),
        shared_with=shared_with(consents),
        key=key,
        at=lead.updated_at,
    )
    await outbox.promise(session, [telling])


async def _load(
    session: AsyncSession, keyring: Keyring, name: str, by: Principal | None, *, for_update: bool = False
) -> tuple[Lead, SealingKey]:
    query = queries.by_id_or_reference(name)
    if query is not None and for_update:
        query = query.with_for_update(of=Lead)
    row = (await session.execute(query)).first() if query is not None else None
    if row is None or (by is not None and not by.sees(row[0].form_key)):
        raise LeadNotFound
    lead, wrapped = row
    return lead, keyring.data_key(lead.id, wrapped)


async def _shown(session: AsyncSession, keyring: Keyring, lead: Lead, key: SealingKey, by: Principal | None) -> LeadOut:
    parts = open_parts(key, lead)
    consents = await queries.consents_of(session, lead.id)
    tokens = keyring.tokens.of_all(_exact_values(parts.person))
    related = await queries.related(session, lead, tokens, sorted(by.forms) if by else [])
    deliveries = await session.execute(delivery_queries.of_lead(lead.id))
    return LeadOut(
        **{name: getattr(lead, name) for name in ("id", "version", "reference", "status", "held", "held_reasons")},
        form=lead.form_key,
        test=lead.test,
        received_at=lead.received_at,
        updated_at=lead.updated_at,
        person={**parts.person, "country": lead.country, "language": lead.language},
        inquiry=parts.inquiry,
        consents=[consent_data(consent) for consent in consents],
        attribution={**lead.campaign, **parts.attribution},
        answers=parts.answers,
        related=[RelatedLead.model_validate(other, from_attributes=True) for other in related],
        deliveries=[DeliverySummary.model_validate(row, from_attributes=True) for row in deliveries],
    )


def _summary(lead: Lead, key: SealingKey, by: Principal | None) -> LeadSummary:
    unmasked = by is None or Scope.LEADS_CONTACT in by.scopes
    return LeadSummary.of(lead, open_part(key, "person", lead.id, lead.person), unmasked=unmasked)


def _exact_values(person: dict[str, Any]) -> list[tuple[str, str]]:
    values = [mail_of(person["email"])] if person.get("email") else []
    return [*values, phone_of(person["phone"])] if person.get("phone") else values
