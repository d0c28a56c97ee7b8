"""Files that spreadsheets and programs read as they are meant."""

import csv
import io
import zipfile
from datetime import UTC, datetime
from typing import Any

import openpyxl
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.leads.export import xlsx
from app.leads.export.columns import Column
from app.leads.export.formats import CsvWriter, NdjsonWriter, Writer, defused, spaced, text_of
from app.leads.export.xlsx import XlsxWriter

COLUMNS = [Column.REFERENCE, Column.NAME, Column.RECEIVED_AT, Column.PATIENT_AGE, Column.ANSWERS]
WHEN = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ROW: list[Any] = ["FQ-7K3M9-QXD4H", 'Miloš "Čapek", Ltd\nIInd line', WHEN, 52, {"favourite_colour": "=indigo"}]
FORMULAS = ["=1+1", "@SUM(A1)", "-2+3", "+1+cmd|' /C calc'!A0", "\t=1", "＝1+1", " =1", "|x", "%0A"]


def _file(writer: Writer, *pages: list[list[Any]]) -> bytes:
    return writer.head() + b"".join(writer.rows(page) for page in pages) + writer.tail()


def _cells(file: bytes) -> list[list[Any]]:
    sheets = openpyxl.load_workbook(io.BytesIO(file), read_only=True).worksheets
    return [list(row) for sheet in sheets for row in sheet.iter_rows(values_only=True)]


def test_csv_is_utf_8_that_excel_knows_as_such_and_reads_back() -> None:
    file = _file(CsvWriter(COLUMNS), [ROW], [ROW])
    assert file.startswith(b"\xef\xbb\xbfreference,name,received_at,patient_age,answers\r\n")
    rows = list(csv.reader(io.StringIO(file.decode("utf-8-sig"), newline="")))
    assert rows[1] == rows[2] == [ROW[0], ROW[1], "2026-03-02T09:30:00Z", "52", '{"favourite_colour":"=indigo"}']


@pytest.mark.parametrize("text", FORMULAS)
def test_what_looks_like_a_formula_is_made_text(text: str) -> None:
    (_, (cell,)) = csv.reader(io.StringIO(_file(CsvWriter([Column.NAME]), [[text]]).decode("utf-8-sig"), newline=""))
    assert cell == f"'{text}"


@pytest.mark.parametrize(
    ("number", "shown"),
    [("+447700900123", "+44 7700900123"), ("+34612345678", "+34 612345678"), ("+3545812345", "+354 5812345")],
)
def test_a_phone_number_stays_readable_and_is_no_sum(number: str, shown: str) -> None:
    assert defused(text_of(number)) == spaced(number) == shown


@given(st.text("=+-@ \tab1'"))
@settings(max_examples=50, deadline=None)
def test_no_cell_of_a_csv_begins_a_formula(text: str) -> None:
    shown = defused(text_of(text))
    assert not shown.lstrip().startswith(("=", "@", "-")) or shown == text == ""
    assert shown in {text, f"'{text}", spaced(text)}


def test_json_lines_keep_what_is_no_text() -> None:
    (line,) = _file(NdjsonWriter(COLUMNS), [ROW]).splitlines()
    assert orjson.loads(line) == {
        **dict(zip([column.value for column in COLUMNS], ROW, strict=True)),
        "received_at": "2026-03-02T09:30:00Z",
    }


def test_a_workbook_holds_texts_moments_and_numbers() -> None:
    head, *rows = _cells(_file(XlsxWriter(COLUMNS), [ROW], [[None, "=1+1", None, 0, None]]))
    assert head == [column.value for column in COLUMNS]
    assert rows == [
        [ROW[0], ROW[1], datetime(2026, 3, 2, 9, 30), 52, '{"favourite_colour":"=indigo"}'],  # noqa: DTZ001 - as read
        [None, "=1+1", None, 0, None],
    ]


def test_a_workbook_holds_no_formula_and_is_whole() -> None:
    with zipfile.ZipFile(io.BytesIO(_file(XlsxWriter([Column.NAME]), [[text] for text in FORMULAS]))) as archive:
        assert archive.testzip() is None
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


def test_what_xml_cannot_hold_is_left_out_of_a_workbook() -> None:
    assert _cells(_file(XlsxWriter([Column.NAME]), [["a\x00\x0b\ufffeb<&>"]]))[1:] == [["ab<&>"]]


def test_more_rows_than_a_sheet_takes_go_on_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "_MOST_ROWS", 3)
    cells = _cells(_file(XlsxWriter([Column.PATIENT_AGE]), [[age] for age in range(5)]))
    assert cells == [["patient_age"], [0], [1], ["patient_age"], [2], [3], ["patient_age"], [4]]
