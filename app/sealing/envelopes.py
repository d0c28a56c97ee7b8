"""Envelopes: AES-256-GCM ciphertexts that name their key and are bound to the place they stand in.

An envelope is one byte of version, 8 bytes of key name, 12 bytes of nonce, then ciphertext and tag. Version, key name
and context (`leads.person:<id>`) are additional data, so a value moved to another row, column or table does not open.
"""

import os
from collections.abc import Sequence
from hashlib import blake2b

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_VERSION = b"\x01"
_NAME_BYTES = 8
_NONCE_BYTES = 12
_HEADER_BYTES = len(_VERSION) + _NAME_BYTES


class CannotOpen(Exception):
    """The envelope was made with another key, stands in another place, or was changed."""


class SealingKey:
    """One key that seals and opens."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != KEY_BYTES:
            raise ValueError("A sealing key has 32 bytes.")
        self.name = blake2b(secret, digest_size=_NAME_BYTES, person=b"fq.key.name").digest()
        self._header = _VERSION + self.name
        self._cipher = AESGCM(secret)

    def seal(self, plain: bytes, context: str) -> bytes:
        """Seal bytes for one place."""
        nonce = os.urandom(_NONCE_BYTES)
        return self._header + nonce + self._cipher.encrypt(nonce, plain, self._header + context.encode())

    def open(self, envelope: bytes, context: str) -> bytes:
        """Open what was sealed for that place, or raise `CannotOpen`."""
        if envelope[:_HEADER_BYTES] != self._header:
            raise CannotOpen("The envelope names another key.")
        nonce = envelope[_HEADER_BYTES : _HEADER_BYTES + _NONCE_BYTES]
        sealed = envelope[_HEADER_BYTES + _NONCE_BYTES :]
        try:
            return self._cipher.decrypt(nonce, sealed, self._header + context.encode())
        except (InvalidTag, ValueError) as error:
            raise CannotOpen("The envelope was changed or stands in another place.") from error


class DeploymentKeys:
    """The deployment's keys: the first seals, all open."""

    def __init__(self, secrets: Sequence[bytes]) -> None:
        keys = [SealingKey(secret) for secret in secrets]
        self._first = keys[0]
        self._by_name = {key.name: key for key in keys}

    def seal(self, plain: bytes, context: str) -> bytes:
        """Seal with the newest key."""
        return self._first.seal(plain, context)

    def open(self, envelope: bytes, context: str) -> bytes:
        """Open with whichever key the envelope names, or raise `CannotOpen`."""
        key = self._by_name.get(envelope[len(_VERSION) : _HEADER_BYTES])
        if key is None:
            raise CannotOpen("No key of this deployment made the envelope.")
        return key.open(envelope, context)
