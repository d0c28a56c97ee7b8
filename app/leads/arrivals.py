"""New leads: from accepted requests to rows, many at a time."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.audit import service as audit
from app.audit.actions import DOOR, Action
from app.audit.models import AuditEntry
from app.bulk import ALWAYS, Condition, Rows
from app.database import Database
from app.deliveries import outbox
from app.deliveries.models import Delivery, Event
from app.destinations.models import Destination
from app.destinations.routing import Facts
from app.ids import new_id
from app.leads import queries
from app.leads.documents import LeadParts, lead_data, seal_part, shared_with
from app.leads.models import Consent, Lead, SearchToken
from app.leads.schemas import Status
from app.leads.tokens import values_of
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
    held_score: int = 0
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


async def write(
    database: Database,
    arrivals: Sequence[Arrival],
    told: Callable[[str], Sequence[Destination]],
    *,
    beside: Sequence[Rows] = (),
    actor: str = DOOR,
    again: bool = False,
    only_if: Condition = ALWAYS,
) -> bool:
    """Write leads with their keys, tokens, consents and promises, and rows beside them; return whether `only_if` held.

    `told` says who hears of a form's leads; a held lead promises nothing. Whoever does not know whether a commit went
    through writes the same leads `again`: what is there already is left as it is.
    """
    unheld = [one for one in arrivals if not one.row["held"]]
    promised = [row for one in unheld for row in outbox.delivery_rows(one.event, told(one.row["form_key"]), one.facts)]
    tokens = [{"lead_id": one.row["id"], "tokens": ",".join(map(str, one.tokens))} for one in arrivals]
    by_number = queries.SQLITE_TOKENS if database.is_sqlite else queries.POSTGRESQL_TOKENS
    conflict = "ON CONFLICT DO NOTHING" if again else ""
    tables = (
        Rows(Lead, [one.row for one in arrivals], conflict, told="id, no"),
        Rows(DataKey, [{"lead_id": one.row["id"], "wrapped": one.wrapped_key} for one in arrivals], conflict),
        Rows(Consent, [row for one in arrivals for row in one.consents], conflict),
        Rows(SearchToken, tokens, conflict, by_number),
        Rows(Event, [one.event for one in unheld], conflict),
        Rows(Delivery, promised, conflict),
        Rows(AuditEntry, list(_audited(arrivals, actor))),
    )
    return await database.write_bulk([*tables, *beside], only_if)


def _audited(arrivals: Sequence[Arrival], actor: str) -> Iterator[dict[str, Any]]:
    """Name all leads of a form in one entry: no lead without its audit, and hardly a byte more for each.

    A batch that is written again, since nobody knew whether its commit went through, may be named twice.
    """
    by_form: dict[str, list[dict[str, Any]]] = {}
    for one in arrivals:
        by_form.setdefault(one.row["form_key"], []).append(one.row)
    for form_key, rows in by_form.items():
        details = {"leads": [str(row["id"]) for row in rows]}
        yield audit.row(actor, Action.LEADS_RECEIVED, f"form:{form_key}", details, rows[0]["received_at"])


def _row(new: NewLead, key: SealingKey) -> dict[str, Any]:
    return {
        "id": new.id,
        "reference": new.reference,
        "form_key": new.form_key,
        "status": new.status,
        "version": new.version,
        "held": bool(new.held_reasons),
        "held_reasons": new.held_reasons,
        "held_score": new.held_score,
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
