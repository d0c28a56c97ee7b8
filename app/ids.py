"""Identifiers: sortable ids for rows, short references for people."""

import os
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
    random = int.from_bytes(os.urandom(8)) >> 2
    return UUID(int=milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | random)


def new_reference() -> str:
    """Make a reference such as `FQ-7K3M9-QXD4H`: 50 random bits that say nothing about a person."""
    letters = "".join([CROCKFORD[byte & 31] for byte in os.urandom(_REFERENCE_LETTERS)])
    return f"FQ-{letters[:5]}-{letters[5:]}"


def read_reference(text: str) -> str | None:
    """Return the reference that a person typed, in its canonical spelling, or None if it is none."""
    letters = text.strip().upper().replace("-", "").replace(" ", "").translate(_MISREAD)
    # One in a thousand begins with FQ by itself.
    letters = letters if len(letters) == _REFERENCE_LETTERS else letters.removeprefix("FQ")
    if len(letters) != _REFERENCE_LETTERS or any(letter not in CROCKFORD for letter in letters):
        return None
    return f"FQ-{letters[:5]}-{letters[5:]}"
