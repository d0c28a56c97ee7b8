"""A lead as a document: what consumers and staff are shown, and how its parts are sealed.

A lead's sealed parts are four JSON objects: `person` (who writes), `inquiry` (what about; health data), `attribution`
(where from) and `answers` (what the site asked besides). Each is bound to its column and row.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import orjson

from app.clock import rfc3339
from app.leads.models import Lead
from app.sealing.envelopes import SealingKey

Part = dict[str, Any]
_SPOKEN = {"spoken": "spoken"}
"""What stands for a wording that nobody was shown: staff said it on the telephone."""


@dataclass(frozen=True, slots=True)
class LeadParts:
    """The four parts of a lead that only its key opens."""

    person: Part
    inquiry: Part
    attribution: Part
    answers: Part


def seal_part(key: SealingKey, column: str, lead_id: UUID, part: Part) -> bytes:
    """Seal one part for its column of its row."""
    return key.seal(orjson.dumps(part), f"leads.{column}:{lead_id}")


def open_part(key: SealingKey, column: str, lead_id: UUID, envelope: bytes) -> Part:
    """Open one part."""
    part: Part = orjson.loads(key.open(envelope, f"leads.{column}:{lead_id}"))
    return part


def open_parts(key: SealingKey, lead: Lead) -> LeadParts:
    """Open all four parts of a lead."""
    return LeadParts(
        person=open_part(key, "person", lead.id, lead.person),
        inquiry=open_part(key, "inquiry", lead.id, lead.inquiry),
        attribution=open_part(key, "attribution", lead.id, lead.attribution),
        answers=open_part(key, "answers", lead.id, lead.answers),
    )


class LeadFacts(Protocol):
    """What a document says of a lead in the clear; rows have it, and leads that are none yet."""

    @property
    def id(self) -> UUID: ...  # noqa: D102
    @property
    def version(self) -> int: ...  # noqa: D102
    @property
    def reference(self) -> str: ...  # noqa: D102
    @property
    def form_key(self) -> str: ...  # noqa: D102
    @property
    def status(self) -> str: ...  # noqa: D102
    @property
    def test(self) -> bool: ...  # noqa: D102
    @property
    def country(self) -> str: ...  # noqa: D102
    @property
    def language(self) -> str | None: ...  # noqa: D102
    @property
    def campaign(self) -> dict[str, Any]: ...  # noqa: D102
    @property
    def received_at(self) -> datetime: ...  # noqa: D102


def lead_data(lead: LeadFacts, parts: LeadParts, consents: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the `data` of an event about a lead, whole; a destination gets its share of it."""
    return {
        "id": str(lead.id),
        "version": lead.version,
        "reference": lead.reference,
        "form": lead.form_key,
        "status": lead.status,
        "test": lead.test,
        "received_at": rfc3339(lead.received_at),
        "person": {**parts.person, "country": lead.country, "language": lead.language},
        "inquiry": parts.inquiry,
        "consents": [consent_data(consent) for consent in consents],
        "attribution": {**lead.campaign, **parts.attribution},
        "answers": parts.answers,
    }


def consent_data(consent: Mapping[str, Any]) -> dict[str, Any]:
    """Return one consent, a row, as documents show it."""
    data: dict[str, Any] = {
        "purpose": consent["purpose"],
        "granted": consent["granted"],
        "wording": str(consent["wording_id"]) if consent["wording_id"] else _SPOKEN.get(consent["shown"]),
        "wording_hash": consent["wording_hash"],
        "shown": consent["shown"],
        "at": rfc3339(consent["at"]),
    }
    if consent.get("withdrawn_at"):
        data |= {"granted": False, "withdrawn_at": rfc3339(consent["withdrawn_at"])}
    return {**data, "recipient": consent["recipient"]} if consent["recipient"] else data


def shared_with(consents: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Return the recipients that the enquirer agreed to share with."""
    return frozenset(
        consent["recipient"]
        for consent in consents
        if consent["purpose"] == "sharing"
        and consent["granted"]
        and consent["recipient"]
        and not consent.get("withdrawn_at")
    )
