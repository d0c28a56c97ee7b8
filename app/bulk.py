"""Many rows of several tables in a few steps on the bare driver: what the door writes with.

Rows are mappings of column names to values, all of one table with the same names. On PostgreSQL the columns travel as
arrays, which one cached statement unnests; on SQLite one thread runs prepared multi-row statements.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from functools import cache
from typing import Any, Protocol

import asyncpg
from sqlalchemy import Dialect, LargeBinary, Table
from sqlalchemy.orm import DeclarativeBase

Row = Mapping[str, Any]
_Model = type[DeclarativeBase]
_COMMAND_SECONDS = 10.0
"""How long PostgreSQL may take for one statement before the connection counts as lost."""
_MOST_ROWS_A_STATEMENT = 512


class Bulk(Protocol):
    """One open transaction on the bare driver."""

    is_sqlite: bool

    async def fetch(self, statement: str, *values: Any) -> Sequence[Sequence[Any]]:
        """Run one statement in the driver's own spelling and return its rows."""

    async def insert(self, model: _Model, rows: Sequence[Row], ending: str = "") -> Sequence[Sequence[Any]]:
        """Insert rows; `ending` says what happens on a conflict and what is returned."""

    async def insert_all(self, rows: Mapping[_Model, Sequence[Row]]) -> None:
        """Insert rows of several tables, parents first; on PostgreSQL in one statement."""


@cache
def _binders(table: Table, dialect: Dialect) -> dict[str, Callable[[Any], Any] | None]:
    return {
        # Every driver takes bytes as they are.
        column.name: None
        if isinstance(column.type, LargeBinary)
        else column.type.dialect_impl(dialect).bind_processor(dialect)
        for column in table.columns
    }


def _columns(table: Table, dialect: Dialect, rows: Sequence[Row]) -> Iterator[list[Any]]:
    binders = _binders(table, dialect)
    for name in rows[0]:
        bind = binders[name]
        yield [row[name] for row in rows] if bind is None else [bind(row[name]) for row in rows]


class _PostgresBulk:
    is_sqlite = False

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]", dialect: Dialect) -> None:
        self._connection = connection
        self._dialect = dialect

    async def fetch(self, statement: str, *values: Any) -> Sequence[Sequence[Any]]:
        found: Sequence[Sequence[Any]] = await self._connection.fetch(statement, *values)
        return found

    async def insert(self, model: _Model, rows: Sequence[Row], ending: str = "") -> Sequence[Sequence[Any]]:
        table = _table(model)
        statement = f"{_unnesting(table, self._dialect, tuple(rows[0]), 1)} {ending}"
        return await self.fetch(statement, *_columns(table, self._dialect, rows))

    async def insert_all(self, rows: Mapping[_Model, Sequence[Row]]) -> None:
        given = tuple((_table(model), tuple(some[0])) for model, some in rows.items() if some)
        values = [
            column for model, some in rows.items() if some for column in _columns(_table(model), self._dialect, some)
        ]
        await self._connection.execute(_chained(given, self._dialect), *values)


@cache
def _unnesting(table: Table, dialect: Dialect, names: tuple[str, ...], first: int) -> str:
    # A cast to VARCHAR(n) would cut a text that is too long, silently; as TEXT it is refused.
    kinds = [table.columns[name].type.compile(dialect).partition("(")[0] for name in names]
    arrays = ", ".join(
        f"${place}::{'TEXT' if kind == 'VARCHAR' else kind}[]" for place, kind in enumerate(kinds, first)
    )
    return f"INSERT INTO {table.name} ({', '.join(names)}) SELECT * FROM unnest({arrays})"  # noqa: S608 - our own names


@cache
def _chained(given: tuple[tuple[Table, tuple[str, ...]], ...], dialect: Dialect) -> str:
    steps, first = [], 1
    for table, names in given:
        steps.append(f"{table.name}_in AS ({_unnesting(table, dialect, names, first)})")
        first += len(names)
    return f"WITH {', '.join(steps)} SELECT 1"


