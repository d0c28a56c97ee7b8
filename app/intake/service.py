"""Write quote requests as leads: a whole batch, with consents, events and promises, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from uuid import UUID

from sqlalchemy import delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import Database, insert_if_absent
from app.destinations import service as destinations
from app.errors import AppError
from app.forms import service as forms
from app.forms.models import WordingSet
from app.intake.composing import consent_rows, new_lead
from app.intake.errors import IdempotencyKeyReused
from app.intake.models import IdempotencyKey
from app.intake.schemas import QuoteRequest
from app.leads import arrivals
from app.leads.arrivals import Arrival
from app.leads.models import Lead
from app.parts import Parts
from app.sealing.keyring import Keyring

REMEMBERED = timedelta(hours=24)
"""How long an Idempotency-Key gets the same answer."""


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
class Idempotency:
    """A key that came with a request, and what the request said: keyed hashes, since both may be personal."""

    key_hash: bytes
    fingerprint: bytes


@dataclass(slots=True)
class Candidate:
    """A request that keeps every rule and waits to be written."""

    form_key: str
    request: QuoteRequest
    idempotency: Idempotency | None
    received_at: datetime
    arrival: Arrival | None = None
    """The lead made of it. Made once: whoever does not know whether a commit went through writes the same again."""


def candidate(keyring: Keyring, form_key: str, request: QuoteRequest, key: str | None, now: datetime) -> Candidate:
    """Make a candidate of a request and of the Idempotency-Key that came with it."""
    return Candidate(form_key, request, _idempotency(keyring, request, key) if key else None, now)


def _idempotency(keyring: Keyring, request: QuoteRequest, key: str) -> Idempotency:
    secret = keyring.idempotency
    return Idempotency(
        blake2b(key.encode(), digest_size=16, key=secret, person=b"fq.idem.key").digest(),
        blake2b(request.fingerprint_source(), digest_size=32, key=secret, person=b"fq.idem.req").digest(),
    )


async def write(house: Parts, candidates: Sequence[Candidate]) -> list[Accepted | AppError]:
    """Write a batch, all or nothing, and say of each what came of it, in the same order.

    The same batch may be written again: what is there already is left as it is.
    Errors: `OutOfReach`, and then it is unknown whether the batch is there.
    """
    async with house.database.begin() as session:
        made = await _compose(session, house, candidates)
        known = await _remember(session, candidates, made)
        ours = [arrival for one, arrival in zip(candidates, made, strict=True) if _is_ours(one, arrival, known)]
        await arrivals.write(session, house.keyring, ours)
        earlier = await _earlier(session, known)
    return [_result(one, arrival, known, earlier) for one, arrival in zip(candidates, made, strict=True)]


async def _compose(session: AsyncSession, house: Parts, candidates: Sequence[Candidate]) -> list[Arrival]:
    """Make a lead of each candidate that is none yet; each form's texts and destinations are read once."""
    told = {key: await destinations.of_form(session, key) for key in {one.form_key for one in candidates}}
    shown: dict[tuple[str, UUID | None, str | None], tuple[WordingSet, bool]] = {}
    made = []
    for one in candidates:
        if one.arrival is None:
            place = (one.form_key, one.request.consent.wording, one.request.language)
            if place not in shown:
                shown[place] = await forms.wording_shown(session, *place)
            wording, named = shown[place]
            consents = consent_rows(one.request, wording, shown=named, at=one.received_at)
            one.arrival = arrivals.arrival(
                house.keyring, new_lead(one.form_key, one.request, consents), told[one.form_key]
            )
        made.append(one.arrival)
    return made


_Key = tuple[str, bytes]
_Known = dict[_Key, tuple[UUID, bytes]]
"""Which lead an Idempotency-Key stands for, and the fingerprint of its request."""


async def _remember(session: AsyncSession, candidates: Sequence[Candidate], made: Sequence[Arrival]) -> _Known:
    """Write down the keys that nobody has used; return what every key of the batch stands for now."""
    rows = [
        {
            "form_key": one.form_key,
            "key_hash": one.idempotency.key_hash,
            "fingerprint": one.idempotency.fingerprint,
            "lead_id": arrival.lead.id,
            "created_at": one.received_at,
        }
        for one, arrival in zip(candidates, made, strict=True)
        if one.idempotency
    ]
    if not rows:
        return {}
    # In one order everywhere, so that two processes wait for each other and never in a circle.
    rows.sort(key=lambda row: (row["form_key"], row["key_hash"]))
    named = tuple_(IdempotencyKey.form_key, IdempotencyKey.key_hash).in_(
        {(row["form_key"], row["key_hash"]) for row in rows}
    )
    outlived = IdempotencyKey.created_at <= min(one.received_at for one in candidates) - REMEMBERED
    await session.execute(delete(IdempotencyKey).where(named, outlived))
    await session.execute(insert_if_absent(session, IdempotencyKey), rows)
    found = await session.execute(select(IdempotencyKey).where(named))
    return {(row.form_key, row.key_hash): (row.lead_id, row.fingerprint) for row in found.scalars()}


async def _earlier(session: AsyncSession, known: _Known) -> dict[UUID, Accepted]:
    """Return the answers that keys of the batch have got already."""
    if not known:
        return {}
    query = select(Lead.id, Lead.reference, Lead.form_key, Lead.received_at)
    found = await session.execute(query.where(Lead.id.in_({lead_id for lead_id, _ in known.values()})))
    return {row.id: Accepted(*row, replayed=True) for row in found}


def _is_ours(one: Candidate, arrival: Arrival, known: _Known) -> bool:
    """Say whether a candidate makes a lead: without a key always, with one if it came first."""
    if one.idempotency is None:
        return True
    return known[one.form_key, one.idempotency.key_hash][0] == arrival.lead.id


def _result(one: Candidate, arrival: Arrival, known: _Known, earlier: dict[UUID, Accepted]) -> Accepted | AppError:
    lead = arrival.lead
    if one.idempotency is None:
        return Accepted(lead.id, lead.reference, lead.form_key, lead.received_at)
    lead_id, fingerprint = known[one.form_key, one.idempotency.key_hash]
    if fingerprint != one.idempotency.fingerprint:
        return IdempotencyKeyReused()
    return replace(earlier[lead_id], replayed=lead_id != lead.id)


async def answered_before(house: Parts, one: Candidate) -> Accepted | None:
    """Return the answer that an equal request with the same key has got already, if there is one."""
    if one.idempotency is None:
        return None
    query = (
        select(Lead.id, Lead.reference, Lead.form_key, Lead.received_at)
        .join(IdempotencyKey, IdempotencyKey.lead_id == Lead.id)
        .where(
            IdempotencyKey.form_key == one.form_key,
            IdempotencyKey.key_hash == one.idempotency.key_hash,
            IdempotencyKey.fingerprint == one.idempotency.fingerprint,
            IdempotencyKey.created_at > one.received_at - REMEMBERED,
        )
    )
    async with house.database.read() as session:
        row = (await session.execute(query)).first()
    return Accepted(*row, replayed=True) if row else None


async def forget_old_keys(database: Database, now: datetime) -> None:
    """Delete the idempotency keys that are no longer remembered."""
    async with database.begin() as session:
        await session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at <= now - REMEMBERED))
