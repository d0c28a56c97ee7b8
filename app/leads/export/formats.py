"""Rows as text: CSV that spreadsheets open as it is meant, and JSON line by line."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol

import orjson
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from app.clock import rfc3339
from app.leads.export.columns import Column, Row

_E164 = re.compile(r"\+\d{6,15}")
_DIALLED = re.compile(r"\+\d{1,3} [\d ]+")
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠|%]|[\t\r\n]")
_LONGEST_COUNTRY_CODE = 3


class Writer(Protocol):
    """Makes a file of rows, a piece at a time."""

    media_type: str

    def head(self) -> bytes:
        """Return what comes before the rows."""

    def rows(self, rows: Iterable[Row]) -> bytes:
        """Return some rows."""

    def tail(self) -> bytes:
        """Return what comes after the rows."""


class CsvWriter:
    """CSV (RFC 4180) in UTF-8, with the mark by which Excel knows that; what looks like a formula is made text."""

    media_type = "text/csv; charset=utf-8"

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns

    def head(self) -> bytes:
        """Return the names of the columns."""
        return b"\xef\xbb\xbf" + self._lines([self._columns])

    def rows(self, rows: Iterable[Row]) -> bytes:
        """Return some lines."""
        return self._lines([[defused(text_of(value)) for value in row] for row in rows])

    def tail(self) -> bytes:
        """Return nothing: the last line is the end."""
        return b""

    def _lines(self, rows: Iterable[Sequence[str]]) -> bytes:
        lines = io.StringIO()
        csv.writer(lines).writerows(rows)
        return lines.getvalue().encode()


class NdjsonWriter:
    """One JSON object a line, each with the chosen columns."""

    media_type = "application/x-ndjson"

    def __init__(self, columns: Sequence[Column]) -> None:
        self._names = [column.value for column in columns]

    def head(self) -> bytes:
        """Return nothing: every line names its fields."""
        return b""

    def rows(self, rows: Iterable[Row]) -> bytes:
        """Return some lines."""
        return b"".join(
            orjson.dumps(dict(zip(self._names, map(_json, row), strict=True)), option=orjson.OPT_APPEND_NEWLINE)
            for row in rows
        )

    def tail(self) -> bytes:
        """Return nothing: the last line is the end."""
        return b""


def _json(value: Any) -> Any:
    return rfc3339(value) if isinstance(value, datetime) else value


def text_of(value: Any) -> str:
    """Return a value as a cell shows it."""
    match value:
        case None:
            text = ""
        case str():
            text = spaced(value)
        case bool():
            text = "yes" if value else "no"
        case datetime():
            text = rfc3339(value)
        case list():
            text = ", ".join(map(str, value))
        case {"amount": amount, "currency": currency, **more} if not more:
            text = f"{amount} {currency}"
        case dict():
            text = orjson.dumps(value).decode()
        case _:
            text = str(value)
    return text


def spaced(text: str) -> str:
    """Part a number's country code from the rest: `+44 7700900123`, which no spreadsheet takes for a sum."""
    if text[:1] != "+" or not _E164.fullmatch(text):
        return text
    for size in range(2, _LONGEST_COUNTRY_CODE + 2):
        if int(text[1:size]) in COUNTRY_CODE_TO_REGION_CODE:
            return f"{text[:size]} {text[size:]}"
    return text


def defused(text: str) -> str:
    """Put an apostrophe before what a spreadsheet might take for a formula; a phone number stays as it is."""
    # Nearly every text begins with a letter or a digit.
    if text[:1].isalnum() or not _FORMULA.match(text) or _DIALLED.fullmatch(text):
        return text
    return f"'{text}"
