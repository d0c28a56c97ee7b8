"""Write quote requests as leads: a whole batch, with consents, events and promises, in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b
from typing import Any
from uuid import UUID

from sqlalchemy import delete

from app.bulk import Rows
from app.database import DOOR_PATIENCE_SECONDS, Database
from app.errors import AppError, OutOfReach
from app.forms.turnstile import FIELD
from app.intake import queries
from app.intake.composing import consent_rows, new_lead
from app.intake.configuration import DoorConfiguration
from app.intake.errors import IdempotencyKeyReused
from app.intake.flood import KEPT, FloodCount, Limits, Marks, asked, marks_of
from app.intake.models import FloodMark, IdempotencyKey
from app.intake.queries import REMEMBERED, Key
from app.intake.schemas import QuoteRequest
from app.intake.spam.judging import Doubt
from app.intake.spam.service import PROOF_MISSING, doubt_of, weigh_again
from app.intake.spam.turnstile import MISSING, Turnstile
from app.leads import arrivals
from app.leads.arrivals import Arrival
from app.parts import Parts
from app.sealing.keyring import Keyring


@dataclass(frozen=True, slots=True)
class Accepted:
    """What the enquirer is told: it is on disk, and this is its reference."""

    id: UUID
    reference: str
    form: str
    received_at: datetime
    replayed: bool = False
    """Whether this is the answer to an earlier, equal request."""


_Earlier = dict[Key, tuple[bytes, Accepted]]
_MOST_TRIES = 4
"""How often a batch is begun anew because the configuration moved meanwhile, or a key was taken by somebody else."""


@dataclass(frozen=True, slots=True)
class Idempotency:
    """A key that came with a request, and what the request said: keyed hashes, since both may be personal."""

    key: Key
    fingerprint: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A request that keeps every rule, made a lead, sealed, and waiting to be written.

    Made once: whoever does not know whether a commit went through writes the same again.
    """

    form_key: str
    arrival: Arrival
    marks: Marks
    doubt: Doubt
    idempotency: Idempotency | None
    received_at: datetime

    @property
    def answer(self) -> Accepted:
        """What is answered once it is written."""
        row = self.arrival.row
        return Accepted(row["id"], row["reference"], self.form_key, self.received_at)


async def candidate(
    house: Parts,
    configuration: DoorConfiguration,
    form_key: str,
    request: QuoteRequest,
    *,
    key: str | None = None,
    client: str | None = None,
) -> Candidate:
    """Make a lead of a request, of the Idempotency-Key that came with it and of the address that it came from."""
    now = house.clock.now()
    consent = request.consent
    wording, shown = await configuration.wording_shown(form_key, consent.wording, request.language)
    doubt = doubt_of(house.keyring, configuration.open_form(form_key), request, now)
    new = new_lead(form_key, request, consent_rows(request, wording, shown=shown, at=now), doubt=doubt)
    return Candidate(
        form_key,
        arrivals.arrival(house.keyring, new),
        marks_of(house.keyring.tokens, client, form_key, request.message, doubt.proof),
        doubt,
        _idempotency(house.keyring, form_key, request, key) if key else None,
        now,
    )


def _idempotency(keyring: Keyring, form_key: str, request: QuoteRequest, key: str) -> Idempotency:
    secret = keyring.idempotency
    hashed = blake2b(key.encode(), digest_size=16, key=secret, person=b"fq.idem.key").digest()
    said = blake2b(request.fingerprint_source(), digest_size=32, key=secret, person=b"fq.idem.req").digest()
    return Idempotency((form_key, hashed), said)


async def vouched(house: Parts, turnstile: Turnstile, one: Candidate, request: QuoteRequest) -> Candidate:
    """Return a candidate, of a form with Turnstile, with what its token says against it."""
    token = request.fq.get(FIELD)
    sign = await turnstile.sign_of(token, _same_question(house.keyring, one, request, token or ""))
    # Whoever runs no scripts has neither, and that is one sign.
    if sign is None or (sign == MISSING and PROOF_MISSING in one.doubt.signs):
        return one
    doubt = one.doubt.plus(sign)
    weigh_again(one.arrival, doubt)
    return replace(one, doubt=doubt)


def _same_question(keyring: Keyring, one: Candidate, request: QuoteRequest, token: str) -> UUID:
    """Return what is the same when a request is sent again, and another for another request with the same token."""
    said = one.idempotency.key[1] if one.idempotency else request.fingerprint_source()
    text = b"\0".join((token.encode(), one.form_key.encode(), said))
    digest = blake2b(text, digest_size=16, key=keyring.idempotency, person=b"fq.turnstile").digest()
    return UUID(bytes=digest, version=4)


