"""Moving a database's schema on; the steps themselves are in `migrations/`."""

from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

import migrations
from app.database import Database
from app.schema import current

_LOCK_NUMBER = 0x46515343  # "FQSC"; any number, as long as every process takes the same.
_PATIENCE = "5s"


@dataclass(frozen=True, slots=True)
class Step:
    """What a migration did."""

    before: str | None
    after: str | None


def configuration() -> Config:
    """Return what Alembic has to know."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    return config


async def upgrade(database: Database, revision: str = "head") -> Step:
    """Bring the schema up to `revision`; safe to run from several processes at once."""
    before = await current(database)
    async with database.connect() as connection:
        await connection.run_sync(_run, command.upgrade, revision)
    return Step(before, await current(database))


async def downgrade(database: Database, revision: str) -> Step:
    """Bring the schema down to `revision` (`base`: to nothing)."""
    before = await current(database)
    async with database.connect() as connection:
        await connection.run_sync(_run, command.downgrade, revision)
    return Step(before, await current(database))


def lock_schema(connection: Connection) -> None:
    """Let one process migrate at a time, and never make the door wait long behind a table lock.

    SQLite needs none of it: its transaction has begun IMMEDIATE.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK_NUMBER})
        connection.execute(text(f"SET LOCAL lock_timeout = '{_PATIENCE}'"))


def _run(connection: Connection, step: object, revision: str) -> None:
    config = configuration()
    config.attributes["connection"] = connection
    step(config, revision)  # type: ignore[operator]
    connection.commit()
