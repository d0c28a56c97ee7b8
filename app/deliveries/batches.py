"""Many rows for one statement, as a table named `given`: neither database likes a statement for each row."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Dialect
from sqlalchemy.types import TypeEngine


def given(
    dialect: Dialect, columns: Mapping[str, TypeEngine[Any]], rows: Sequence[object]
) -> tuple[str, tuple[Any, ...]]:
    """Return `given (…) AS (…)`, to stand behind `WITH`, and the driver's parameters: each row's attributes by name."""
    names = ", ".join(columns)
    lists = [
        _as_the_driver_wants(dialect, kind, [getattr(row, name) for row in rows]) for name, kind in columns.items()
    ]
    if dialect.name == "postgresql":
        arrays = (f"${place}::{kind.compile(dialect)}[]" for place, kind in enumerate(columns.values(), 1))
        return f"given ({names}) AS (SELECT * FROM unnest({', '.join(arrays)}))", tuple(lists)
    row = f"({', '.join('?' * len(columns))})"
    flat = tuple(value for values in zip(*lists, strict=True) for value in values)
    return f"given ({names}) AS (VALUES {', '.join([row] * len(rows))})", flat


def _as_the_driver_wants(dialect: Dialect, kind: TypeEngine[Any], values: list[Any]) -> list[Any]:
    bind = kind.dialect_impl(dialect).bind_processor(dialect)
    return [bind(value) for value in values] if bind else values