async def write(
    house: Parts, configuration: DoorConfiguration, candidates: Sequence[Candidate], *, again: bool = False
) -> list[Accepted | AppError]:
    """Write a batch, all or nothing, and say of each what came of it, in the same order.

    Errors: `OutOfReach`, and then it is unknown whether the batch is there. To find out, write the same batch `again`:
    what is there already is left as it is.
    """
    known: _Earlier = {}
    for _ in range(_MOST_TRIES):
        limits = {one.form_key: configuration.limits(one.form_key, house.settings.flood) for one in candidates}
        count = await _standing(house, configuration, candidates, limits)
        turned_away = {one: error for one in candidates if (error := _turned_away(configuration, one))}
        ours = _first_of_their_keys([one for one in candidates if one not in turned_away], known)
        try:
            marks = [mark for one in ours for mark in _judge(one, count, limits[one.form_key])]
            if await _write(house, configuration, ours, marks, again=again):
                break
        except queries.BROKEN as error:
            if not queries.is_in_use(error):
                raise
            known = await _earlier(house.database, candidates)
    else:
        raise OutOfReach
    results: dict[Candidate, Accepted | AppError] = {**turned_away, **{one: one.answer for one in ours}}
    others = [one for one in candidates if one not in results]
    known = await _earlier(house.database, others)
    results |= {one: _earlier_answer(one, known) for one in others}
    return [results[one] for one in candidates]


async def _standing(
    house: Parts, configuration: DoorConfiguration, candidates: Sequence[Candidate], limits: Mapping[str, Limits]
) -> FloodCount:
    """See that the configuration in memory is the one of now, and count what floods."""
    marks = asked((one.marks, limits[one.form_key]) for one in candidates)
    version, counted = await queries.standing(house.database, house.clock.now(), marks)
    await configuration.keep_up(version)
    return FloodCount(counted)


def _turned_away(configuration: DoorConfiguration, one: Candidate) -> AppError | None:
    """Say what has come between since the request was let in: the form may have been closed."""
    try:
        configuration.open_form(one.form_key)
    except AppError as error:
        return error
    return None


def _first_of_their_keys(candidates: Sequence[Candidate], known: _Earlier) -> list[Candidate]:
    """Return those that are to be written: of twins in one batch the first, and none whose key is known."""
    seen = set(known)
    ours = []
    for one in candidates:
        if one.idempotency is not None:
            if one.idempotency.key in seen:
                continue
            seen.add(one.idempotency.key)
        ours.append(one)
    return ours


async def _write(
    house: Parts,
    configuration: DoorConfiguration,
    candidates: Sequence[Candidate],
    marks: Sequence[dict[str, object]],
    *,
    again: bool,
) -> bool:
    """Write leads, their keys and marks, unless the configuration has moved since it was looked at."""
    keys = [_key_row(one, one.idempotency) for one in candidates if one.idempotency is not None]
    return await arrivals.write(
        house.database,
        [one.arrival for one in candidates],
        configuration.told,
        beside=[Rows(FloodMark, marks, "ON CONFLICT DO NOTHING"), queries.claims(house.database, keys)],
        again=again,
        only_if=configuration.unmoved,
    )


def _key_row(one: Candidate, idempotency: Idempotency) -> dict[str, Any]:
    return {
        "form_key": one.form_key,
        "key_hash": idempotency.key[1],
        "fingerprint": idempotency.fingerprint,
        "lead_id": one.arrival.row["id"],
        "created_at": one.received_at,
    }


def _judge(one: Candidate, count: FloodCount, limits: Limits) -> list[dict[str, object]]:
    """Hold a lead that is one too many; return the marks of any other."""
    if count.has(one.marks.proof):
        weigh_again(one.arrival, one.doubt.plus("proof-used"))
    reason = count.judge(one.marks, limits)
    if reason is not None:
        one.arrival.hold(reason)
        return []
    return one.marks.rows(one.arrival.row["id"], one.received_at)


async def _earlier(database: Database, candidates: Sequence[Candidate]) -> _Earlier:
    """Return what the keys of candidates stand for, and the answers that they have got already."""
    asked = {one.idempotency.key: one for one in candidates if one.idempotency is not None}
    if not asked:
        return {}
    oldest = min(one.received_at for one in asked.values())
    async with database.read(DOOR_PATIENCE_SECONDS) as session:
        found = (await session.execute(queries.answers(asked.keys(), oldest - REMEMBERED))).all()
    return {
        (form_key, key_hash): (fingerprint, Accepted(lead_id, reference, form_key, received_at, replayed=True))
        for form_key, key_hash, fingerprint, lead_id, reference, received_at in found
    }


def _earlier_answer(one: Candidate, earlier: _Earlier) -> Accepted | AppError:
    if one.idempotency is None or one.idempotency.key not in earlier:
        return OutOfReach()
    fingerprint, accepted = earlier[one.idempotency.key]
    if fingerprint != one.idempotency.fingerprint:
        return IdempotencyKeyReused()
    # Written before, by ourselves, in a commit whose outcome we did not learn.
    return one.answer if accepted.id == one.arrival.row["id"] else accepted


async def answered_before(database: Database, one: Candidate) -> Accepted | None:
    """Return the answer that an equal request with the same key has got already, if there is one."""
    found = _earlier_answer(one, await _earlier(database, [one]))
    return found if isinstance(found, Accepted) else None


async def forget_old(database: Database, now: datetime) -> None:
    """Delete the idempotency keys that are no longer remembered, and the flood marks that no longer count."""
    async with database.begin() as session:
        await session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at <= now - REMEMBERED))
        await session.execute(delete(FloodMark).where(FloodMark.at <= now - KEPT))
