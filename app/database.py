"""The two databases behind one door: transactions, time and types.

What differs between SQLite and PostgreSQL stands here and in a room's own `queries.py`, nowhere else.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any, ClassVar

import asyncpg
from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, MetaData
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

from app.bulk import Bulk, Condition, Found, PostgresBulk, Rows, SqliteBulk
from app.engines import is_sqlite, postgresql_connector, postgresql_engine, sqlite_connector, sqlite_engine
from app.errors import OutOfReach

_SQLITE_READERS = 4
_STATEMENT_SECONDS = 30.0
"""How long PostgreSQL may take for one statement, migrations aside, before the connection counts as lost."""
DOOR_PATIENCE_SECONDS = 5.0
"""How long a visitor at the door is kept waiting for one reading."""

BIG_KEY = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit key that counts up; SQLite counts only in a column that is spelled INTEGER."""
JSON_VALUE = JSON().with_variant(postgresql.JSONB(), "postgresql")


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, aware and in UTC on both databases; SQLite keeps no zone of its own."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive moment; hand SQLite the UTC wall time."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A moment without a time zone never goes into the database.")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give every moment its zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The base of every model; constraint names come from the convention, so migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime,
        dict[str, Any]: JSON_VALUE,
        list[str]: JSON_VALUE,
    }


class database_now(FunctionElement[datetime]):  # noqa: N801 - reads as the SQL function it is
    """The database's own clock, `seconds` from now: leases run on it, so that no machine's clock matters."""

    type = UtcDateTime()
    inherit_cache = False

    def __init__(self, seconds: float = 0) -> None:
        super().__init__()
        self.seconds = float(seconds)


@compiles(database_now, "sqlite")
def _sqlite_now(element: database_now, _compiler: SQLCompiler, **_: Any) -> str:
    # Six digits after the dot, as SQLAlchemy writes them, so that moments compare as text.
    return f"(strftime('%Y-%m-%d %H:%M:%f', 'now', '{element.seconds:+.3f} seconds') || '000')"


@compiles(database_now, "postgresql")
def _postgresql_now(element: database_now, _compiler: SQLCompiler, **_: Any) -> str:
    return f"(clock_timestamp() + interval '{element.seconds:.3f} seconds')"


class Database:
    """One database and the ways into it: `begin` to write, `read` to read.

    Whoever takes a `Database` opens and commits; whoever takes a session joins and never commits.
    """

    def __init__(self, url: str, *, pooled_elsewhere: bool = False) -> None:
        self.url = url
        self.is_sqlite = is_sqlite(url)
        self._turn = asyncio.Lock()
        self._bulk: Bulk
        if self.is_sqlite:
            self._writer = self._bare = sqlite_engine(url, pool_size=1, opening="BEGIN IMMEDIATE")
            self._reader = sqlite_engine(url, pool_size=_SQLITE_READERS, opening="BEGIN")
            self._bulk = SqliteBulk(sqlite_connector(url), self._writer.dialect, self._turn)
        else:
            connect = postgresql_connector(url, pooled_elsewhere=pooled_elsewhere)
            patient = partial(connect, command_timeout=_STATEMENT_SECONDS)
            self._writer = postgresql_engine(patient, pooled_elsewhere=pooled_elsewhere)
            # Each statement of a reader sees what is committed by then, as it would within a transaction, too: without
            # one it takes two ways to the server and back less.
            self._reader = self._writer.execution_options(isolation_level="AUTOCOMMIT")
            self._bare = postgresql_engine(connect, pooled_elsewhere=pooled_elsewhere)
            self._bulk = PostgresBulk(connect, self._writer.dialect)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncSession]:
        """Open a transaction, commit it at the end, undo it on any error.

        Errors: `OutOfReach` when the database does not answer, is full or is locked for too long.
        """
        with _translated():
            if self.is_sqlite:
                # One queue of writers for the process: in turn, so that nobody starves on SQLite's own lock.
                async with self._turn, AsyncSession(self._writer, expire_on_commit=False) as session, session.begin():
                    yield session
            else:
                async with AsyncSession(self._writer, expire_on_commit=False) as session, session.begin():
                    yield session

    @asynccontextmanager
    async def read(self, within: float | None = None) -> AsyncIterator[AsyncSession]:
        """Open a session that only reads, for so many seconds at most where somebody waits at the door."""
        with _translated():
            async with asyncio.timeout(within), AsyncSession(self._reader, expire_on_commit=False) as session:
                yield session

    async def write_bulk(self, tables: Sequence[Rows], only_if: Condition) -> bool:
        """Write many rows on the bare driver in one transaction of their own, parents first.

        Return whether the condition held; where it did not, nothing is written. Errors as in `begin`.
        """
        with _translated():
            return await self._bulk.write([rows for rows in tables if rows.values], only_if)

    async def fetch_bulk(self, statement: str, *values: Any) -> Found:
        """Run a SELECT, in the driver's own spelling, on the connection that writes in bulk."""
        with _translated():
            return await self._bulk.fetch(statement, *values)

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[AsyncConnection]:
        """Open a bare connection, for migrations and checks; its statements take as long as they need."""
        with _translated():
            async with self._bare.connect() as connection:
                yield connection

    async def dispose(self) -> None:
        """Close every connection."""
        await self._bulk.aclose()
        await self._writer.dispose()
        await self._reader.dispose()
        await self._bare.dispose()


def insert_if_absent(session: AsyncSession, model: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """Return an insert that leaves a row alone whose unique key is there already."""
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(model).on_conflict_do_nothing()
    return postgresql.insert(model).on_conflict_do_nothing()


# A server that stops, or is full, is not a broken statement, although asyncpg files it under the same root.
_BROKEN_RULE = (
    IntegrityError,
    ProgrammingError,
    sqlite3.IntegrityError,
    sqlite3.ProgrammingError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.SyntaxOrAccessError,
    asyncpg.DataError,
)
_OUT_OF_REACH = (
    DBAPIError,
    PoolTimeoutError,
    OSError,
    TimeoutError,
    sqlite3.Error,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
)


class _translated:  # noqa: N801 - reads as `with _translated():`
    """Turns "the database does not answer" into `OutOfReach`; a broken rule or statement stays what it is."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, _OUT_OF_REACH) and not isinstance(error, _BROKEN_RULE):
            raise OutOfReach from error
