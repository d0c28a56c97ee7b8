"""New leads: from accepted requests to rows, many at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.bulk import Bulk
from app.deliveries import outbox
from app.deliveries.models import Delivery, Event
from app.destinations.models import Destination
from app.destinations.routing import Facts
from app.ids import new_id
from app.leads.documents import LeadParts, lead_data, seal_part, shared_with
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
    status: str = Status.NEW.value
    version: int = 1


@dataclass(slots=True)
class Arrival:
    """A new lead as rows, ready to be written as often as it takes."""

    row: dict[str, Any]
    wrapped_key: bytes
    consents: list[dict[str, Any]]
    tokens: list[int]
    event: dict[str, Any]
    facts: Facts
    """What decides who hears of it."""

    def hold(self, reason: str) -> None:
        """Keep the lead aside: it is written, and promised to nobody until staff release it."""
        self.row["held"] = True
        self.row["held_reasons"] = list(dict.fromkeys([*self.row["held_reasons"], reason]))


def arrival(keyring: Keyring, new: NewLead) -> Arrival:
    """Make the key of a new lead and seal it."""
    key, wrapped = keyring.new_data_key(new.id)
    row = _row(new, key)
    consents = [{**given, "id": new_id(), "lead_id": new.id} for given in new.consents]
    telling = outbox.Telling(
        type="lead.created",
        lead_id=new.id,
        form_key=new.form_key,
        data=lead_data(new, new.parts, consents),
        destinations=(),
        shared_with=shared_with(consents),
        key=key,
        at=new.received_at,
    )
    tokens = keyring.tokens.of_all(values_of(new.parts.person, new.parts.inquiry))
    return Arrival(row, wrapped, consents, tokens, outbox.event_row(telling), outbox.facts_of(telling))


async def write(bulk: Bulk, arrivals: Sequence[Arrival], told: Callable[[str], Sequence[Destination]]) -> list[UUID]:
    """Write leads with their keys, tokens, consents and promises; return the deliveries' ids.

    `told` says who hears of a form's leads. A lead that is there already is left as it is, with all that hangs on it:
    whoever does not know whether a commit went through writes the same leads again. A held lead promises nothing.
    """
    if not arrivals:
        return []
    once = "ON CONFLICT (id) DO NOTHING RETURNING no, reference"
    inserted = await bulk.insert(Lead, [one.row for one in arrivals], once)
    numbers = {reference: number for number, reference in inserted}
    fresh = [one for one in arrivals if one.row["reference"] in numbers]
    if not fresh:
        return []
    unheld = [one for one in fresh if not one.row["held"]]
    deliveries = [
        row for one in unheld for row in outbox.delivery_rows(one.event, told(one.row["form_key"]), one.facts)
    ]
    await bulk.insert_all(
        {
            DataKey: [{"lead_id": one.row["id"], "wrapped": one.wrapped_key} for one in fresh],
            Consent: [row for one in fresh for row in one.consents],
            SearchToken: [row for one in fresh for row in _token_rows(one, numbers[one.row["reference"]])],
            Event: [one.event for one in unheld],
            Delivery: deliveries,
        }
    )
    return [row["id"] for row in deliveries]


def _token_rows(one: Arrival, number: int) -> list[dict[str, int]]:
    epoch = epoch_of(number)
    return [{"epoch": epoch, "token": token, "lead_no": number} for token in one.tokens]


def _row(new: NewLead, key: SealingKey) -> dict[str, Any]:
    return {
        "id": new.id,
        "reference": new.reference,
        "form_key": new.form_key,
        "status": new.status,
        "version": new.version,
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
