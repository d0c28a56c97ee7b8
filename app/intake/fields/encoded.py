"""Forms as browsers send them: bytes become pairs of names and texts, in the charset that was declared."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from app.errors import FieldProblem, InvalidRequest
from app.intake.fields.charset import DEFAULT_CHARSET, codec_of

MOST_FIELDS = 200
_BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_CHARSET_FIELD = b"_charset_"
_PLAIN_TRANSFER = {b"", b"7bit", b"8bit", b"binary"}


@dataclass(frozen=True, slots=True)
class Pair:
    """One field of a form. A text that could not be read shows U+FFFD and says why it is not right."""

    name: str
    value: str
    code: str | None = None
    message: str = ""


@dataclass(slots=True)
class _Part:
    """One field as bytes, with what a multipart part says of itself."""

    name: bytes = b""
    value: bytearray = field(default_factory=bytearray)
    charset: str | None = None
    is_file: bool = False
    headers: dict[bytes, bytes] = field(default_factory=dict)


def refuse(code: str, message: str, pointer: str = "") -> InvalidRequest:
    """Make the refusal of a whole body."""
    return InvalidRequest([FieldProblem(pointer, code, message)])


def too_many_fields() -> InvalidRequest:
    """Make the refusal of a body with more fields than anybody fills in."""
    return refuse("too-many-fields", f"A request has at most {MOST_FIELDS} fields.")


def urlencoded_pairs(raw: bytes, charset: str | None) -> list[Pair]:
    """Return the fields of `application/x-www-form-urlencoded`, in order.

    Errors: `InvalidRequest` when the body as a whole cannot be read.
    """
    if raw.count(b"&") >= MOST_FIELDS:
        raise too_many_fields()
    if _BROKEN_ESCAPE.search(raw):
        raise refuse("invalid-encoding", "Each % must be followed by two hexadecimal digits.")
    parts = []
    for segment in raw.replace(b"+", b" ").split(b"&"):
        name, _, value = segment.partition(b"=")
        if segment:
            parts.append(_Part(unquote_to_bytes(name), bytearray(unquote_to_bytes(value))))
    return list(_decoded(parts, charset))


def multipart_pairs(raw: bytes, boundary: bytes, charset: str | None) -> list[Pair]:
    """Return the text fields of `multipart/form-data` (RFC 7578), in order; a file becomes a pair with a problem.

    Errors: `InvalidRequest` when the body as a whole cannot be read.
    """
    reading = _MultipartReading()
    try:
        MultipartParser(boundary, reading.callbacks()).write(raw)  # type: ignore[arg-type]
    except FormParserError:
        raise _broken_multipart() from None
    if not reading.complete:
        raise _broken_multipart()
    return list(_decoded(reading.parts, charset))


class _MultipartReading:
    """Gathers what the parser finds."""

    def __init__(self) -> None:
        self.parts: list[_Part] = []
        self.complete = False
        self._header_name = bytearray()
        self._header_value = bytearray()

    def callbacks(self) -> dict[str, object]:
        """Return what the parser is to call."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._header_name.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._header_value.extend(data[start:end]),
            "on_header_end": self._end_header,
            "on_headers_finished": self._describe,
            "on_part_data": lambda data, start, end: self.parts[-1].value.extend(data[start:end]),
            "on_end": self._end,
        }

    def _begin(self) -> None:
        if len(self.parts) >= MOST_FIELDS:
            raise too_many_fields()
        self.parts.append(_Part())

    def _end_header(self) -> None:
        self.parts[-1].headers[bytes(self._header_name).lower()] = bytes(self._header_value)
        self._header_name.clear()
        self._header_value.clear()

    def _describe(self) -> None:
        part = self.parts[-1]
        told = part.headers.get(b"content-disposition", b"")
        _, disposition = parse_options_header(told)
        _, media = parse_options_header(part.headers.get(b"content-type"))
        transfer = part.headers.get(b"content-transfer-encoding", b"").strip().lower()
        if b"name" not in disposition or transfer not in _PLAIN_TRANSFER:
            raise _broken_multipart()
        part.name = disposition[b"name"]
        # The parser drops this way of naming a file, which RFC 7578 §4.2 forbids.
        part.is_file = b"filename" in disposition or b"filename*" in told.lower()
        part.charset = media[b"charset"].decode("latin-1") if b"charset" in media else None

    def _end(self) -> None:
        self.complete = True


def _broken_multipart() -> InvalidRequest:
    return refuse("invalid-multipart", "The body is not complete multipart/form-data of plain text fields.")


def _decoded(parts: list[_Part], charset: str | None) -> Iterator[Pair]:
    told = next((bytes(part.value).decode("latin-1") for part in parts if part.name == _CHARSET_FIELD), "")
    codec = _codec(charset or told or DEFAULT_CHARSET)
    for part in parts:
        if part.name == _CHARSET_FIELD or (part.is_file and not part.value):
            continue
        yield _pair(part, codec)


def _pair(part: _Part, codec: str) -> Pair:
    try:
        name = part.name.decode(codec)
    except UnicodeDecodeError:
        raise refuse("invalid-encoding", "The name of a field is not in the declared charset.") from None
    if part.is_file:
        return Pair(name, "", "file-not-accepted", "Files are not accepted here.")
    own = _codec(part.charset) if part.charset else codec
    try:
        return Pair(name, part.value.decode(own))
    except UnicodeDecodeError:
        message = "This text is not in the declared charset. Please write it again."
        return Pair(name, part.value.decode(own, "replace"), "invalid-encoding", message)


def _codec(label: str) -> str:
    codec = codec_of(label)
    if codec is None:
        raise refuse("unsupported-charset", "Send the form in UTF-8.")
    return codec
