"""Leads as they are shown: a line of a list, masked where the key may not see contact data, or whole."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principals import Principal
from app.deliveries import queries as delivery_queries
from app.leads import queries
from app.leads.documents import LeadParts, Part, consent_data, open_part, open_parts
from app.leads.masking import sees_contact
from app.leads.models import Lead
from app.leads.queries import LISTED, SHOWN_AS, Listed
from app.leads.schemas import DeliverySummary, LeadOut, LeadRecord, LeadSummary, RelatedLead
from app.leads.tokens import mail_of, phone_of
from app.sealing.envelopes import SealingKey
from app.sealing.keyring import Keyring

_AS_THEY_ARE = LeadRecord.model_fields.keys() & set(Lead.__table__.columns.keys()) - {
    "person",
    "inquiry",
    "attribution",
    "answers",
}


def opened(keyring: Keyring, lead: Listed, wrapped: bytes) -> Part:
    """Open who a listed lead is of."""
    return open_part(keyring.data_key(lead.id, wrapped), "person", lead.id, lead.person)


def summary(lead: Listed, person: Part, by: Principal | None) -> LeadSummary:
    """Show a lead in a list, masked where `by` may not see contact data."""
    return LeadSummary.of(dict(zip(SHOWN_AS, lead, strict=False)), person, unmasked=sees_contact(by))


def summary_of(lead: Lead, key: SealingKey, by: Principal | None) -> LeadSummary:
    """Show a whole lead as a list shows it."""
    clear = {name: getattr(lead, column.name) for name, column in zip(SHOWN_AS, LISTED, strict=True)}
    return LeadSummary.of(clear, open_part(key, "person", lead.id, lead.person), unmasked=sees_contact(by))


async def whole(session: AsyncSession, keyring: Keyring, lead: Lead, key: SealingKey, by: Principal | None) -> LeadOut:
    """Show a lead with its consents, its relatives that `by` may see, and where its events stand."""
    parts = open_parts(key, lead)
    shown = await record(session, lead, parts)
    tokens = keyring.tokens.of_all(_exact_values(parts.person))
    related = await queries.related(session, lead, tokens, sorted(by.forms) if by else [])
    deliveries = await session.execute(delivery_queries.of_lead(lead.id))
    return LeadOut(
        **shown.model_dump(),
        related=[RelatedLead.model_validate(other, from_attributes=True) for other in related],
        deliveries=[DeliverySummary.model_validate(row, from_attributes=True) for row in deliveries],
    )


async def record(session: AsyncSession, lead: Lead, parts: LeadParts) -> LeadRecord:
    """Show a lead with its consents, and nothing of others."""
    consents = (await queries.consents_of(session, [lead.id]))[lead.id]
    return LeadRecord(
        **{name: getattr(lead, name) for name in _AS_THEY_ARE},
        form=lead.form_key,
        person={**parts.person, "country": lead.country, "language": lead.language},
        inquiry=parts.inquiry,
        consents=[consent_data(consent) for consent in consents],
        attribution={**lead.campaign, **parts.attribution},
        answers=parts.answers,
    )


def _exact_values(person: dict[str, Any]) -> list[tuple[str, str]]:
    values = [mail_of(person["email"])] if person.get("email") else []
    return [*values, phone_of(person["phone"])] if person.get("phone") else values
