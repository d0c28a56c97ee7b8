"""One-time codes from an authenticator app (RFC 6238: SHA-1, six digits, thirty seconds)."""

import hmac
import secrets
from base64 import b32encode
from datetime import datetime
from urllib.parse import quote

_SECRET_BYTES = 20
_STEP_SECONDS = 30
_DIGITS = 6
_CLOCKS_DIFFER_BY = 1


def new_totp_secret() -> bytes:
    """Make a secret of 160 bits, as long as the hash (RFC 4226 §4)."""
    return secrets.token_bytes(_SECRET_BYTES)


def code_at(secret: bytes, step: int) -> str:
    """Return the code of one step of thirty seconds (RFC 4226 §5.3)."""
    digest = hmac.digest(secret, step.to_bytes(8), "sha1")
    start = digest[-1] & 0xF
    number = int.from_bytes(digest[start : start + 4]) & 0x7FFFFFFF
    return f"{number % 10**_DIGITS:0{_DIGITS}}"


def step_of(moment: datetime) -> int:
    """Return the step that a moment falls into."""
    return int(moment.timestamp()) // _STEP_SECONDS


def matching_step(secret: bytes, code: str, now: datetime) -> int | None:
    """Return the step that a code belongs to, now or one step off, or None. Whoever asks lets no step count twice."""
    given, found = code.replace(" ", "").encode(), None
    for step in range(step_of(now) - _CLOCKS_DIFFER_BY, step_of(now) + _CLOCKS_DIFFER_BY + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), given):
            found = step
    return found


def enrolment_uri(secret: bytes, account: str) -> str:
    """Return what a QR code shows to the app."""
    shown = b32encode(secret).decode()
    return f"otpauth://totp/Freequote:{quote(account)}?secret={shown}&issuer=Freequote"
