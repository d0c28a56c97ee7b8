"""Many rows of several tables in one step on the bare driver: what the door writes with.

On PostgreSQL the columns travel as arrays, which one cached statement unnests into every table; on SQLite one thread
runs prepared multi-row statements. Either way it is one transaction: all rows are there, or none.
"""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol

import asyncpg
from sqlalchemy import Dialect, LargeBinary, Table
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeEngine

_COMMAND_SECONDS = 5.0
"""How long PostgreSQL may take for one statement before the connection counts as lost."""
_MOST_ROWS_A_STATEMENT = 512
_LOST = (OSError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError)
Found = Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Derived:
    """How the rows of a table are made of others (`given`), in SQL: by a SELECT of the table's columns."""

    select: str
    columns: tuple[str, ...]
    """The table's columns, in the order of the SELECT."""
    kinds: Mapping[str, TypeEngine[Any]] = field(hash=False)
    """The columns of `given`."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one table: mappings of column names to values, all with the same names."""

    model: type[DeclarativeBase]
    values: Sequence[Mapping[str, Any]]
    conflict: str = ""
    derived: Derived | None = None
    told: str = ""
    """Columns that later tables derive theirs from: on PostgreSQL of `new_<table>`, on SQLite of the table itself."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A SELECT that finds a row, seen in the same transaction, or else nothing is written. `{}` is the value."""

    select: str
    value: int


ALWAYS = Condition("SELECT CAST({} AS INTEGER)", 1)


class Bulk(Protocol):
    """A way to write in bulk."""

    async def fetch(self, statement: str, *values: Any) -> Found:
        """Run a SELECT in the driver's own spelling and return its rows."""

    async def write(self, tables: Sequence[Rows], only_if: Condition) -> bool:
        """Write all rows, parents first, or none; return whether the condition held."""

    async def aclose(self) -> None:
        """Close the connection."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a statement is made of: tables without their rows."""

    table: Table
    columns: tuple[str, ...]
    """The columns of the rows that are given."""
    conflict: str
    derived: Derived | None
    told: str

    @property
    def into(self) -> str:
        return f"INSERT INTO {self.table.name} ({', '.join(self.derived.columns if self.derived else self.columns)})"

    def kind(self, column: str) -> TypeEngine[Any]:
        return self.derived.kinds[column] if self.derived else self.table.columns[column].type


def _shape(rows: Rows) -> _Shape:
    table = rows.model.__table__
    assert isinstance(table, Table)  # noqa: S101 - the type checker's doubt: a model may map more than a table
    return _Shape(table, tuple(rows.values[0]), rows.conflict, rows.derived, rows.told)


def _columns(shape: _Shape, dialect: Dialect, rows: Sequence[Mapping[str, Any]]) -> Iterator[list[Any]]:
    for name, bind in _binders(shape, dialect):
        yield [row[name] for row in rows] if bind is None else [bind(row[name]) for row in rows]


@cache
def _binders(shape: _Shape, dialect: Dialect) -> list[tuple[str, Callable[[Any], Any] | None]]:
    kinds = ((name, shape.kind(name)) for name in shape.columns)
    # Every driver takes bytes as they are.
    return [
        (name, None if isinstance(kind, LargeBinary) else kind.dialect_impl(dialect).bind_processor(dialect))
        for name, kind in kinds
    ]


