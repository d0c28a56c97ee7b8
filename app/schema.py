"""Which schema this version needs, and which one a database has; `app.migrating` moves from one to the other."""

from pathlib import Path

from sqlalchemy import text

import migrations
from app.database import Database

_REVISION = "SELECT version_num FROM alembic_version"
# Both say so in a catalogue, so that the question is no error.
_HAS_REVISION = {
    True: "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'",
    False: "SELECT count(*) FROM pg_class WHERE oid = to_regclass('alembic_version')",
}


def head() -> str:
    """Return the newest revision that this version of the code knows.

    Migrations are numbered, so their names tell; Alembic, which every command would have to load, says the same.
    """
    return max(file.name.partition("_")[0] for file in Path(migrations.__file__).parent.glob("versions/[0-9]*.py"))


async def current(database: Database) -> str | None:
    """Return the revision the database stands at, or None if it has no schema yet."""
    async with database.connect() as connection:
        if not await connection.scalar(text(_HAS_REVISION[database.is_sqlite])):
            return None
        revision: str | None = await connection.scalar(text(_REVISION))
        return revision
