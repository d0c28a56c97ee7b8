"""How a command gets its parts, and how it shows what it found."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any, TypeVar

import orjson
import typer
from pydantic import BaseModel, ValidationError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.clock import SystemClock
from app.errors import FieldProblem, InvalidRequest
from app.main import open_database, open_house
from app.parts import Parts
from app.problems import from_validation
from app.settings import Settings, read_settings
from app.telemetry import configure_logging

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Made = TypeVar("Made", bound=BaseModel)
Found = TypeVar("Found")


def run(work: Callable[[Parts], Coroutine[Any, Any, Found]]) -> Found:
    """Open the house, do some work in it, close it."""

    async def in_house() -> Found:
        async with house() as parts:
            return await work(parts)

    return asyncio.run(in_house())


@asynccontextmanager
async def house(settings: Settings | None = None) -> AsyncIterator[Parts]:
    """Open the house that the settings describe."""
    settings = settings or read_settings()
    configure_logging(settings)
    database = open_database(settings)
    try:
        yield await open_house(settings, database, SystemClock(), asyncio.Event())
    finally:
        await database.dispose()


def checked(model: type[Made], **values: Any) -> Made:
    """Make a model out of options, or raise `InvalidRequest` with what is wrong."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise from_validation(error.errors()) from None


def show(found: BaseModel, *, as_json: bool, hide: Sequence[str] = ()) -> None:
    """Print one thing: a JSON document, or its fields line by line."""
    if as_json:
        print_json(found.model_dump(mode="json"))
        return
    fields = {name: value for name, value in found.model_dump(mode="json").items() if name not in hide}
    width = max(len(name) for name in fields)
    for name, value in fields.items():
        typer.echo(f"{name:<{width}}  {_plain(value)}")


def show_list(items: Sequence[BaseModel], columns: Sequence[str], *, as_json: bool, **beside: Any) -> None:
    """Print several things: a JSON document with `items`, or a table."""
    rows = [item.model_dump(mode="json") for item in items]
    if as_json:
        print_json({"items": rows, **beside})
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        # Text, not markup: what a visitor typed must not colour a terminal.
        table.add_row(*(Text(_plain(row[column])) for column in columns))
    Console().print(table if rows else "none")


def print_json(document: Any) -> None:
    """Print one JSON document."""
    typer.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode())


def _plain(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, list):
        return ", ".join(_plain(part) for part in value) or "-"
    text = orjson.dumps(value).decode() if isinstance(value, dict) else str(value)
    return "".join(letter if letter.isprintable() else " " for letter in text)


def wrong(pointer: str, message: str) -> InvalidRequest:
    """Make a refusal of one option."""
    return InvalidRequest([FieldProblem(f"/{pointer}", "invalid", message)])