class PostgresWriter:
    """One connection of its own for whoever writes in bulk; opened when needed, and again after a fault."""

    def __init__(self, connect: Callable[..., Awaitable[Any]], dialect: Dialect) -> None:
        self._connect = connect
        self._dialect = dialect
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Bulk]:
        """Open a transaction, commit it at the end, undo it on any error."""
        async with self._turn:
            if self._connection is None or self._connection.is_closed():
                self._connection = await self._connect(command_timeout=_COMMAND_SECONDS)
            try:
                async with self._connection.transaction():
                    yield _PostgresBulk(self._connection, self._dialect)
            except (OSError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError):
                self._connection.terminate()
                raise

    async def aclose(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            with suppress(OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.PostgresError):
                await self._connection.close(timeout=_COMMAND_SECONDS)


class _SqliteBulk:
    is_sqlite = True

    def __init__(self, run: Callable[..., Awaitable[Any]], dialect: Dialect) -> None:
        self._run = run
        self._dialect = dialect

    async def fetch(self, statement: str, *values: Any) -> Sequence[Sequence[Any]]:
        found: Sequence[Sequence[Any]] = await self._run(_fetch, statement, values)
        return found

    async def insert(self, model: _Model, rows: Sequence[Row], ending: str = "") -> Sequence[Sequence[Any]]:
        steps = list(_steps(_table(model), self._dialect, rows, ending))
        found: Sequence[Sequence[Any]] = await self._run(_fetch_each, steps)
        return found

    async def insert_all(self, rows: Mapping[_Model, Sequence[Row]]) -> None:
        given = [(_table(model), some) for model, some in rows.items() if some]
        await self._run(_fetch_each, [step for table, some in given for step in _steps(table, self._dialect, some, "")])


_Step = tuple[str, list[Any]]


def _steps(table: Table, dialect: Dialect, rows: Sequence[Row], ending: str) -> Iterator[_Step]:
    """Cut rows into powers of two, so that few statements are prepared, each once."""
    values = list(zip(*_columns(table, dialect, rows), strict=True))
    names, at = tuple(rows[0]), 0
    while at < len(values):
        size = min(1 << (len(values) - at).bit_length() - 1, _MOST_ROWS_A_STATEMENT)
        yield (
            f"{_multi_row(table, names, size)} {ending}",
            [value for row in values[at : at + size] for value in row],
        )
        at += size


@cache
def _multi_row(table: Table, names: tuple[str, ...], size: int) -> str:
    row = f"({', '.join('?' * len(names))})"
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES {', '.join([row] * size)}"  # noqa: S608 - our own


def _fetch(connection: sqlite3.Connection, statement: str, values: Sequence[Any]) -> list[Any]:
    return connection.execute(statement, values).fetchall()


def _fetch_each(connection: sqlite3.Connection, steps: Sequence[_Step]) -> list[Any]:
    return [row for statement, values in steps for row in connection.execute(statement, values)]


class SqliteWriter:
    """One connection in a thread of its own; it writes in turn with all other writers of the process."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], dialect: Dialect, turn: asyncio.Lock) -> None:
        self._connect = connect
        self._dialect = dialect
        self._turn = turn
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite-writer")
        self._connection: sqlite3.Connection | None = None

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Bulk]:
        """Open a transaction, commit it at the end, undo it on any error."""
        async with self._turn:
            await self._run(sqlite3.Connection.execute, "BEGIN IMMEDIATE")
            try:
                yield _SqliteBulk(self._run, self._dialect)
                await self._run(sqlite3.Connection.commit)
            except BaseException:
                await asyncio.shield(self._run(sqlite3.Connection.rollback))
                raise

    async def _run(self, work: Callable[..., Any], *given: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._on_thread, work, *given)

    def _on_thread(self, work: Callable[..., Any], *given: Any) -> Any:
        if self._connection is None:
            self._connection = self._connect()
        return work(self._connection, *given)

    async def aclose(self) -> None:
        """Close the connection and end the thread."""
        if self._connection is not None:
            await self._run(sqlite3.Connection.close)
        self._thread.shutdown()


def _table(model: _Model) -> Table:
    table = model.__table__
    assert isinstance(table, Table)  # noqa: S101 - the type checker's doubt: a model may map more than a table
    return table
