"""Export leads: page after page, so that neither memory nor a transaction grows with their number."""

from collections.abc import AsyncIterator, Callable, Sequence
from enum import StrEnum

from app.access.auditing import note
from app.access.principals import Principal
from app.audit.actions import Action
from app.database import Database
from app.leads import queries
from app.leads.documents import open_parts
from app.leads.export.columns import Column, Row, row_of
from app.leads.export.formats import CsvWriter, NdjsonWriter, Writer
from app.leads.export.xlsx import XlsxWriter
from app.leads.masking import sees_contact
from app.leads.schemas import LeadFilters
from app.leads.search.terms import check_looked_for
from app.leads.service import find
from app.sealing.keyring import Keyring

_PAGE = 200
"""How many leads are opened before others get their turn: some 20 ms of work."""


class Format(StrEnum):
    """What kind of file."""

    CSV = "csv"
    XLSX = "xlsx"
    NDJSON = "ndjson"


_WRITERS: dict[Format, Callable[[Sequence[Column]], Writer]] = {
    Format.CSV: CsvWriter,
    Format.XLSX: XlsxWriter,
    Format.NDJSON: NdjsonWriter,
}


def writer_of(wanted: Format, columns: Sequence[Column]) -> Writer:
    """Make the writer of a file with these columns; none named: all."""
    return _WRITERS[wanted](columns or list(Column))


async def export(
    database: Database,
    keyring: Keyring,
    filters: LeadFilters,
    writer: Writer,
    columns: Sequence[Column],
    *,
    by: Principal | None = None,
) -> AsyncIterator[bytes]:
    """Return a file of the leads that a list with the same filters shows, in its order, a piece at a time.

    It is on the audit's record before the first piece goes out. Errors: `SearchNeedsContact`.
    """
    check_looked_for(filters, by)
    async with database.begin() as session:
        # Names only: what is looked for may be a person.
        filtered = sorted(filters.model_fields_set & LeadFilters.model_fields.keys())
        note(
            session, by, Action.LEADS_EXPORTED, "leads", media_type=writer.media_type, columns=columns, filters=filtered
        )
    return _pieces(writer, _pages(database, keyring, filters, columns or list(Column), by))


async def _pieces(writer: Writer, pages: AsyncIterator[list[Row]]) -> AsyncIterator[bytes]:
    yield writer.head()
    async for rows in pages:
        yield writer.rows(rows)
    yield writer.tail()


async def _pages(
    database: Database, keyring: Keyring, filters: LeadFilters, columns: Sequence[Column], by: Principal | None
) -> AsyncIterator[list[Row]]:
    unmasked = sees_contact(by)
    names = [column.value for column in columns]
    cursor: str | None = None
    while True:
        async with database.read() as session:
            hits, cursor = await find(session, keyring, filters, cursor=cursor, limit=_PAGE, by=by)
            leads = await queries.by_number(session, [listed.no for listed, _ in hits])
        yield [
            row_of(lead, open_parts(keyring.data_key(lead.id, wrapped), lead), names, unmasked=unmasked)
            for lead, wrapped in leads
        ]
        if cursor is None:
            return
