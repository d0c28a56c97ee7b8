"""The outbox: events and the promises to deliver them, written in the transaction of the change they tell of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.clock import rfc3339
from app.deliveries.contexts import body_of
from app.deliveries.models import Delivery, Event
from app.destinations.models import Destination
from app.destinations.routing import Facts, Way, route
from app.destinations.shapes import ERASED
from app.ids import new_id
from app.sealing.envelopes import SealingKey


@dataclass(frozen=True, slots=True)
class Telling:
    """What is to be told of a lead, and what decides who may hear it."""

    type: str
    """`lead.created` or `lead.updated`; an erasure is told by `app.deliveries.forgetting`."""
    lead_id: UUID
    form_key: str
    data: dict[str, Any]
    """The event's whole `data`, as `app.leads.documents` makes it."""
    destinations: Sequence[Destination]
    shared_with: frozenset[str]
    """The recipients that the enquirer agreed to share with."""
    key: SealingKey
    """The lead's own key."""
    at: datetime


async def promise(session: AsyncSession, tellings: Sequence[Telling]) -> list[UUID]:
    """Write each event and one delivery for each of its destinations; return the deliveries' ids."""
    events = [event_row(telling) for telling in tellings]
    if events:
        await session.execute(insert(Event), events)
    deliveries = [
        row
        for event, telling in zip(events, tellings, strict=True)
        for row in delivery_rows(event, telling.destinations, facts_of(telling))
    ]
    if deliveries:
        await session.execute(insert(Delivery), deliveries)
    return [row["id"] for row in deliveries]


def event_row(telling: Telling) -> dict[str, Any]:
    """Return the row of an event, its document sealed with the lead's key."""
    event_id = new_id()
    document = {"type": telling.type, "timestamp": rfc3339(telling.at), "data": telling.data}
    return {
        "id": event_id,
        "lead_id": telling.lead_id,
        "form_key": telling.form_key,
        "type": telling.type,
        "body": seal_body(telling.key, event_id, document),
        "created_at": telling.at,
    }


def erasure_row(event_id: UUID, lead_id: UUID, reference: str, form_key: str, at: datetime) -> dict[str, Any]:
    """Return the row of the event that a lead is erased: ids alone, in the clear, since no key of it is left."""
    data = {"id": str(lead_id), "reference": reference}
    return {
        "id": event_id,
        "lead_id": lead_id,
        "form_key": form_key,
        "type": ERASED,
        "body": orjson.dumps({"type": ERASED, "timestamp": rfc3339(at), "data": data}),
        "created_at": at,
    }


def open_erasure(body: bytes) -> dict[str, Any]:
    """Read the document of an erasure."""
    document: dict[str, Any] = orjson.loads(body)
    return document


def seal_body(key: SealingKey, event_id: UUID, document: dict[str, Any]) -> bytes:
    """Seal an event's document for its row."""
    return key.seal(orjson.dumps(document), body_of(event_id))


def open_body(key: SealingKey, event_id: UUID, envelope: bytes) -> dict[str, Any]:
    """Open an event's document."""
    document: dict[str, Any] = orjson.loads(key.open(envelope, body_of(event_id)))
    return document


def facts_of(telling: Telling) -> Facts:
    """Return what routing goes by."""
    data = telling.data
    return Facts(
        event=telling.type,
        form=telling.form_key,
        country=data.get("person", {}).get("country"),
        language=data.get("person", {}).get("language"),
        condition=data.get("inquiry", {}).get("condition_code"),
        status=data.get("status"),
        test=data.get("test", False),
        shared_with=telling.shared_with,
    )


def delivery_rows(event: dict[str, Any], destinations: Sequence[Destination], facts: Facts) -> list[dict[str, Any]]:
    """Return the rows of an event's promises, one for each destination that it concerns.

    A destination that may not hear of the lead gets a `withheld` delivery, so that staff see why nothing went there.
    """
    rows = []
    for destination in destinations:
        way, reason = route(destination, facts)
        if way is Way.PASSED_OVER:
            continue
        may_hear = way is Way.TOLD
        rows.append(
            {
                "id": new_id(),
                "event_id": event["id"],
                "destination_id": destination.id,
                "lead_id": event["lead_id"],
                "state": "pending" if may_hear else "withheld",
                "reason": reason,
                "attempts": 0,
                "round_start": 0,
                "due_at": event["created_at"],
                "created_at": event["created_at"],
                "settled_at": None if may_hear else event["created_at"],
            }
        )
    return rows
