"""Identifiers: sortable ids for rows, short references for people."""

import secrets
import time
from uuid import UUID

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_REFERENCE_LETTERS = 10
# What people read or hear instead of the letters that Crockford's alphabet leaves out.
_MISREAD = str.maketrans("OIL", "011")


def new_id() -> UUID:
    """Make a UUIDv7 (RFC 9562 §5.7): 48 bits of milliseconds, 12 of their fraction (§6.2, method 3), 62 random bits.

    The fraction is fine enough (a quarter of a microsecond) for ids made one after the other to sort that way.
    """
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    fraction = (rest << 12) // 1_000_000
    return UUID(int=milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | secrets.randbits(62))


def new_reference() -> str:
    """Make a reference such as `FQ-7K3M9-QXD4H`: 50 random bits that say nothing about a person."""
    bits = secrets.randbits(5 * _REFERENCE_LETTERS)
    letters = "".join(CROCKFORD[bits >> 5 * place & 31] for place in range(_REFERENCE_LETTERS))
    return f"FQ-{letters[:5]}-{letters[5:]}"


def read_reference(text: str) -> str | None:
    """Return the reference that a person typed, in its canonical spelling, or None if it is none."""
    letters = text.strip().upper().replace("-", "").replace(" ", "").removeprefix("FQ").translate(_MISREAD)
    if len(letters) != _REFERENCE_LETTERS or any(letter not in CROCKFORD for letter in letters):
        return None
    return f"FQ-{letters[:5]}-{letters[5:]}"
