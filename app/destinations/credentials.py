"""What a destination's row keeps sealed: its address, secrets that sign, and the connection."""

from datetime import datetime, timedelta
from uuid import UUID

from app.destinations.connection import Connection
from app.sealing.keyring import Keyring

OVERLAP = timedelta(hours=24)
"""How long the secret before a rotation signs beside the new one."""


def seal_address(keyring: Keyring, destination_id: UUID, address: str) -> bytes:
    """Seal a webhook's URL or a mailbox for its row."""
    return keyring.secrets.seal(address.encode(), f"destinations.address:{destination_id}")


def address_of(keyring: Keyring, destination_id: UUID, sealed: bytes) -> str:
    """Open a destination's address."""
    return keyring.secrets.open(sealed, f"destinations.address:{destination_id}").decode()


def seal_secret(keyring: Keyring, destination_id: UUID, secret: str) -> bytes:
    """Seal a signing secret for its row, as the current or as the previous one."""
    return keyring.secrets.seal(secret.encode(), f"destinations.secret:{destination_id}")


def signing_secrets(
    keyring: Keyring,
    destination_id: UUID,
    secret: bytes | None,
    previous: bytes | None,
    previous_until: datetime | None,
    now: datetime,
) -> list[str]:
    """Open the secrets that sign now: none, one, or two while a rotation lasts."""
    lasts = previous_until is not None and now < previous_until
    context = f"destinations.secret:{destination_id}"
    return [keyring.secrets.open(one, context).decode() for one in (secret, previous if lasts else None) if one]


def seal_connection(keyring: Keyring, destination_id: UUID, connection: Connection) -> bytes | None:
    """Seal a connection for its row; None if it says nothing."""
    if connection == Connection():
        return None
    plain = connection.model_dump_json(exclude_defaults=True).encode()
    return keyring.secrets.seal(plain, f"destinations.connection:{destination_id}")


def read_connection(keyring: Keyring, destination_id: UUID, sealed: bytes | None) -> Connection:
    """Open a connection."""
    if sealed is None:
        return Connection()
    return Connection.model_validate_json(keyring.secrets.open(sealed, f"destinations.connection:{destination_id}"))
