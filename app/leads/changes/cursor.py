"""Cursors of the feed: a place and the numbering it belongs to, sealed, since a place names an event of any form."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from uuid import UUID

import orjson

from app.leads.changes.errors import CursorExpired
from app.leads.changes.queries import Place
from app.sealing.envelopes import CannotOpen, SealingKey

_CONTEXT = "changes.cursor"


def write(key: SealingKey, epoch: str, place: Place) -> str:
    """Make the cursor of a place."""
    sealed = key.seal(orjson.dumps([epoch, place.number, place.event_id.hex]), _CONTEXT)
    return urlsafe_b64encode(sealed).decode().rstrip("=")


def read(key: SealingKey, cursor: str) -> tuple[str, Place]:
    """Return the epoch and the place that a cursor names, or raise `CursorExpired`."""
    try:
        sealed = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        epoch, number, event_id = orjson.loads(key.open(sealed, _CONTEXT))
    except (binascii.Error, ValueError, CannotOpen):
        raise CursorExpired from None
    return epoch, Place(number, UUID(hex=event_id))
