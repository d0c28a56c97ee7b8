"""Proofs of work, as ALTCHA's first protocol has them: a browser finds the number behind a hash that we signed.

Whoever sends a few requests never notices; whoever sends by the hundred thousand pays for each.
"""

import base64
import binascii
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import orjson
from pydantic import BaseModel

VALID = timedelta(hours=24)
"""As long as a page's time token: people are interrupted while they write."""
GREATEST_NUMBER = 50_000
"""Half of it are tried on average: well under a second on a computer, a few on an old phone."""
_ALGORITHM = "SHA-256"
_LONGEST = 1_000
# The last `&` parts the salt from the number: without it digits could move from one to the other.
_SALT = re.compile(r"[0-9a-f]{24}\?expires=(?P<expires>[0-9]{1,11})&form=(?P<form>[a-z0-9-]{1,63})&")


class Challenge(BaseModel):
    """What is to be solved: find the number up to `maxnumber` so that SHA-256 of `salt` and number is `challenge`."""

    algorithm: str
    challenge: str
    maxnumber: int
    salt: str
    signature: str


@dataclass(frozen=True, slots=True)
class Proof:
    """A challenge of ours that was solved."""

    signature: str
    """What it is known by."""
    expires_at: datetime


def challenge(secret: bytes, form_key: str, now: datetime) -> Challenge:
    """Make a challenge for one form, signed with the keyring's key for form tokens."""
    expires = int((now + VALID).timestamp())
    salt = f"{secrets.token_hex(12)}?expires={expires}&form={form_key}&"
    hashed = _hash(salt, secrets.randbelow(GREATEST_NUMBER + 1))
    return Challenge(
        algorithm=_ALGORITHM,
        challenge=hashed,
        maxnumber=GREATEST_NUMBER,
        salt=salt,
        signature=_sign(secret, hashed),
    )


def proven(secret: bytes, form_key: str, payload: str) -> Proof | None:
    """Return the proof in a payload (base64 of JSON, as ALTCHA's widget sends it), expired or not; None: it is none."""
    sent = _read(payload)
    salt, number = sent.get("salt"), sent.get("number")
    hashed, signature = sent.get("challenge"), sent.get("signature")
    if not (isinstance(salt, str) and isinstance(hashed, str) and isinstance(signature, str) and type(number) is int):
        return None
    if not hmac.compare_digest(signature.encode(), _sign(secret, hashed).encode()):
        return None
    told = _SALT.fullmatch(salt)
    is_solved = hmac.compare_digest(hashed.encode(), _hash(salt, number).encode())
    if told is None or not is_solved or told["form"] != form_key:
        return None
    return Proof(signature, datetime.fromtimestamp(int(told["expires"]), UTC))


def _read(payload: str) -> dict[str, Any]:
    if len(payload) > _LONGEST:
        return {}
    try:
        sent = orjson.loads(base64.b64decode(payload.encode("ascii"), validate=True))
    except (UnicodeEncodeError, binascii.Error, orjson.JSONDecodeError):
        return {}
    return sent if isinstance(sent, dict) else {}


def _hash(salt: str, number: int) -> str:
    return sha256(f"{salt}{number}".encode()).hexdigest()


def _sign(secret: bytes, hashed: str) -> str:
    # Named, since the key signs other things too.
    return hmac.digest(secret, b"fq.proof\0" + hashed.encode(), "sha256").hex()
