"""Turning pages: options of every list that may be long, and what they do."""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer

from app.paging import MAX_LIMIT, Page

Row = TypeVar("Row")
Limit = Annotated[int, typer.Option(min=1, max=MAX_LIMIT, help="How many at the most.")]
Cursor = Annotated[str | None, typer.Option(help="next_cursor of the page before.")]
Whole = Annotated[bool, typer.Option("--all", help="Every page from there on, however many.")]


async def turned(
    read: Callable[[str | None, int], Awaitable[Page[Row]]], cursor: str | None, limit: int, *, whole: bool
) -> Page[Row]:
    """Return one page of what `read` gives for a cursor and a limit or, `whole`, all that follows as one."""
    if not whole:
        return await read(cursor, limit)
    items: list[Row] = []
    while True:
        page = await read(cursor, MAX_LIMIT)
        items += page.items
        cursor = page.next_cursor
        if cursor is None:
            return Page(items, None)
