"""How entries hang on one another: pure functions, so that anyone can compute the same from an export."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Self

import orjson

from app.audit.models import AuditEntry, AuditTip
from app.clock import rfc3339
from app.sealing.signing import Signer

BEGINNING = bytes(32)
"""What the first entry hangs on."""


def link(before: bytes, entry: AuditEntry, position: int) -> bytes:
    """Return the hash of an entry at its place: SHA-256 over the hash before it and the entry as sorted JSON."""
    said = {
        "position": position,
        "id": entry.id,
        "at": rfc3339(entry.at),
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "details": entry.details,
    }
    return sha256(before + orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).digest()


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed word that the chain was so long, and ended so, at that moment."""

    position: int
    hash: bytes
    at: datetime
    signature: bytes

    @classmethod
    def of(cls, tip: AuditTip) -> Self:
        """Read the end of the chain; one that was never signed has an empty signature, which holds for nothing."""
        return cls(tip.position, tip.hash, tip.at, tip.signature or b"")

    @classmethod
    def read(cls, line: bytes) -> Self:
        """Read a line, or raise `ValueError`."""
        try:
            said: dict[str, Any] = orjson.loads(line)
            hashed, signature = bytes.fromhex(said["hash"]), bytes.fromhex(said["signature"])
            return cls(int(said["position"]), hashed, datetime.fromisoformat(said["at"]), signature)
        except (KeyError, TypeError) as error:
            raise ValueError("This is no checkpoint.") from error

    def holds(self, signer: Signer) -> bool:
        """Say whether it was signed with this installation's key."""
        return signer.has_signed(statement(self.position, self.hash, self.at), self.signature)

    def shown(self) -> dict[str, Any]:
        """Return it as logs and files hold it."""
        return {
            "position": self.position,
            "hash": self.hash.hex(),
            "at": rfc3339(self.at),
            "signature": self.signature.hex(),
        }


def statement(position: int, hashed: bytes, at: datetime) -> bytes:
    """Return what is signed."""
    return f"freequote audit 1\n{position}\n{hashed.hex()}\n{rfc3339(at)}\n".encode()
