"""New leads: from accepted requests to rows, many at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import insert_if_absent
from app.deliveries import outbox
from app.destinations.models import Destination
from app.ids import new_id
from app.leads.documents import LeadParts, lead_data, seal_part
from app.leads.models import Consent, Lead, SearchToken
from app.leads.schemas import Status
from app.leads.tokens import epoch_of, values_of
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


@dataclass(frozen=True, slots=True)
class Arrival:
    """A new lead with the key made for it, ready to be written as often as it takes."""

    lead: NewLead
    key: SealingKey
    wrapped_key: bytes
    consents: list[dict[str, Any]]
    destinations: Sequence[Destination]
    """Who hears of it."""


def arrival(keyring: Keyring, new: NewLead, destinations_told: Sequence[Destination]) -> Arrival:
    """Make the key of a new lead."""
    key, wrapped = keyring.new_data_key(new.id)
    consents = [{**row, "id": new_id(), "lead_id": new.id} for row in new.consents]
    return Arrival(new, key, wrapped, consents, destinations_told)


async def write(session: AsyncSession, keyring: Keyring, arrivals: Sequence[Arrival]) -> list[UUID]:
    """Write leads with their keys, tokens, consents and promises; return the deliveries' ids.

    One statement for each table, however many leads. A lead that is there already is left as it is, with all that
    hangs on it: whoever does not know whether a commit went through writes the same leads again. A held lead promises
    nothing.
    """
    if not arrivals:
        return []
    rows = {arrival.lead.id: _row(arrival) for arrival in arrivals}
    insertion = insert_if_absent(session, Lead).returning(Lead.id, Lead.no)
    numbers = {row.id: row.no for row in await session.execute(insertion, list(rows.values()))}
    fresh = [arrival for arrival in arrivals if arrival.lead.id in numbers]
    if not fresh:
        return []
    await session.execute(insert(DataKey), [{"lead_id": one.lead.id, "wrapped": one.wrapped_key} for one in fresh])
    await session.execute(insert(Consent), [row for one in fresh for row in one.consents])
    tokens = [row for one in fresh for row in _token_rows(keyring, one, numbers[one.lead.id])]
    await session.execute(insert(SearchToken), tokens)
    told = [one for one in fresh if not one.lead.held_reasons]
    return await outbox.promise(session, [_telling(one, Lead(**rows[one.lead.id])) for one in told])


def _token_rows(keyring: Keyring, one: Arrival, number: int) -> list[dict[str, int]]:
    tokens = keyring.tokens.of_all(values_of(one.lead.parts.person, one.lead.parts.inquiry))
    return [{"epoch": epoch_of(number), "token": token, "lead_no": number} for token in tokens]


def _telling(one: Arrival, lead: Lead) -> outbox.Telling:
    consents = [Consent(**row) for row in one.consents]
    return outbox.Telling(
        type="lead.created",
        lead_id=lead.id,
        form_key=lead.form_key,
        data=lead_data(lead, one.lead.parts, consents),
        destinations=one.destinations,
        shared_with=shared_with(consents),
        key=one.key,
        at=lead.received_at,
    )


def _row(one: Arrival) -> dict[str, Any]:
    new, key = one.lead, one.key
    return {
        "id": new.id,
        "reference": new.reference,
        "form_key": new.form_key,
        "status": Status.NEW.value,
        "version": 1,
        "held": bool(new.held_reasons),
        "held_reasons": new.held_reasons,
        "test": new.test,
        "country": new.country,
        "language": new.language,
        "campaign": new.campaign,
        "received_at": new.received_at,
        "updated_at": new.received_at,
        "person": seal_part(key, "person", new.id, new.parts.person),
        "inquiry": seal_part(key, "inquiry", new.id, new.parts.inquiry),
        "attribution": seal_part(key, "attribution", new.id, new.parts.attribution),
        "answers": seal_part(key, "answers", new.id, new.parts.answers),
    }


def shared_with(consents: Sequence[Consent]) -> frozenset[str]:
    """Return the recipients that the enquirer agreed to share with."""
    return frozenset(
        consent.recipient
        for consent in consents
        if consent.purpose == "sharing" and consent.granted and consent.recipient
    )
