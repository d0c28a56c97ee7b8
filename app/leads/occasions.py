"""What decides about an acknowledgement: the form's settings, and what the same address got lately."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import Database
from app.deliveries.acknowledgements import Occasion
from app.deliveries.models import Delivery
from app.deliveries.queries import Claimed
from app.deliveries.schemas import DeliveryState
from app.deliveries.senders import Occasions
from app.destinations.enquirers import ENQUIRER
from app.destinations.models import Destination
from app.forms.letters import with_acknowledgements
from app.forms.models import Form, WordingSet
from app.forms.wordings import TOLD, default_texts
from app.leads.models import Consent, Lead, SearchToken
from app.leads.tokens import epoch_of, mail_of
from app.leads.withdrawal import withdrawal_token
from app.sealing.keyring import Keyring

_DAY = timedelta(days=1)
_SPARED = (DeliveryState.WITHHELD.value, DeliveryState.CANCELLED.value, DeliveryState.FAILED.value)
"""Deliveries in these states brought nobody a letter."""


def occasions(database: Database, keyring: Keyring, base_url: str) -> Occasions:
    """Return the look-up that senders ask before they acknowledge. `base_url` is where our own pages are."""

    async def look_up(one: Claimed, data: dict[str, Any]) -> Occasion:
        address = data["person"].get("email")
        async with database.read() as session:
            form, own = await with_acknowledgements(session, data["form"])
            earlier = await _earlier(session, one, keyring.tokens.of(*mail_of(address))) if address else 0
            told = await _told(session, one.lead_id, form)
        link = f"{base_url}/withdraw/{withdrawal_token(keyring, one.lead_id)}"
        return Occasion(form.name, form.reply_to, form.languages, earlier, told, link, own)

    return look_up


async def _told(session: AsyncSession, lead_id: UUID, form: Form) -> list[str]:
    """Return what the page said of such treatments and of what happens next, in its own words."""
    query = (
        select(WordingSet)
        .join(Consent, Consent.wording_id == WordingSet.id)
        .where(Consent.lead_id == lead_id, Consent.purpose == "privacy")
    )
    wording = await session.scalar(query)
    if wording is None:
        return []
    # A set from before there was such a text: the page says the default one.
    texts = {**default_texts(wording.language, form.answer_within), **wording.texts}
    return [texts[name] for name in TOLD]


async def _earlier(session: AsyncSession, one: Claimed, token: int) -> int:
    """Count the acknowledgements to an address that were promised in the day before this one.

    By the order of the promises, not by what is settled: of many that are sent at once the same ones are too many.
    """
    since = one.created_at - _DAY
    oldest = await session.scalar(_first_lead_since(since))
    if oldest is None:
        return 0
    newest = await session.scalar(select(func.max(Lead.no))) or oldest
    # Leads get their numbers almost in the order of their times: an epoch more covers the difference.
    epochs = range(epoch_of(oldest) - 1, epoch_of(newest) + 1)
    query = (
        select(func.count())
        .select_from(SearchToken)
        .join(Lead, Lead.no == SearchToken.lead_no)
        .join(Delivery, Delivery.lead_id == Lead.id)
        .join(Destination, Destination.id == Delivery.destination_id)
        .where(
            SearchToken.epoch.in_(epochs),
            SearchToken.token == token,
            Destination.kind == ENQUIRER,
            Delivery.state.not_in(_SPARED),
            Delivery.created_at > since,
            tuple_(Delivery.created_at, Delivery.id) < (one.created_at, one.id),
        )
    )
    return await session.scalar(query) or 0


def _first_lead_since(moment: datetime) -> Select[int]:
    return select(Lead.no).where(Lead.received_at > moment).order_by(Lead.received_at, Lead.no).limit(1)
