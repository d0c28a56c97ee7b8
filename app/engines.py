"""Addresses of the two databases, and the engines and connections behind them."""

import sqlite3
from collections.abc import Awaitable, Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import aiosqlite
import asyncpg
import orjson
from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from app.errors import Refusal

_POSTGRES_SCHEMES = {"postgres", "postgresql", "postgresql+asyncpg", "postgresql+psycopg", "postgresql+psycopg2"}
_SQLITE_SCHEMES = {"sqlite", "sqlite+aiosqlite"}
_LOCK_WAIT_SECONDS = 5
_PREPARED_STATEMENTS = 256


def is_sqlite(url: str) -> bool:
    """Say which of the two databases an address is of."""
    return urlsplit(url).scheme in _SQLITE_SCHEMES


def sqlite_file(url: str) -> Path:
    """Return the file that a SQLite URL names."""
    path = url.partition("://")[2].partition("?")[0]
    if not path.startswith("/") or not path[1:]:
        raise Refusal("FREEQUOTE_DATABASE_URL: a SQLite address reads sqlite:///relative/file or sqlite:////full/file.")
    return Path(path[1:])


def postgresql_dsn(url: str) -> str:
    """Return the address as the driver reads it: whatever scheme another tool wrote, and libpq's own options."""
    parts = urlsplit(url)
    if parts.scheme not in _POSTGRES_SCHEMES:
        raise Refusal("FREEQUOTE_DATABASE_URL must start with sqlite:/// or postgresql://.")
    # Rebuilt by hand: urlunsplit drops the empty host of postgresql:///name?host=/run/postgresql.
    return f"postgresql://{parts.netloc}{urlunsplit(('', '', parts.path, parts.query, ''))}"


def sqlite_engine(url: str, *, pool_size: int, opening: str) -> AsyncEngine:
    """Make the engine of a file; each transaction begins with `opening`."""
    file = sqlite_file(url)
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{file}",
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=0,
        json_deserializer=orjson.loads,
        connect_args={
            "timeout": _LOCK_WAIT_SECONDS,
            "isolation_level": None,
            "async_creator_fn": _SqliteConnection.to,
        },
    )
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _opener(opening))
    return engine


class _SqliteConnection(aiosqlite.Connection):
    """A connection whose cursors go to its thread once for each statement."""

    @classmethod
    def to(cls, file: str, **options: Any) -> "_SqliteConnection":
        """Make what connects once it is awaited."""
        connection = cls(lambda: sqlite3.connect(file, **options), iter_chunk_size=1)
        # A connection that was left open keeps no process from ending.
        connection._thread.daemon = True
        return connection

    def cursor(self) -> "_SqliteCursor":  # type: ignore[override]
        """Make a cursor, without going anywhere yet."""
        return _SqliteCursor(self)

    async def run(
        self, way: Callable[..., sqlite3.Cursor], sql: str, parameters: Iterable[Any]
    ) -> tuple[sqlite3.Cursor, list[Any]]:
        """Run a statement in the thread; return its cursor, closed, and all that it found."""
        connection = self._conn

        def run() -> tuple[sqlite3.Cursor, list[Any]]:
            with closing(connection.cursor()) as cursor:
                way(cursor, sql, parameters)
                return cursor, cursor.fetchall() if cursor.description else []

        return await self._execute(run)  # type: ignore[no-any-return, no-untyped-call]


class _SqliteCursor(aiosqlite.Cursor):
    """A cursor that comes back with all rows of a statement.

    The driver's own goes to the thread and back four times: to be made, to run, to get the rows, and to be closed.
    """

    def __init__(self, connection: _SqliteConnection) -> None:
        self._connection = connection
        self._rows: list[Any] = []

    async def execute(self, sql: str, parameters: Iterable[Any] | None = None) -> "_SqliteCursor":
        """Run a statement and take what it finds."""
        self._cursor, self._rows = await self._connection.run(sqlite3.Cursor.execute, sql, parameters or ())
        return self

    async def executemany(self, sql: str, parameters: Iterable[Iterable[Any]]) -> "_SqliteCursor":
        """Run a statement once for each of the parameters."""
        self._cursor, self._rows = await self._connection.run(sqlite3.Cursor.executemany, sql, parameters)
        return self

    async def fetchall(self) -> list[Any]:
        """Return all rows."""
        return self._rows

    async def close(self) -> None:
        """Go nowhere: it was closed where it ran."""


def _prepare_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _opener(statement: str) -> Callable[[Any], None]:
    def open_transaction(connection: Any) -> None:
        connection.exec_driver_sql(statement)

    return open_transaction


def sqlite_connector(url: str) -> Callable[[], sqlite3.Connection]:
    """Return what opens a bare connection to a file."""
    file = sqlite_file(url)

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            file, timeout=_LOCK_WAIT_SECONDS, isolation_level=None, cached_statements=_PREPARED_STATEMENTS
        )
        _prepare_sqlite(connection, None)
        return connection

    return connect


def postgresql_connector(url: str, *, pooled_elsewhere: bool) -> Callable[..., Awaitable[asyncpg.Connection]]:
    """Return what opens a bare connection to a server, with whatever options of the driver it is given."""
    dsn = postgresql_dsn(url)
    # Behind a pooler in transaction mode a prepared statement may belong to another client's connection.
    cache = {"statement_cache_size": 0} if pooled_elsewhere else {}

    async def connect(**options: Any) -> asyncpg.Connection:
        return await asyncpg.connect(dsn, timeout=_LOCK_WAIT_SECONDS, **cache, **options)

    return connect


def postgresql_engine(connect: Callable[..., Awaitable[asyncpg.Connection]], *, pooled_elsewhere: bool) -> AsyncEngine:
    """Make the engine of a server."""
    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        hide_parameters=True,
        pool_size=10,
        max_overflow=10,
        pool_timeout=_LOCK_WAIT_SECONDS,
        json_deserializer=orjson.loads,
        connect_args={"prepared_statement_cache_size": 0} if pooled_elsewhere else {},
    )
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    return engine


def _refuse_closed(connection: Any, _record: object, _proxy: object) -> None:
    """Let the pool open another connection in the place of one that the server has closed.

    The driver knows that by itself; `pool_pre_ping` goes to the server and back three times to learn it.
    """
    if connection.driver_connection.is_closed():
        raise DisconnectionError
