"""What looks at all leads: the figures of a year, and a file of everything; beside the same on the plain table."""

import csv
import io
import os
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, func, select, tuple_

from app.database import Database
from app.leads.export.service import Format, export, writer_of
from app.leads.schemas import LeadFilters
from app.leads.stats.service import stats
from app.sealing.keyring import Keyring
from benchmarks.people import PLAIN
from benchmarks.processes import memory_bytes
from benchmarks.report import Report, Target
from benchmarks.timing import timed

_RUNS = 20
_YEAR = timedelta(days=365)
_SHOWN = ~PLAIN.c.held, ~PLAIN.c.test
_PAGE = 1_000
_FLAT = Target(1.1, at_most=True)


async def measure(report: Report, kind: str, database: Database, keyring: Keyring) -> None:
    """Measure both, and hold their counts against each other."""
    today = datetime.now(UTC).date()

    async def ours() -> int:
        return (await stats(database, today - _YEAR, today)).total

    async def plain() -> int:
        async with database.read() as session:
            for facts in ((func.date(PLAIN.c.received_at), PLAIN.c.status), (PLAIN.c.country,)):
                rows = (await session.execute(select(*facts, func.count()).where(*_SHOWN).group_by(*facts))).all()
        return sum(row[-1] for row in rows)

    counted_in, total = await timed(ours())
    report.add(f"{kind}: figures of a year, counted for the first time", "ms", [counted_in])
    taken = [(await timed(ours()), await timed(plain())) for _ in range(_RUNS)]
    if {count for pair in taken for _, count in pair} != {total}:
        raise RuntimeError("The figures of a year differ.")
    report.add(f"{kind}: figures of a year", "ms", [one[0] for one, _ in taken])
    report.add("    two GROUP BY on the plain table", "ms", [other[0] for _, other in taken])
    report.ratio(f"{kind}: figures of a year/plain", [one[0] for one, _ in taken], [other[0] for _, other in taken])
    await _files(report, kind, database, keyring, total)


async def _files(report: Report, kind: str, database: Database, keyring: Keyring, leads: int) -> None:
    sealed = await export(database, keyring, LeadFilters(), writer_of(Format.CSV, ()), ())
    seconds, held = await _drain(sealed)
    report.add(f"{kind}: a CSV of {leads:,} leads", "leads/s", [leads / seconds])
    report.ratio(f"{kind}: memory at its end/at a tenth of it", held[-1:], held[len(held) // 10 :][:1], _FLAT)
    bare, _ = await _drain(_plain_file(database))
    report.add("    from the plain table", "leads/s", [leads / bare])
    report.ratio(f"{kind}: export/plain", [bare], [seconds])


async def _plain_file(database: Database) -> AsyncIterator[bytes]:
    place = PLAIN.c.received_at, PLAIN.c.no
    query = select(PLAIN).where(*_SHOWN).order_by(*(column.desc() for column in place)).limit(_PAGE)
    behind: list[ColumnElement[bool]] = []
    while True:
        async with database.read() as session:
            page = (await session.execute(query.where(*behind))).all()
        text = io.StringIO()
        csv.writer(text).writerows(page)
        yield text.getvalue().encode()
        if len(page) < _PAGE:
            return
        behind = [tuple_(*place) < tuple_(page[-1].received_at, page[-1].no)]


async def _drain(pieces: AsyncIterator[bytes]) -> tuple[float, list[int]]:
    """Take a file to its end; return the seconds, and the memory of this process after each piece."""
    began = time.perf_counter()
    held = [memory_bytes(os.getpid()) async for _ in pieces]
    return time.perf_counter() - began, held
