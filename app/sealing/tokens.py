"""Tokens: keyed 64-bit hashes by which a sealed value is looked up."""

from collections.abc import Iterable
from hashlib import blake2b
from struct import Struct

_TOKEN_BYTES = 8
_AS_NUMBER = Struct(">q").unpack


class Tokens:
    """Makes tokens with the keyring's token key. Equal values give equal tokens: that is what they leak."""

    def __init__(self, secret: bytes) -> None:
        # Copied for each token: to take the key in costs as much as the token.
        self._keyed = blake2b(digest_size=_TOKEN_BYTES, key=secret)

    def of(self, kind: str, value: str) -> int:
        """Return the token of a value of one kind (`mail`, `phone`, `word`), as a signed 64-bit number."""
        keyed = self._keyed.copy()
        keyed.update(f"{kind}\0{value}".encode())
        (token,) = _AS_NUMBER(keyed.digest())
        return int(token)

    def of_all(self, values: Iterable[tuple[str, str]]) -> list[int]:
        """Return the distinct tokens of many values, sorted."""
        return sorted(self.of(kind, value) for kind, value in set(values))
