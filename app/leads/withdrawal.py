"""Taking a consent back, by a signed link: as easy as giving it was."""

import base64
import binascii
import hmac
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.audit import service as audit
from app.audit.actions import ENQUIRER, Action
from app.database import Database
from app.deliveries import outbox
from app.deliveries.models import Delivery
from app.deliveries.schemas import DeliveryState
from app.destinations import service as destinations
from app.destinations.models import Destination
from app.forms.models import WordingSet
from app.forms.wordings import default_texts
from app.leads import queries, timeline
from app.leads.changing import telling_of
from app.leads.errors import LeadNotFound
from app.leads.models import Consent, Lead, LeadStep
from app.sealing.keyring import Keyring

_MAC_BYTES = 16
_UUID_BYTES = 16
_PERSON = b"fq.withdrawal"
_REASON = "the enquirer took the consent back"
_HEARD = (DeliveryState.DELIVERED.value, DeliveryState.SENDING.value)


@dataclass(frozen=True, slots=True)
class Agreement:
    """One consent that was given, in the words that were shown."""

    id: UUID
    text: str
    language: str
    recipient: str | None
    withdrawn: bool


@dataclass(frozen=True, slots=True)
class Agreements:
    """What one enquirer agreed to."""

    reference: str
    language: str | None
    given: Sequence[Agreement]


def withdrawal_token(keyring: Keyring, lead_id: UUID) -> str:
    """Return what a link carries to name a lead; only we can make it, and it says nothing of anybody."""
    return base64.urlsafe_b64encode(lead_id.bytes + _mac(keyring, lead_id)).decode("ascii").rstrip("=")


def _mac(keyring: Keyring, lead_id: UUID) -> bytes:
    return blake2b(lead_id.bytes, digest_size=_MAC_BYTES, key=keyring.form_tokens, person=_PERSON).digest()


def _lead_of(keyring: Keyring, token: str) -> UUID:
    try:
        raw = base64.b64decode(token.encode("ascii") + b"=", altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise LeadNotFound from None
    if len(raw) != _UUID_BYTES + _MAC_BYTES:
        raise LeadNotFound
    lead_id = UUID(bytes=raw[:_UUID_BYTES])
    # Compared as it is written: some letters of its end could be others and mean the same.
    if not hmac.compare_digest(token, withdrawal_token(keyring, lead_id)):
        raise LeadNotFound
    return lead_id


async def agreements(database: Database, keyring: Keyring, token: str) -> Agreements:
    """Return what the enquirer of a link agreed to, or raise `LeadNotFound`."""
    lead_id = _lead_of(keyring, token)
    async with database.read() as session:
        lead = await session.scalar(select(Lead).where(Lead.id == lead_id))
        if lead is None:
            raise LeadNotFound
        return await _agreements(session, lead)


async def take_back(
    database: Database, keyring: Keyring, token: str, wanted: Collection[UUID], now: datetime
) -> Agreements:
    """Take consents of a link's lead back and tell who heard of the lead, or raise `LeadNotFound`.

    What was taken back before stays so. That a consent was given, and when, stays on record.
    """
    lead_id = _lead_of(keyring, token)
    query = queries.by_id_or_reference(str(lead_id))
    async with database.begin() as session:
        row = (await session.execute(query.with_for_update(of=Lead))).first() if query is not None else None
        if row is None:
            raise LeadNotFound
        lead, wrapped = row
        own = (Consent.lead_id == lead.id, Consent.granted, Consent.withdrawn_at.is_(None))
        taken = list(await session.scalars(select(Consent).where(*own, Consent.id.in_(wanted))))
        for consent in taken:
            consent.withdrawn_at = now
        if taken:
            lead.version, lead.updated_at = lead.version + 1, now
            await session.flush()
            recipients = [consent.recipient for consent in taken if consent.recipient]
            purposes = sorted({consent.purpose for consent in taken})
            step = timeline.step_row(lead.id, "withdrawn", now, None, after=purposes)
            session.add(LeadStep(**{**step, "by": ENQUIRER}))
            audit.record(session, ENQUIRER, Action.CONSENT_WITHDRAWN, f"lead:{lead.id}", purposes=purposes)
            await _cancel(session, lead, recipients, now)
            await _tell(session, keyring, lead, wrapped, recipients)
        return await _agreements(session, lead)


async def _cancel(session: AsyncSession, lead: Lead, recipients: Sequence[str], now: datetime) -> None:
    """See that nobody who has not heard of the lead yet hears of it, if only their own consent let them."""
    theirs = select(Destination.id).where(Destination.recipient.in_(recipients))
    await session.execute(
        update(Delivery)
        .where(
            Delivery.lead_id == lead.id,
            Delivery.state == DeliveryState.PENDING.value,
            Delivery.destination_id.in_(theirs),
        )
        .values(state=DeliveryState.CANCELLED.value, reason=_REASON, settled_at=now)
        .execution_options(synchronize_session=False)
    )


async def _tell(session: AsyncSession, keyring: Keyring, lead: Lead, wrapped: bytes, recipients: Sequence[str]) -> None:
    """Tell everyone who may hear of the lead, and of the recipients that no longer may those who heard before."""
    if lead.held:
        return
    heard = (
        select(Destination.recipient)
        .join(Delivery, Delivery.destination_id == Destination.id)
        .where(Delivery.lead_id == lead.id, Delivery.state.in_(_HEARD), Destination.recipient.in_(recipients))
    )
    told = frozenset(name for name in await session.scalars(heard) if name)
    consents = (await queries.consents_of(session, [lead.id]))[lead.id]
    key = keyring.data_key(lead.id, wrapped)
    hear = [] if lead.test else await destinations.of_form(session, lead.form_key)
    telling = telling_of(lead, key, consents, hear, changed=["consents"], also_shared_with=told)
    await outbox.promise(session, [telling])


async def _agreements(session: AsyncSession, lead: Lead) -> Agreements:
    query = (
        select(Consent, WordingSet)
        .outerjoin(WordingSet, WordingSet.id == Consent.wording_id)
        .where(Consent.lead_id == lead.id, Consent.granted)
        .order_by(Consent.purpose, Consent.recipient)
    )
    given = [_agreement(consent, wording, lead) for consent, wording in await session.execute(query)]
    return Agreements(lead.reference, lead.language, given)


def _agreement(consent: Consent, wording: WordingSet | None, lead: Lead) -> Agreement:
    language = wording.language if wording else lead.language or ""
    texts = {**default_texts(language), **(wording.texts if wording else {})}
    taken_back = consent.withdrawn_at is not None
    return Agreement(consent.id, texts[consent.purpose], language, consent.recipient, taken_back)
