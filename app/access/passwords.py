"""Passwords: which will do, and what is kept of them (Argon2id, RFC 9106)."""

import asyncio
import re
import secrets
import unicodedata

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from app.access.common_words import COMMON_WORDS, ROWS
from app.errors import FieldProblem, InvalidRequest

SHORTEST = 12
LONGEST = 128
_MEMORY_KIB, _PASSES, _LANES = 19 * 1024, 2, 1
"""OWASP's least for Argon2id: some 20 ms, so that log-ins do not take the door's processor."""
_SALT_BYTES = 16
_HASH_BYTES = 32
_AT_ONCE = 2
_LEAST_LEFT = 5
_RUN = 4
_LOOKALIKES = str.maketrans("013457@$!", "oieastasi")
_SHORT_WORD = 3


class Passwords:
    """Hashes and compares on threads, few at once: each takes 19 MiB, and who is known must not show in the time."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._nobodys = _hash(secrets.token_hex(_SALT_BYTES))

    async def hash(self, password: str) -> str:
        """Return what is kept, in PHC's notation, salt and costs included."""
        async with self._turns:
            return await asyncio.to_thread(_hash, password)

    async def fits(self, password: str, kept: str | None) -> bool:
        """Say whether it is the password; where there is none it takes as long, and never is."""
        async with self._turns:
            right = await asyncio.to_thread(_fits, password, kept or self._nobodys)
        return right and kept is not None


def check_password(password: str, pointer: str, *own: str) -> None:
    """Refuse a password that others guess: too short, or nothing but common and `own` words, rows of keys and digits.

    Errors: `InvalidRequest`, which never repeats it.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        message = f"Use {SHORTEST} to {LONGEST} characters; several words are easy to remember."
        raise InvalidRequest([FieldProblem(pointer, "password-length", message)])
    if len(set(_left_of(password, own))) < _LEAST_LEFT:
        message = "Others guess this one. Several words that have nothing to do with one another are hard to guess."
        raise InvalidRequest([FieldProblem(pointer, "password-common", message)])


def _left_of(password: str, own: tuple[str, ...]) -> str:
    """Take away whatever everyone tries first, and return the letters that are left."""
    folded = password.casefold()
    left = folded.translate(_LOOKALIKES)
    theirs = {word for text in own for word in re.split(r"\W+", text.casefold()) if len(word) >= _SHORT_WORD}
    for word in sorted(COMMON_WORDS | theirs, key=len, reverse=True):
        left = left.replace(word.translate(_LOOKALIKES), " " * len(word))
    for row in (*ROWS, *(row[::-1] for row in ROWS)):
        for start in range(len(row) - _RUN + 1):
            left = left.replace(row[start : start + _RUN], " " * _RUN)
    return "".join(letter for letter, kept in zip(folded, left, strict=True) if letter.isalpha() and kept != " ")


def _normal(password: str) -> bytes:
    # The same letters come in several spellings, from one keyboard and another.
    return unicodedata.normalize("NFKC", password).encode()


def _hash(password: str) -> str:
    salt = secrets.token_bytes(_SALT_BYTES)
    made = Argon2id(salt=salt, length=_HASH_BYTES, iterations=_PASSES, lanes=_LANES, memory_cost=_MEMORY_KIB)
    return made.derive_phc_encoded(_normal(password))


def _fits(password: str, kept: str) -> bool:
    try:
        Argon2id.verify_phc_encoded(_normal(password), kept)
    except InvalidKey:
        return False
    return True
