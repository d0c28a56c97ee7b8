"""Time tokens: what a page carries to show when, and for which form, we drew it."""

import base64
import binascii
import hmac
import secrets
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

OLDEST = timedelta(hours=24)
"""A page that was open for longer than this proves nothing any more."""
_TIME_BYTES = 6
_NONCE_BYTES = 6
_MAC_BYTES = 18
_LENGTH = _TIME_BYTES + _NONCE_BYTES + _MAC_BYTES
_PERSON = b"fq.form.token"


def issue(secret: bytes, form_key: str, now: datetime) -> str:
    """Make a token of 40 letters for one form, from the keyring's key for form tokens."""
    milliseconds = int(now.timestamp() * 1000)
    said = milliseconds.to_bytes(_TIME_BYTES) + secrets.token_bytes(_NONCE_BYTES)
    return base64.urlsafe_b64encode(said + _mac(secret, form_key, said)).decode("ascii")


def issued_at(secret: bytes, form_key: str, token: str) -> datetime | None:
    """Return when we made a token for that form; None if we did not."""
    try:
        raw = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        return None
    said, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    if len(raw) != _LENGTH or not hmac.compare_digest(mac, _mac(secret, form_key, said)):
        return None
    return datetime.fromtimestamp(int.from_bytes(said[:_TIME_BYTES]) / 1000, UTC)


def is_current(secret: bytes, form_key: str, token: str, now: datetime) -> bool:
    """Say whether a token is ours, for that form, and not too old."""
    at = issued_at(secret, form_key, token)
    return at is not None and now - at <= OLDEST


def _mac(secret: bytes, form_key: str, said: bytes) -> bytes:
    return blake2b(said + form_key.encode(), digest_size=_MAC_BYTES, key=secret, person=_PERSON).digest()
