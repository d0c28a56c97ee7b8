"""Rows as an Office Open XML workbook (ECMA-376), streamed.

The libraries for it all go through files on the disk, in the clear, and what is sealed must not lie there. Cells are
texts that stand in place (`inlineStr`), which no spreadsheet takes for formulas, moments and whole numbers.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import IO, Any
from xml.sax.saxutils import escape

from app.leads.export.columns import Column, Row
from app.leads.export.formats import text_of

_MOST_ROWS = 1_000_000
_MOST_BYTES = 1_500_000_000
"""Of one sheet: under what Excel takes (1,048,576 rows), and what a ZIP file takes without its 64-bit extension."""
_LONGEST_TEXT = 32_767
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_DAY_ONE = datetime(1899, 12, 30)  # noqa: DTZ001 - where the calendar of spreadsheets begins
_DAY_SECONDS = 86_400

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_CONTENT = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_SHEET_HEAD = (
    f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" '
    'activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>'
)
_SHEET_TAIL = "</sheetData></worksheet>"
_STYLES = (
    f'{_XML}<styleSheet xmlns="{_MAIN}">'
    '<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>'
    '<fonts count="1"><font/></fonts><fills count="1"><fill><patternFill patternType="none"/></fill></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="2"><xf xfId="0"/><xf numFmtId="164" applyNumberFormat="1" xfId="0"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
_ROOT = (
    f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" Type="{_RELATIONS}/officeDocument" '
    'Target="xl/workbook.xml"/></Relationships>'
)


class _Sink(io.RawIOBase):
    """Takes what the archive writes, until somebody takes it away."""

    def __init__(self) -> None:
        super().__init__()
        self._held = bytearray()

    def writable(self) -> bool:
        """Say that it can be written to; that it cannot be sought in, is the default."""
        return True

    def write(self, data: Any) -> int:
        """Hold some bytes."""
        self._held += data
        return len(data)

    def take(self) -> bytes:
        """Return what came since the last time."""
        taken, self._held = bytes(self._held), bytearray()
        return taken


class XlsxWriter:
    """A workbook with as many sheets as the rows need."""

    media_type = f"{_CONTENT}.sheet"

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._sink = _Sink()
        self._archive = zipfile.ZipFile(self._sink, "w", zipfile.ZIP_DEFLATED)
        self._sheets = 0
        self._sheet: IO[bytes]
        self._rows = self._bytes = 0

    def head(self) -> bytes:
        """Begin the first sheet."""
        self._begin_sheet()
        return self._sink.take()

    def rows(self, rows: Iterable[Row]) -> bytes:
        """Return some rows."""
        for row in rows:
            if self._rows >= _MOST_ROWS or self._bytes >= _MOST_BYTES:
                self._end_sheet()
                self._begin_sheet()
            self._put(row)
        return self._sink.take()

    def tail(self) -> bytes:
        """End the last sheet, and say what the archive holds."""
        self._end_sheet()
        for name, text in _parts(self._sheets).items():
            self._archive.writestr(name, text)
        self._archive.close()
        return self._sink.take()

    def _begin_sheet(self) -> None:
        self._sheets += 1
        self._rows = self._bytes = 0
        self._sheet = self._archive.open(f"xl/worksheets/sheet{self._sheets}.xml", "w")
        self._sheet.write(_SHEET_HEAD.encode())
        self._put([column.value for column in self._columns])

    def _put(self, row: Row) -> None:
        text = f"<row>{''.join(map(_cell, row))}</row>".encode()
        self._sheet.write(text)
        self._rows += 1
        self._bytes += len(text)

    def _end_sheet(self) -> None:
        self._sheet.write(_SHEET_TAIL.encode())
        self._sheet.close()


def _cell(value: Any) -> str:
    if isinstance(value, datetime):
        days = (value.replace(tzinfo=None) - _DAY_ONE).total_seconds() / _DAY_SECONDS
        return f'<c s="1"><v>{days:.8f}</v></c>'
    if isinstance(value, int) and not isinstance(value, bool):
        return f"<c><v>{value}</v></c>"
    text = text_of(value)
    if not text:
        return "<c/>"
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(_UNFIT.sub("", text)[:_LONGEST_TEXT])}</t></is></c>'


def _parts(sheets: int) -> dict[str, str]:
    numbers = range(1, sheets + 1)
    overrides = {
        "/xl/workbook.xml": "sheet.main",
        "/xl/styles.xml": "styles",
        **{f"/xl/worksheets/sheet{number}.xml": "worksheet" for number in numbers},
    }
    types = "".join(
        f'<Override PartName="{name}" ContentType="{_CONTENT}.{kind}+xml"/>' for name, kind in overrides.items()
    )
    names = "".join(f'<sheet name="Leads {number}" sheetId="{number}" r:id="rId{number}"/>' for number in numbers)
    targets = "".join(
        f'<Relationship Id="rId{number}" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet{number}.xml"/>'
        for number in numbers
    )
    spaces = f'xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"'
    return {
        "xl/workbook.xml": f"{_XML}<workbook {spaces}><sheets>{names}</sheets></workbook>",
        "xl/styles.xml": _STYLES,
        "xl/_rels/workbook.xml.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{targets}'
        f'<Relationship Id="rId{sheets + 1}" Type="{_RELATIONS}/styles" Target="styles.xml"/></Relationships>',
        "_rels/.rels": _ROOT,
        "[Content_Types].xml": f'{_XML}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>{types}</Types>',
    }
