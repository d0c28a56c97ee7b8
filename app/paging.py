"""Keyset pages: a cursor names the last row seen, so that pages stay put while rows arrive."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Generic, TypeVar

import orjson
from fastapi import Query, Request, Response

from app.errors import FieldProblem, InvalidRequest

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
_GREATEST_NUMBER = 2**63 - 1
Row = TypeVar("Row")

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="How many items at the most.")]
Cursor = Annotated[str | None, Query(max_length=500, description="`next_cursor` of the page before.")]


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows, and the cursor behind them if there are more."""

    items: Sequence[Row]
    next_cursor: str | None


def write_cursor(*place: str | int) -> str:
    """Make an opaque cursor out of a place in the order."""
    return base64.urlsafe_b64encode(orjson.dumps(place)).decode().rstrip("=")


def read_cursor(cursor: str, *kinds: type) -> list[str | int]:
    """Return the place that a cursor names, or raise `InvalidRequest`."""
    try:
        place = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        place = None
    fits = isinstance(place, list) and [type(part) for part in place] == list(kinds)
    if not fits:
        raise invalid_cursor()
    kept: list[str | int] = place
    return kept


def moment_in(cursor_part: str | int) -> datetime:
    """Return the moment in a cursor, or raise `InvalidRequest`."""
    try:
        moment = datetime.fromisoformat(str(cursor_part))
        if moment.tzinfo is None:
            raise invalid_cursor()
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise invalid_cursor() from None


def number_in(cursor_part: str | int) -> int:
    """Return the number in a cursor, or raise `InvalidRequest` for one that no row can have."""
    if not isinstance(cursor_part, int) or not 0 <= cursor_part <= _GREATEST_NUMBER:
        raise invalid_cursor()
    return cursor_part


def invalid_cursor() -> InvalidRequest:
    """Make the refusal of a cursor that we did not make."""
    return InvalidRequest([FieldProblem("/query/cursor", "invalid-cursor", "This cursor was not made here.")])


def link_next(request: Request, response: Response, base_url: str, next_cursor: str | None) -> None:
    """Name the next page in a `Link` header (RFC 8288), too."""
    if next_cursor is not None:
        address = request.url.include_query_params(cursor=next_cursor)
        response.headers["Link"] = f'<{base_url}{address.path}?{address.query}>; rel="next"'
