"""Bytes become a submission: three encodings, one shape. Nobody behind this asks how a request arrived."""

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Literal, NoReturn

from python_multipart.multipart import parse_options_header

from app.errors import AppError, FieldProblem
from app.intake.fields.encoded import (
    MOST_FIELDS,
    Pair,
    multipart_pairs,
    refuse,
    too_many_fields,
    urlencoded_pairs,
)
from app.intake.fields.nesting import nest
from app.intake.fields.pointer import is_unicode, pointer_to

DEEPEST = 6
"""How many objects and lists may stand in each other, the request itself included."""


class UnsupportedMediaType(AppError):
    """The body is in none of the three encodings."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    code = "unsupported-media-type"
    title = "Not in this encoding"
    explanation = (
        "Send application/json, application/x-www-form-urlencoded or multipart/form-data, and say which in the "
        "Content-Type header. Scripts have to set it themselves."
    )

    def __init__(self) -> None:
        super().__init__("Send JSON or a form, and say which in the Content-Type header.")


@dataclass(frozen=True, slots=True)
class Submission:
    """What was sent, read but not yet judged."""

    encoding: Literal["json", "form", "multipart"]
    fields: dict[str, Any]
    """The fields in the shape that they have in JSON, line ends as line feeds."""
    typed: dict[str, list[str]] = field(default_factory=dict)
    """What a form's visitor typed, by the names of the form, for drawing the page again. Empty for JSON."""
    problems: list[FieldProblem] = field(default_factory=list)
    """Single fields that could not be read. They are refused with all others, so that the page can be drawn again."""


def read_body(content_type: str | None, raw: bytes) -> Submission:
    """Read a body in its declared encoding.

    Errors: `UnsupportedMediaType`; `InvalidRequest` when the body as a whole cannot be read.
    """
    if content_type == "application/json":
        return Submission("json", _read_json(raw))
    media, parameters = _content_type(content_type)
    charset = parameters.get(b"charset", b"").decode("latin-1") or None
    match media:
        case b"application/json":
            return Submission("json", _read_json(raw))
        case b"application/x-www-form-urlencoded":
            return _form("form", urlencoded_pairs(raw, charset))
        case b"multipart/form-data":
            return _form("multipart", multipart_pairs(raw, parameters.get(b"boundary", b""), charset))
        case _:
            raise UnsupportedMediaType


def _content_type(text: str | None) -> tuple[bytes, dict[bytes, bytes]]:
    try:
        return parse_options_header(text)
    except UnicodeEncodeError:
        raise UnsupportedMediaType from None


def _form(encoding: Literal["form", "multipart"], pairs: Iterable[Pair]) -> Submission:
    read = [Pair(pair.name, _lines(pair.value), pair.code, pair.message) for pair in pairs]
    typed: dict[str, list[str]] = {}
    for pair in read:
        typed.setdefault(pair.name, []).append(pair.value)
    nested = nest(read)
    return Submission(encoding, nested.fields, typed, nested.problems)


def _lines(text: str) -> str:
    """Write line ends as line feeds; browsers send a carriage return before each."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _read_json(raw: bytes) -> dict[str, Any]:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise refuse("invalid-encoding", "The body is not UTF-8.") from None
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_no_number)
    except RecursionError:
        raise _too_deep() from None
    except ValueError:
        # A JSONDecodeError, or an integer with more digits than Python reads.
        raise refuse("invalid-json", "The body is not JSON.") from None
    if not isinstance(value, dict):
        raise refuse("invalid-json", "The body must be one JSON object.")
    fields: dict[str, Any] = _Tidying().tidy(value, ())
    return fields


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise refuse("duplicate-field", "A field came more than once.")
    return members


def _no_number(_: str) -> NoReturn:
    raise refuse("invalid-json", "NaN and Infinity are not JSON.")


def _too_deep() -> AppError:
    return refuse("too-deep", f"At most {DEEPEST} objects and lists may stand in each other.")


class _Tidying:
    """Walks through a JSON value, counts its fields, and refuses what JSON can spell but nobody can store."""

    def __init__(self) -> None:
        self._count = 0

    def tidy(self, value: Any, place: tuple[str | int, ...]) -> Any:
        """Return the value with its line ends as line feeds."""
        if isinstance(value, str):
            if not is_unicode(value):
                raise refuse("invalid-encoding", "This text holds half of a character.", pointer_to(*place))
            return _lines(value)
        if isinstance(value, float) and not math.isfinite(value):
            raise refuse("number-out-of-range", "This number is too large.", pointer_to(*place))
        if not isinstance(value, dict | list):
            return value
        if len(place) >= DEEPEST:
            raise _too_deep()
        self._count += len(value)
        if self._count > MOST_FIELDS:
            raise too_many_fields()
        return self._inside(value, place)

    def _inside(self, value: dict[str, Any] | list[Any], place: tuple[str | int, ...]) -> Any:
        if isinstance(value, list):
            return [self.tidy(item, (*place, number)) for number, item in enumerate(value)]
        if not all(map(is_unicode, value)):
            raise refuse("invalid-encoding", "The name of a field holds half of a character.", pointer_to(*place))
        return {name: self.tidy(member, (*place, name)) for name, member in value.items()}
