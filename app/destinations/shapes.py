"""How much of an event a destination gets."""

from enum import StrEnum
from typing import Any

import orjson

ERASED = "lead.erased"
_ENVELOPE = ("type", "timestamp")
_IDS = ("id", "version", "reference", "form", "status", "test", "received_at", "changed")


class Include(StrEnum):
    """How much of a lead a destination gets. There is no default: somebody has to decide."""

    REFERENCE = "reference"
    """Ids only."""
    CONTACT = "contact"
    """The person and what they agreed to; no health data."""
    FULL = "full"
    """Everything."""


_KEPT = {
    Include.REFERENCE: _IDS,
    Include.CONTACT: (*_IDS, "person", "consents"),
    Include.FULL: (*_IDS, "person", "inquiry", "consents", "attribution", "answers"),
}


def shape(document: dict[str, Any], include: Include) -> dict[str, Any]:
    """Return a destination's share of an event in the standard format, as a document of its own.

    Parts are named, never subtracted: one that is new to a lead reaches nobody until it is listed here.
    """
    kept = ("id", "reference") if document["type"] == ERASED else _KEPT[include]
    data = document["data"]
    shaped = {name: document[name] for name in _ENVELOPE}
    return {**shaped, "data": {name: data[name] for name in kept if name in data}}


def body_of(shaped: dict[str, Any]) -> bytes:
    """Write a shaped event as the JSON that is signed and sent."""
    return orjson.dumps(shaped)
