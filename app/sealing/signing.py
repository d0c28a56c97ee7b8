"""Signatures (Ed25519) by which this installation vouches for what it wrote."""

from base64 import b64encode

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


class Signer:
    """Signs, and knows its own signatures."""

    def __init__(self, secret: bytes) -> None:
        """Take 32 secret bytes."""
        self._private = Ed25519PrivateKey.from_private_bytes(secret)
        self._public = self._private.public_key()

    @property
    def public_key(self) -> str:
        """The public key, base64 of its 32 bytes: with it anyone can check a signature."""
        return b64encode(self._public.public_bytes_raw()).decode()

    def sign(self, said: bytes) -> bytes:
        """Return the signature."""
        return self._private.sign(said)

    def has_signed(self, said: bytes, signature: bytes) -> bool:
        """Say whether the signature is ours."""
        try:
            self._public.verify(signature, said)
        except InvalidSignature:
            return False
        return True
