"""Write stored leads by the bare driver: COPY on PostgreSQL, multi-row inserts on SQLite."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Protocol

import asyncpg
from sqlalchemy import Dialect
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import asyncpg as postgresql

from app.database import Database
from app.engines import sqlite_file
from benchmarks.rivals.composing import Setting, read_setting
from benchmarks.rows import Pattern, Rows

_MOST_VALUES = 30_000
_NUMBERS = "SELECT setval(pg_get_serial_sequence('leads', 'no'), greatest((SELECT max(no) FROM leads), 1))"

Columns = dict[str, tuple[str, ...]]


class Store(Protocol):
    """One connection that writes batches, each in a transaction of its own."""

    dialect: Dialect

    def write(self, columns: Columns, rows: Rows) -> None:
        """Write one batch and commit it."""

    def finish(self) -> None:
        """See that the next lead gets the next number."""


class _PostgresStore:
    def __init__(self, url: str, *, careless: bool) -> None:
        self.dialect: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
        self._runner = asyncio.Runner()
        self._connection = self._runner.run(asyncpg.connect(url))
        if careless:
            self._runner.run(self._connection.execute("SET session_replication_role = replica"))
            self._runner.run(self._connection.execute("SET synchronous_commit = off"))

    def write(self, columns: Columns, rows: Rows) -> None:
        self._runner.run(self._copy(columns, rows))

    async def _copy(self, columns: Columns, rows: Rows) -> None:
        async with self._connection.transaction():
            for table, some in rows.items():
                await self._connection.copy_records_to_table(table, records=some, columns=columns[table])

    def finish(self) -> None:
        self._runner.run(self._connection.execute(_NUMBERS))
        self._runner.run(self._connection.execute("VACUUM (ANALYZE)"))
        self._runner.run(self._connection.execute("CHECKPOINT"))

    def close(self) -> None:
        self._runner.run(self._connection.close())
        self._runner.close()


class _SqliteStore:
    def __init__(self, url: str, *, careless: bool) -> None:
        self.dialect: Dialect = sqlite.dialect()
        self._connection = sqlite3.connect(sqlite_file(url), isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute(f"PRAGMA synchronous={'OFF' if careless else 'FULL'}")
        self._connection.execute(f"PRAGMA foreign_keys={'OFF' if careless else 'ON'}")

    def write(self, columns: Columns, rows: Rows) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        for table, some in rows.items():
            most = _MOST_VALUES // len(columns[table])
            for at in range(0, len(some), most):
                self._insert(table, columns[table], some[at : at + most])
        self._connection.execute("COMMIT")

    def _insert(self, table: str, columns: Sequence[str], rows: Sequence[tuple[object, ...]]) -> None:
        row = f"({', '.join('?' * len(columns))})"
        statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([row] * len(rows))}"
        self._connection.execute(statement, [value for row in rows for value in row])

    def finish(self) -> None:
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        self._connection.close()


@contextmanager
def store(url: str, *, careless: bool = False) -> Iterator[Store]:
    """Open a database. Careless: foreign keys go unchecked and commits do not wait, for filling a large table."""
    make = _SqliteStore if url.startswith("sqlite:") else _PostgresStore
    with closing(make(url, careless=careless)) as opened:
        yield opened


async def setting_of(url: str) -> Setting:
    """Read what leads of a database refer to."""
    database = Database(url)
    try:
        return await read_setting(database)
    finally:
        await database.dispose()


def fill(url: str, leads: int, tell: Callable[[int], None], *, chunk: int = 2_000) -> None:
    """Write so many delivered leads, the newest received an hour ago; `tell` is called after each chunk."""
    with store(url, careless=True) as opened:
        pattern = Pattern(asyncio.run(setting_of(url)), opened.dialect, delivered=True)
        ends = datetime.now(UTC).timestamp() - 3600
        for first in range(1, leads + 1, chunk):
            at = datetime.fromtimestamp(ends - (leads - first) * 60, UTC)
            opened.write(pattern.columns, pattern.leads(first, min(chunk, leads + 1 - first), at))
            tell(first + chunk - 1)
        opened.finish()
