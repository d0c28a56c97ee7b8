"""Counts the days anew on which something changed; what was counted before stays.

Which days those are the changes themselves say, and for erased leads a note that the database takes. A day is always
counted whole, from the leads, so that no error can add up.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import Database
from app.leads.changes import service as changes
from app.leads.changes.queries import Frontier, Place, frontier, newest
from app.leads.stats import queries
from app.leads.stats.models import Counting, DailyCount, StaleDay

KINDS = ("status", "country", "source", "form", "answer")
ALL_FORMS = ""
"""In the place of a form's key: every form together, so that a year of them all is 365 rows."""
_LONGEST_STRETCH = 31
"""How many days are counted by one statement."""
_DIGITS = 3

Counts = dict[str, Counter[str]]


@dataclass(frozen=True, slots=True)
class _Counted:
    version: int
    until: Frontier
    end: Place
    days: set[str]
    stale: list[int]
    """The notes that are settled by it."""
    counts: dict[tuple[str, str], Counts]


async def keep_up(database: Database) -> None:
    """Count whatever changed since the last time. Of two at once, the second one begins again."""
    while True:
        async with database.read() as session:
            found = await _count(session)
        if found.until.foreign:
            await changes.begin_epoch(database)
            continue
        if not found.days:
            return
        async with database.begin() as session:
            if await _write(session, found):
                return


async def _count(session: AsyncSession) -> _Counted:
    before = (await session.scalars(select(Counting))).one()
    until = await frontier(session)
    notes = (await session.execute(select(StaleDay.no, StaleDay.day))).all()
    if before.epoch == until.epoch:
        days = await queries.changed_days(session, Place(before.place, before.event_id))
    else:
        days = await queries.all_days(session)
    days |= {day for _, day in notes}
    # Read last: whatever is counted was committed by now, and a change that is not settled yet is looked at again.
    return _Counted(
        version=before.version,
        until=until,
        end=await newest(session, until),
        days=days,
        stale=[number for number, _ in notes],
        counts=await _recount(session, days),
    )


async def _recount(session: AsyncSession, days: Iterable[str]) -> dict[tuple[str, str], Counts]:
    found: dict[tuple[str, str], Counts] = defaultdict(lambda: {kind: Counter() for kind in KINDS})
    for first, last in _stretches(days):
        for day, form, status, country, source, count in await queries.counted(session, first, last):
            for of in (form, ALL_FORMS):
                for kind, value in zip(KINDS, (status, country, source or "", form), strict=False):
                    found[day, of][kind][value] += count
        for day, form, seconds in await queries.answered(session, first, last):
            for of in (form, ALL_FORMS):
                found[day, of]["answer"][str(rounded(seconds // 60))] += 1
    return found


def _stretches(days: Iterable[str]) -> Iterator[tuple[date, date]]:
    """Join neighbouring days, so that few statements count many."""
    first = last = None
    for day in sorted(map(date.fromisoformat, days)):
        if first is None or last is None:
            first = day
        elif day - last > timedelta(days=1) or (day - first).days >= _LONGEST_STRETCH:
            yield first, last
            first = day
        last = day
    if first is not None and last is not None:
        yield first, last


def rounded(minutes: int) -> int:
    """Cut a time to three digits, which keeps the order of times and so what half of them lie within."""
    minutes = max(minutes, 0)
    step: int = 10 ** max(len(str(minutes)) - _DIGITS, 0)
    return minutes // step * step


async def _write(session: AsyncSession, found: _Counted) -> bool:
    """Put the new counts in the place of the old ones, unless somebody else did meanwhile."""
    mine = update(Counting).where(Counting.version == found.version).returning(Counting.id)
    place = {"epoch": found.until.epoch, "place": found.end.number, "event_id": found.end.event_id}
    if await session.scalar(mine.values(version=found.version + 1, **place)) is None:
        return False
    for some in _in_turn(sorted(found.days)):
        await session.execute(delete(DailyCount).where(DailyCount.day.in_(some)))
    for some in _in_turn(found.stale):
        await session.execute(delete(StaleDay).where(StaleDay.no.in_(some)))
    rows = [{"day": day, "form_key": form, "counts": counts} for (day, form), counts in sorted(found.counts.items())]
    if rows:
        await session.execute(insert(DailyCount), rows)
    return True


def _in_turn(values: list[Any]) -> Iterator[list[Any]]:
    return (values[at : at + 500] for at in range(0, len(values), 500))
