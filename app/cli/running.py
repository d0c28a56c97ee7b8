"""How a command gets its parts."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

import typer
from pydantic import BaseModel, ValidationError

from app.clock import SystemClock
from app.errors import FieldProblem, InvalidRequest
from app.house import open_database, open_house
from app.parts import Parts, nobody_listens
from app.problems import from_validation
from app.settings import Settings, read_settings
from app.telemetry import configure_logging


def read_id(text: str) -> UUID:
    """Read an id that somebody typed."""
    try:
        return UUID(text)
    except ValueError:
        raise typer.BadParameter("this is no id. Copy it as the list shows it.") from None


Id = Annotated[UUID, typer.Argument(parser=read_id, metavar="ID", help="As the list shows it.")]
Made = TypeVar("Made", bound=BaseModel)
Found = TypeVar("Found")


def run(work: Callable[[Parts], Coroutine[Any, Any, Found]]) -> Found:
    """Open the house, do some work in it, close it."""
    settings = read_settings()
    # What it did, it prints; a log beside that is only for what went wrong.
    configure_logging(settings.model_copy(update={"log_level": "warning"}))

    async def in_house() -> Found:
        async with house(settings) as parts:
            return await work(parts)

    return asyncio.run(in_house())


@asynccontextmanager
async def house(settings: Settings) -> AsyncIterator[Parts]:
    """Open the house that the settings describe."""
    database = open_database(settings)
    try:
        yield await open_house(settings, database, SystemClock(), nobody_listens)
    finally:
        await database.dispose()


def checked(model: type[Made], **values: Any) -> Made:
    """Make a model out of options, moments in UTC, or raise `InvalidRequest` with what is wrong."""
    moments = {name: value.replace(tzinfo=UTC) for name, value in values.items() if isinstance(value, datetime)}
    try:
        return model.model_validate(values | moments)
    except ValidationError as error:
        raise from_validation(error.errors()) from None


def wrong(pointer: str, message: str) -> InvalidRequest:
    """Make a refusal of one option."""
    return InvalidRequest([FieldProblem(f"/{pointer}", "invalid", message)])
