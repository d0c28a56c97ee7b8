"""Leads in figures."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from app.access.principals import Principal
from app.database import Database
from app.deliveries.schemas import DeliveryState
from app.leads.schemas import Status
from app.leads.stats import counting, queries
from app.leads.stats.asking import check_days, forms_asked
from app.leads.stats.models import DailyCount
from app.leads.stats.schemas import (
    CountryFigure,
    DayFigure,
    DeliveryHealth,
    FirstAnswer,
    FormFigure,
    SourceFigure,
    Stats,
)

_MOST_SOURCES = 50
_WAITING = (DeliveryState.PENDING.value, DeliveryState.SENDING.value)


async def stats(
    database: Database, first: date, last: date, form: str | None = None, *, by: Principal | None = None
) -> Stats:
    """Return the figures of the leads that were received from one day to another (UTC), both included.

    Errors: `InvalidRequest` when the days are too many or in the wrong order.
    """
    check_days(first, last)
    forms = forms_asked(form, by)
    await counting.keep_up(database)
    query = select(DailyCount.day, DailyCount.counts).where(
        DailyCount.day.between(str(first), str(last)), DailyCount.form_key.in_(forms or [counting.ALL_FORMS])
    )
    async with database.read() as session:
        rows = (await session.execute(query)).all()
        delivered = (await session.execute(queries.deliveries(first, last, forms))).all()
    return _stats(first, last, rows, _health(delivered))


def _stats(first: date, last: date, rows: Sequence[Any], deliveries: DeliveryHealth) -> Stats:
    sums: dict[str, Counter[str]] = {kind: Counter() for kind in counting.KINDS}
    days: Counter[str] = Counter()
    for day, counts in rows:
        for kind, values in counts.items():
            sums[kind].update(values)
        days[day] += sum(counts["status"].values())
    calendar = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return Stats(
        first_day=first,
        last_day=last,
        total=days.total(),
        days=[DayFigure(day=day, count=days[str(day)]) for day in calendar],
        statuses={status: sums["status"][status.value] for status in Status},
        sources=[SourceFigure(source=name or None, count=n) for name, n in _ranked(sums["source"])[:_MOST_SOURCES]],
        countries=[CountryFigure(country=name, count=count) for name, count in _ranked(sums["country"])],
        forms=[FormFigure(form=name, count=count) for name, count in _ranked(sums["form"])],
        first_answer=_first_answer(sums["answer"]),
        deliveries=deliveries,
    )


def _ranked(counts: Counter[str]) -> list[tuple[str, int]]:
    """Return the most frequent first; of equals, by the alphabet."""
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))


def _first_answer(minutes: Counter[str]) -> FirstAnswer:
    ordered = sorted((int(value), count) for value, count in minutes.items())
    answered = minutes.total()
    return FirstAnswer(
        answered=answered,
        median_minutes=_within(ordered, (answered + 1) // 2),
        p90_minutes=_within(ordered, -(-answered * 9 // 10)),
    )


def _within(ordered: Iterable[tuple[int, int]], rank: int) -> int | None:
    """Return the time of the answer of that rank, counted from 1 (nearest rank)."""
    for minutes, count in ordered:
        rank -= count
        if rank <= 0:
            return minutes
    return None


def _health(rows: Sequence[Any]) -> DeliveryHealth:
    count = {state: number for state, number, _ in rows}
    oldest = [moment for state, _, moment in rows if state in _WAITING]
    return DeliveryHealth(
        delivered=count.get(DeliveryState.DELIVERED.value, 0),
        failed=count.get(DeliveryState.FAILED.value, 0),
        waiting=sum(count.get(state, 0) for state in _WAITING),
        withheld=count.get(DeliveryState.WITHHELD.value, 0),
        cancelled=count.get(DeliveryState.CANCELLED.value, 0),
        oldest_waiting_at=min(oldest, default=None),
    )
