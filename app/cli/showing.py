"""How a command shows what it found: one JSON document, or words and tables for people."""

import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
import typer
from pydantic import BaseModel
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.clock import rfc3339

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]

_GAP = 2
_FOLDING = frozenset({"name", "email", "address", "destination", "reason", "scopes", "forms", "origins", "redirects"})
"""Columns whose text may be broken over lines; ids, references and times never are."""
_LEAST_FOLDED = 16
_ENDLESS = 10_000


def show(found: BaseModel, *, as_json: bool, hide: Sequence[str] = ()) -> None:
    """Print one thing: a JSON document, or its fields line by line."""
    if as_json:
        print_json(found.model_dump(mode="json"))
        return
    for line in _lines(found.model_dump(exclude=set(hide)), indent=0):
        typer.echo(line)


def show_list(
    items: Sequence[BaseModel], columns: Sequence[str], *, as_json: bool, spare: Sequence[str] = (), **beside: Any
) -> None:
    """Print several things: a JSON document with `items`, or a table.

    On a terminal that is too narrow for all columns the `spare` ones are left out, the first one first. Where no
    terminal is, nothing is left out or broken, for other programs to read on.
    """
    if as_json:
        print_json({"items": [item.model_dump(mode="json") for item in items], **beside})
        return
    if not items:
        typer.echo("none")
        return
    rows = [{column: _plain(value) for column, value in item.model_dump().items()} for item in items]
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else _ENDLESS
    _print_table(rows, _fitting(rows, columns, spare, width), width)
    if beside.get("next_cursor"):
        typer.echo(f"There are more, all with --all, the next ones with --cursor {beside['next_cursor']}", err=True)


def print_json(document: Any) -> None:
    """Print one JSON document."""
    typer.echo(spelled(document).decode())


def spelled(document: Any) -> bytes:
    """Spell one JSON document so that people can read it."""
    return orjson.dumps(document, option=orjson.OPT_INDENT_2)


def progress(text: str) -> None:
    """Say what takes a while, to people only."""
    if sys.stderr.isatty():
        typer.echo(text, err=True)


def _fitting(
    rows: Sequence[Mapping[str, str]], columns: Sequence[str], spare: Sequence[str], width: int
) -> Sequence[str]:
    kept = list(columns)
    for column in spare:
        if sum(_least_width(rows, each) + _GAP for each in kept) - _GAP <= width:
            break
        kept.remove(column)
    return kept


def _least_width(rows: Sequence[Mapping[str, str]], column: str) -> int:
    natural = max(cell_len(text) for text in (_heading(column), *(row[column] for row in rows)))
    return min(natural, _LEAST_FOLDED) if column in _FOLDING else natural


def _print_table(rows: Sequence[Mapping[str, str]], columns: Sequence[str], width: int) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold")
    for column in columns:
        least = _least_width(rows, column)
        table.add_column(_heading(column), overflow="fold", no_wrap=column not in _FOLDING, min_width=least)
    for row in rows:
        # Text, not markup: what a visitor typed must not colour a terminal.
        table.add_row(*(Text(row[column]) for column in columns))
    Console(width=width).print(table)


def _heading(column: str) -> str:
    words = column.removesuffix("_at").replace("_", " ")
    return f"{words} (UTC)" if column.endswith("_at") else words


def _lines(fields: Mapping[str, Any], indent: int) -> Iterator[str]:
    width = max((len(name) for name in fields), default=0)
    for name, value in fields.items():
        label = " " * indent + name.replace("_", " ")
        if isinstance(value, Mapping) and value:
            yield label
            yield from _lines(value, indent + _GAP)
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            for number, part in enumerate(value, start=1):
                yield f"{label} {number}"
                yield from _lines(part, indent + _GAP)
        else:
            yield f"{label:<{indent + width}}  {_plain(value)}"


def _plain(value: Any) -> str:
    if value is None or value in ({}, []):
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M}" if sys.stdout.isatty() else rfc3339(value)
    if isinstance(value, list):
        return ", ".join(_plain(part) for part in value)
    text = orjson.dumps(value).decode() if isinstance(value, dict) else str(value)
    return "".join(letter if letter.isprintable() else " " for letter in text)
