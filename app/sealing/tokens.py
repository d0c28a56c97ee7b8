"""Tokens: keyed 64-bit hashes by which a sealed value is looked up."""

from collections.abc import Iterable
from hashlib import blake2b

_TOKEN_BYTES = 8


class Tokens:
    """Makes tokens with the keyring's token key. Equal values give equal tokens: that is what they leak."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def of(self, kind: str, value: str) -> int:
        """Return the token of a value of one kind (`mail`, `phone`, `word`), as a signed 64-bit number."""
        digest = blake2b(f"{kind}\0{value}".encode(), digest_size=_TOKEN_BYTES, key=self._secret).digest()
        return int.from_bytes(digest, signed=True)

    def of_all(self, values: Iterable[tuple[str, str]]) -> list[int]:
        """Return the distinct tokens of many values, sorted."""
        return sorted(self.of(kind, value) for kind, value in set(values))
