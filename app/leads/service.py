"""Write, read and change leads."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.scopes import Scope
from app.access.service import Principal
from app.database import Database
from app.deliveries import outbox
from app.deliveries import queries as delivery_queries
from app.destinations import service as destinations
from app.destinations.models import Destination
from app.ids import new_id
from app.leads import queries
from app.leads.documents import LeadParts, consent_data, lead_data, open_part, open_parts, seal_part
from app.leads.errors import LeadNotFound, StaleLead
from app.leads.models import Consent, Lead, SearchToken
from app.leads.schemas import (
    DeliverySummary,
    LeadChange,
    LeadFilters,
    LeadOut,
    LeadSummary,
    RelatedLead,
    Status,
)
from app.leads.tokens import epoch_of, mail_of, phone_of, values_of
from app.paging import Page
from app.sealing.envelopes import SealingKey
from app.sealing.keyring import Keyring
from app.sealing.models import DataKey


@dataclass(frozen=True, slots=True)
class NewLead:
    """An accepted quote request, ready to be written."""

    id: UUID
    reference: str
    form_key: str
    held_reasons: list[str]
    """Why it is kept aside as suspected spam; empty: it is not."""
    test: bool
    country: str
    language: str | None
    campaign: dict[str, str]
    parts: LeadParts
    consents: list[dict[str, Any]]
    """Rows of consents, without `id` and `lead_id`."""
    received_at: datetime


async def write(
    session: AsyncSession, keyring: Keyring, new: NewLead, destinations_told: Sequence[Destination]
) -> list[UUID]:
    """Write a lead with its key, tokens, consents and promises; return the deliveries' ids.

    A held lead promises nothing.
    """
    key, wrapped = keyring.new_data_key(new.id)
    lead = _row(key, new)
    session.add(lead)
    await session.flush()
    await session.execute(insert(DataKey), [{"lead_id": new.id, "wrapped": wrapped}])
    consents = [Consent(id=new_id(), lead_id=new.id, **row) for row in new.consents]
    session.add_all(consents)
    tokens = keyring.tokens.of_all(values_of(new.parts.person, new.parts.inquiry))
    epoch = epoch_of(lead.no)
    rows = [{"epoch": epoch, "token": token, "lead_no": lead.no} for token in tokens]
    await session.execute(insert(SearchToken), rows)
    if new.held_reasons:
        return []
    data = lead_data(lead, new.parts, consents)
    telling = outbox.Telling("lead.created", lead.id, lead.form_key, data, shared_with(consents), key, new.received_at)
    return await outbox.promise(session, telling, destinations_told)


def _row(key: SealingKey, new: NewLead) -> Lead:
    return Lead(
        id=new.id,
        reference=new.reference,
        form_key=new.form_key,
        status=Status.NEW.value,
        version=1,
        held=bool(new.held_reasons),
        held_reasons=new.held_reasons,
        test=new.test,
        country=new.country,
        language=new.language,
        campaign=new.campaign,
        received_at=new.received_at,
        updated_at=new.received_at,
        person=seal_part(key, "person", new.id, new.parts.person),
        inquiry=seal_part(key, "inquiry", new.id, new.parts.inquiry),
        attribution=seal_part(key, "attribution", new.id, new.parts.attribution),
        answers=seal_part(key, "answers", new.id, new.parts.answers),
    )


def shared_with(consents: Sequence[Consent]) -> frozenset[str]:
    """Return the recipients that the enquirer agreed to share with."""
    return frozenset(
        consent.recipient
        for consent in consents
        if consent.purpose == "sharing" and consent.granted and consent.recipient
    )


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
            await _tell_of_change(session, lead, key, ["status"])
    return _summary(lead, key, by)


async def _tell_of_change(session: AsyncSession, lead: Lead, key: SealingKey, changed: list[str]) -> None:
    if lead.held:
        return
    consents = list(await session.scalars(queries.consents_of(lead.id)))
    data = {**lead_data(lead, open_parts(key, lead), consents), "changed": changed}
    telling = outbox.Telling("lead.updated", lead.id, lead.form_key, data, shared_with(consents), key, lead.updated_at)
    told = [] if lead.test else await destinations.of_form(session, lead.form_key)
    await outbox.promise(session, telling, told)


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
    consents = await session.scalars(queries.consents_of(lead.id))
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
