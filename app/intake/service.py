"""Turn a quote request into a lead: lead, consents, event and promises in one transaction, before any answer."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import Database, insert_if_absent
from app.destinations import service as destinations
from app.forms import service as forms
from app.forms.models import Form, WordingSet
from app.ids import new_id, new_reference
from app.intake.errors import IdempotencyKeyReused
from app.intake.models import IdempotencyKey
from app.intake.schemas import QuoteRequest
from app.leads import service as leads
from app.leads.documents import LeadParts
from app.leads.models import Lead
from app.leads.service import NewLead
from app.pages.typed import HONEYPOT
from app.parts import Parts
from app.sealing.keyring import Keyring

REMEMBERED = timedelta(hours=24)
"""How long an Idempotency-Key gets the same answer."""
_CLEAR_CAMPAIGN = re.compile(r"(?!.*\d{5})[^@]{1,64}", re.DOTALL)
"""Campaign values that are kept in the clear: short, no address, no long run of digits."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """What the enquirer is told: it is on disk, and this is its reference."""

    id: UUID
    reference: str
    form: str
    received_at: datetime
    replayed: bool = False
    """Whether this is the answer to an earlier, equal request."""


@dataclass(frozen=True, slots=True)
class _Idempotency:
    key_hash: bytes
    fingerprint: bytes


class _Twin(Exception):
    """An equal request was accepted between our look and our write."""


async def accept(house: Parts, form: Form, request: QuoteRequest, idempotency_key: str | None) -> Accepted:
    """Accept a request at an open form; the same key with the same request gets the same answer for a day.

    Errors: `IdempotencyKeyReused`; `OutOfReach`, after which at most one unconfirmed lead may exist.
    """
    idempotency = _idempotency(house.keyring, request, idempotency_key) if idempotency_key else None
    while True:
        if idempotency and (known := await _earlier(house, form.key, idempotency)):
            return known
        try:
            accepted = await _write(house, form, request, idempotency)
        except _Twin:
            continue
        house.hint()
        return accepted


def _idempotency(keyring: Keyring, request: QuoteRequest, key: str) -> _Idempotency:
    return _Idempotency(
        blake2b(key.encode(), digest_size=16, key=keyring.idempotency, person=b"fq.idem.key").digest(),
        blake2b(request.fingerprint_source(), digest_size=32, key=keyring.idempotency, person=b"fq.idem.req").digest(),
    )


async def _earlier(house: Parts, form_key: str, idempotency: _Idempotency) -> Accepted | None:
    query = (
        select(IdempotencyKey.fingerprint, Lead.id, Lead.reference, Lead.received_at)
        .join(Lead, Lead.id == IdempotencyKey.lead_id)
        .where(
            IdempotencyKey.form_key == form_key,
            IdempotencyKey.key_hash == idempotency.key_hash,
            IdempotencyKey.created_at > house.clock.now() - REMEMBERED,
        )
    )
    async with house.database.read() as session:
        row = (await session.execute(query)).first()
    if row is None:
        return None
    if row.fingerprint != idempotency.fingerprint:
        raise IdempotencyKeyReused
    return Accepted(row.id, row.reference, form_key, row.received_at, replayed=True)


async def _write(house: Parts, form: Form, request: QuoteRequest, idempotency: _Idempotency | None) -> Accepted:
    async with house.database.begin() as session:
        wording, shown = await forms.wording_shown(session, form.key, request.consent.wording, request.language)
        new = new_lead(form.key, request, consent_rows(request, wording, shown=shown, at=house.clock.now()))
        told = await destinations.of_form(session, form.key)
        await leads.write(session, house.keyring, new, told)
        if idempotency:
            await _remember(session, form.key, idempotency, new)
    return Accepted(new.id, new.reference, form.key, new.received_at)


async def _remember(session: AsyncSession, form_key: str, idempotency: _Idempotency, new: NewLead) -> None:
    where = (IdempotencyKey.form_key == form_key, IdempotencyKey.key_hash == idempotency.key_hash)
    outlived = IdempotencyKey.created_at <= new.received_at - REMEMBERED
    await session.execute(delete(IdempotencyKey).where(*where, outlived))
    row = {
        "form_key": form_key,
        "key_hash": idempotency.key_hash,
        "fingerprint": idempotency.fingerprint,
        "lead_id": new.id,
        "created_at": new.received_at,
    }
    insertion = insert_if_absent(session, IdempotencyKey).values(row).returning(IdempotencyKey.lead_id)
    if await session.scalar(insertion) is None:
        raise _Twin


async def forget_old_keys(database: Database, now: datetime) -> None:
    """Delete the idempotency keys that are no longer remembered."""
    async with database.begin() as session:
        await session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at <= now - REMEMBERED))


def new_lead(form_key: str, request: QuoteRequest, consents: list[dict[str, Any]], *, test: bool = False) -> NewLead:
    """Make the lead of a request; it was received when its consents were given."""
    campaign = {
        name: value
        for name, value in request.attribution.items()
        if name.startswith("utm_") and _CLEAR_CAMPAIGN.fullmatch(value)
    }
    sealed = {name: value for name, value in request.attribution.items() if name not in campaign}
    return NewLead(
        id=new_id(),
        reference=new_reference(),
        form_key=form_key,
        held_reasons=["honeypot"] if request.fq.get(HONEYPOT) else [],
        test=test,
        country=request.country,
        language=request.language,
        campaign=campaign,
        parts=LeadParts(_person(request), _inquiry(request), sealed, dict(request.answers)),
        consents=consents,
        received_at=consents[0]["at"],
    )


def consent_rows(request: QuoteRequest, wording: WordingSet, *, shown: bool, at: datetime) -> list[dict[str, Any]]:
    """Return one row for each purpose, and for sharing one for each recipient that was offered or named."""
    common = {"wording_id": wording.id, "wording_hash": wording.hash, "at": at}
    word = "shown" if shown else "unverified"
    given = {
        "privacy": request.consent.privacy,
        "health_data": request.consent.health_data,
        "marketing": request.consent.marketing,
    }
    rows = [
        {**common, "purpose": purpose, "recipient": None, "granted": granted, "shown": word}
        for purpose, granted in given.items()
    ]
    for recipient in dict.fromkeys([*wording.recipients, *request.consent.sharing]):
        seen = word if recipient in wording.recipients else "unverified"
        granted = recipient in request.consent.sharing
        rows.append({**common, "purpose": "sharing", "recipient": recipient, "granted": granted, "shown": seen})
    return rows


def _person(request: QuoteRequest) -> dict[str, Any]:
    return {
        "name": request.name,
        "email": request.email,
        "phone": request.phone or request.phone_raw,
        "phone_raw": request.phone_raw,
        "phone_valid": request.phone_valid,
        "preferred_contact": request.preferred_contact,
        "relationship": request.relationship,
        "timezone": request.timezone,
    }


def _inquiry(request: QuoteRequest) -> dict[str, Any]:
    patient = {
        "name": request.patient_name,
        "age": request.patient_age,
        "guardian_name": request.guardian_name,
    }
    return {
        "condition": request.condition,
        "condition_code": request.condition_code,
        "treatment": request.treatment,
        "treatment_code": request.treatment_code,
        "message": request.message,
        "timeline": request.timeline,
        "budget": request.budget.model_dump() if request.budget else None,
        "destination_countries": list(request.destination_countries),
        "patient": patient if any(value is not None for value in patient.values()) else None,
    }
