"""A table that somebody else wrote: its charset, its separator and its rows."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.errors import Refusal

_SEPARATORS = ",;\t|"
_LONGEST_CELL = 1_000_000
_CHARSETS = ("utf-8-sig", "cp1252")
"""What other services write."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row, and the line of the file on which it ends."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """A file, and how it is to be read."""

    file: Path
    charset: str
    separator: str
    headings: Sequence[str]

    def lines(self) -> Iterator[Line]:
        """Yield the rows that have anything in them, one at a time."""
        with self.file.open(encoding=self.charset, newline="") as stream:
            rows = csv.reader(stream, delimiter=self.separator)
            next(rows, None)
            for row in rows:
                if any(cell.strip() for cell in row):
                    yield Line(rows.line_num, dict(zip(self.headings, row, strict=False)))


def open_table(file: Path) -> Table:
    """Look how a file is to be read.

    Errors: `Refusal` when it cannot be, or has no headings that tell its columns apart.
    """
    csv.field_size_limit(_LONGEST_CELL)
    charset = _charset(file)
    with file.open(encoding=charset, newline="") as stream:
        first = stream.readline()
        separator = max(_SEPARATORS, key=first.count)
        stream.seek(0)
        headings = next(csv.reader(stream, delimiter=separator), [])
    headings = [heading.strip() for heading in headings]
    named = [heading for heading in headings if heading]
    if not named or len(set(named)) != len(named):
        raise Refusal(f"{file}: the first line must name the columns, each once.")
    return Table(file, charset, separator, headings)


def _charset(file: Path) -> str:
    for charset in _CHARSETS:
        try:
            with file.open(encoding=charset) as stream:
                while stream.read(1 << 16):
                    pass
        except UnicodeDecodeError:
            continue
        except OSError as error:
            raise Refusal(f"{file} cannot be read ({error.strerror}).") from None
        return charset
    raise Refusal(f"{file} is neither UTF-8 nor Windows-1252.")
