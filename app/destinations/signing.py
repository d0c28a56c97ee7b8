"""Signatures after Standard Webhooks 1.0, so that a consumer can tell our events from anybody else's."""

import base64
import binascii
import hmac
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime

_PREFIX = "whsec_"
_SECRET_BYTES = 32
TOLERANCE_SECONDS = 300
"""How old, or how far ahead, the timestamp of a genuine post may be."""


def new_secret() -> str:
    """Make a signing secret: `whsec_` and base64 of 32 random bytes."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def sign(signing_secrets: Iterable[str], message_id: str, timestamp: int, body: bytes) -> str:
    """Return the `webhook-signature` header: one `v1,…` for each secret, two while a rotation lasts.

    `timestamp` is in seconds since 1970.
    """
    signed = f"{message_id}.{timestamp}.".encode() + body
    return " ".join(f"v1,{_signature(secret, signed)}" for secret in signing_secrets)


def is_secret(text: str) -> bool:
    """Say whether a text can be a signing secret: `whsec_` and base64."""
    try:
        return text.startswith(_PREFIX) and bool(base64.b64decode(text.removeprefix(_PREFIX), validate=True))
    except binascii.Error:
        return False


def verify(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> str | None:
    """Say why a post is not genuine, or None: what a consumer does. Header names are in lower case."""
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not message_id or not (timestamp.isascii() and timestamp.isdigit()):
        return "its headers are not those of Standard Webhooks"
    if abs(now.timestamp() - float(timestamp)) > TOLERANCE_SECONDS:
        return "its timestamp is more than five minutes off"
    expected = f"v1,{_signature(secret, f'{message_id}.{timestamp}.'.encode() + body)}".encode()
    given = headers.get("webhook-signature", "").encode().split(b" ")
    if not any(hmac.compare_digest(expected, one) for one in given):
        return "its signature is not made with this secret"
    return None


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    return base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
