"""The shape of an API key: `fq_`, 43 letters of a 256-bit secret, 6 of a checksum for secret scanners."""

import secrets
import string
import zlib
from hashlib import sha256

PREFIX = "fq_"
_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_SECRET_LETTERS = 43
_CHECKSUM_LETTERS = 6


def new_key() -> str:
    """Make a key. It is shown once; only `hash_of` it is kept."""
    body = _base62(secrets.randbits(256), _SECRET_LETTERS)
    return PREFIX + body + _checksum(body)


def looks_like_key(text: str) -> bool:
    """Say whether text is spelled as a key, checksum included, without asking the database."""
    body, check = text[len(PREFIX) : -_CHECKSUM_LETTERS], text[-_CHECKSUM_LETTERS:]
    return text.startswith(PREFIX) and len(body) == _SECRET_LETTERS and check == _checksum(body)


def hash_of(key: str) -> bytes:
    """Return what is kept of a key: 256 random bits need no slow hash."""
    return sha256(key.encode()).digest()


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), _CHECKSUM_LETTERS)


def _base62(number: int, letters: int) -> str:
    text = ""
    for _ in range(letters):
        number, place = divmod(number, len(_ALPHABET))
        text = _ALPHABET[place] + text
    return text
