"""The keyring: random keys by purpose, wrapped by the deployment's key, which wraps these and nothing else."""

import secrets
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app.database import Database, insert_if_absent
from app.errors import Refusal
from app.sealing.envelopes import KEY_BYTES, CannotOpen, DeploymentKeys, SealingKey
from app.sealing.models import KeyringEntry
from app.sealing.signing import Signer
from app.sealing.tokens import Tokens

PURPOSES = ("tokens", "idempotency", "secrets", "form-tokens", "sessions", "audit")
_VERSION = 1


class Keyring:
    """Every key that the running service works with."""

    def __init__(self, deployment: DeploymentKeys, secrets_by_purpose: dict[str, bytes]) -> None:
        self._deployment = deployment
        self.tokens = Tokens(secrets_by_purpose["tokens"])
        self.secrets = SealingKey(secrets_by_purpose["secrets"])
        self.audit = Signer(secrets_by_purpose["audit"])
        self.idempotency = secrets_by_purpose["idempotency"]
        """Keys the hashes of idempotency keys and of the requests behind them."""
        self.form_tokens = secrets_by_purpose["form-tokens"]
        """Signs what pages and letters carry: time tokens, challenges, and links to take a consent back."""

    def new_data_key(self, lead_id: UUID) -> tuple[SealingKey, bytes]:
        """Make a lead's own key; return it and, for its row, its wrapped form."""
        secret = secrets.token_bytes(KEY_BYTES)
        return SealingKey(secret), self._deployment.seal(secret, _data_key_context(lead_id))

    def data_key(self, lead_id: UUID, wrapped: bytes) -> SealingKey:
        """Unwrap a lead's own key."""
        return SealingKey(self._deployment.open(wrapped, _data_key_context(lead_id)))


async def open_keyring(database: Database, deployment: DeploymentKeys, now: datetime) -> Keyring:
    """Read the keyring, making the keys that are missing.

    Errors: `Refusal` when the deployment's key is not the one that this database was sealed with.
    """
    async with database.begin() as session:
        fresh = [
            {
                "purpose": purpose,
                "version": _VERSION,
                "wrapped": deployment.seal(secrets.token_bytes(KEY_BYTES), _keyring_context(purpose)),
                "created_at": now,
            }
            for purpose in PURPOSES
        ]
        # Two processes may start at once: whichever row is first stands, and both read it.
        await session.execute(insert_if_absent(session, KeyringEntry), fresh)
        rows = {row.purpose: row.wrapped for row in await session.scalars(select(KeyringEntry))}
    try:
        opened = {purpose: deployment.open(rows[purpose], _keyring_context(purpose)) for purpose in PURPOSES}
    except CannotOpen:
        raise Refusal(
            "The sealing key is not the one that this database was sealed with. Set FREEQUOTE_SEALING_KEY (or the key "
            "file in the data folder) to the key it was made with; without that key nobody can read the leads."
        ) from None
    return Keyring(deployment, opened)


def _keyring_context(purpose: str) -> str:
    return f"keyring.wrapped:{purpose}.{_VERSION}"


def _data_key_context(lead_id: UUID) -> str:
    return f"data_keys.wrapped:{lead_id}"