class PostgresBulk:
    """One connection of its own for whoever writes in bulk; opened when needed, and again after a fault."""

    def __init__(self, connect: Callable[..., Awaitable[Any]], dialect: Dialect) -> None:
        self._connect = connect
        self._dialect = dialect
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None
        self._turn = asyncio.Lock()

    async def fetch(self, statement: str, *values: Any) -> Found:
        """Run a SELECT and return its rows."""
        async with self._turn:
            if self._connection is None or self._connection.is_closed():
                self._connection = await self._connect(command_timeout=_COMMAND_SECONDS)
            try:
                found: Found = await self._connection.fetch(statement, *values)
            except _LOST:
                self._connection.terminate()
                raise
            return found

    async def write(self, tables: Sequence[Rows], only_if: Condition) -> bool:
        """Write in one statement, which is a transaction by itself."""
        shapes = tuple(_shape(rows) for rows in tables)
        columns = [
            column
            for shape, rows in zip(shapes, tables, strict=True)
            for column in _columns(shape, self._dialect, rows.values)
        ]
        return bool(await self.fetch(_chained(shapes, only_if.select, self._dialect), only_if.value, *columns))

    async def aclose(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            with suppress(OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.PostgresError):
                await self._connection.close(timeout=_COMMAND_SECONDS)


@cache
def _chained(shapes: tuple[_Shape, ...], condition: str, dialect: Dialect) -> str:
    """Return one statement for all tables: in it none sees what another has just taken, but for what that one tells."""
    steps, first = [f"held AS MATERIALIZED ({condition.format('$1')})"], 2
    for shape in shapes:
        steps.append(f"new_{shape.table.name} AS ({_unnesting(shape, dialect, first)})")
        first += len(shape.columns)
    return f"WITH {', '.join(steps)} SELECT 1 FROM held"  # noqa: S608 - our own names, here and below


def _unnesting(shape: _Shape, dialect: Dialect, first: int) -> str:
    # A cast to VARCHAR(n) would cut a text that is too long, silently; as TEXT it is refused.
    kinds = [shape.kind(name).compile(dialect).partition("(")[0] for name in shape.columns]
    arrays = ", ".join(
        f"${place}::{'TEXT' if kind == 'VARCHAR' else kind}[]" for place, kind in enumerate(kinds, first)
    )
    names = ", ".join(shape.columns)
    given = f"WITH given AS (SELECT one.* FROM held, unnest({arrays}) AS one ({names}))"  # noqa: S608
    select = shape.derived.select if shape.derived else "SELECT * FROM given"
    told = f" RETURNING {shape.told}" if shape.told else ""
    return f"{given} {shape.into} {select} {shape.conflict}{told}"


class SqliteBulk:
    """One connection in a thread of its own; it writes in turn with all other writers of the process."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], dialect: Dialect, turn: asyncio.Lock) -> None:
        self._connect = connect
        self._dialect = dialect
        self._turn = turn
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite-bulk")
        self._connection: sqlite3.Connection | None = None

    async def fetch(self, statement: str, *values: Any) -> Found:
        """Run a SELECT and return its rows."""
        found: Found = await self._run(_fetch, statement, values)
        return found

    async def write(self, tables: Sequence[Rows], only_if: Condition) -> bool:
        """Write in one transaction, in one go on the thread."""
        steps = [step for rows in tables for step in _steps(_shape(rows), self._dialect, rows.values)]
        async with self._turn:
            written: bool = await self._run(_write, only_if, steps)
            return written

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


_Step = tuple[str, list[Any]]


def _steps(shape: _Shape, dialect: Dialect, rows: Sequence[Mapping[str, Any]]) -> Iterator[_Step]:
    """Cut rows into powers of two, so that few statements are prepared, each once."""
    values = list(zip(*_columns(shape, dialect, rows), strict=True))
    at = 0
    while at < len(values):
        size = min(1 << (len(values) - at).bit_length() - 1, _MOST_ROWS_A_STATEMENT)
        yield _multi_row(shape, size), [value for row in values[at : at + size] for value in row]
        at += size


@cache
def _multi_row(shape: _Shape, size: int) -> str:
    row = f"({', '.join('?' * len(shape.columns))})"
    values = f"VALUES {', '.join([row] * size)}"
    if shape.derived is None:
        return f"{shape.into} {values} {shape.conflict}"
    return f"WITH given ({', '.join(shape.columns)}) AS ({values}) {shape.into} {shape.derived.select} {shape.conflict}"


def _fetch(connection: sqlite3.Connection, statement: str, values: Sequence[Any]) -> list[Any]:
    return connection.execute(statement, values).fetchall()


def _write(connection: sqlite3.Connection, only_if: Condition, steps: Sequence[_Step]) -> bool:
    connection.execute("BEGIN IMMEDIATE")
    try:
        held = connection.execute(only_if.select.format("?"), (only_if.value,)).fetchone() is not None
        for statement, values in steps if held else ():
            connection.execute(statement, values)
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
    return held
