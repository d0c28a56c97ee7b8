"""Counting leads: which days changed, and what is on them, in the words of each database."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    String,
    Uuid,
    cast,
    extract,
    func,
    literal,
    select,
    text,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncSession

from app.deliveries.models import Delivery, Event
from app.leads.changes.queries import Place
from app.leads.models import WERE_HELD, Lead

_COUNTED = (Lead.held.is_(False), Lead.test.is_(False))


def start_of(day: date) -> datetime:
    """Return the moment a day begins, in UTC."""
    return datetime.combine(day, time(), UTC)


def _between(moment: Any, first: date, last: date) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return moment >= start_of(first), moment < start_of(last + timedelta(days=1))


def _day(session: AsyncSession) -> ColumnElement[str]:
    if session.get_bind().dialect.name == "sqlite":
        return func.substr(Lead.received_at, 1, 10, type_=String())
    return func.to_char(func.timezone("UTC", Lead.received_at), "YYYY-MM-DD", type_=String())


def _seconds(session: AsyncSession, moment: ColumnElement[Any]) -> ColumnElement[int]:
    if session.get_bind().dialect.name == "sqlite":
        return cast(func.strftime("%s", moment), Integer)
    return cast(func.floor(extract("epoch", moment)), BigInteger)


async def changed_days(session: AsyncSession, behind: Place) -> set[str]:
    """Return the days of all leads that changed behind a place, settled or not."""
    there = tuple_(literal(behind.number), literal(behind.event_id, Uuid()))
    days = select(_day(session)).join(Event, Event.lead_id == Lead.id).where(tuple_(Event.place, Event.id) > there)
    return set(await session.scalars(days.distinct()))


async def all_days(session: AsyncSession) -> set[str]:
    """Return every day from the first lead's to the last one's."""
    bounds = select(func.min(Lead.received_at), func.max(Lead.received_at))
    first, last = (await session.execute(bounds)).one()
    if first is None:
        return set()
    return {str(first.date() + timedelta(days=number)) for number in range((last.date() - first.date()).days + 1)}


async def counted(session: AsyncSession, first: date, last: date) -> Sequence[Any]:
    """Count the leads of some days by day, form, status, country and source."""
    source = Lead.campaign["utm_source"].as_string().label("source")
    facts = (
        select(_day(session).label("day"), Lead.form_key, Lead.status, Lead.country, source)
        .where(*_between(Lead.received_at, first, last), *_COUNTED)
        .subquery()
    )
    return (await session.execute(select(*facts.c, func.count()).group_by(*facts.c))).all()


async def answered(session: AsyncSession, first: date, last: date) -> Sequence[Any]:
    """Return day, form and seconds until the first answer of the answered leads of some days."""
    facts = (
        select(_day(session).label("day"), Lead.form_key, Lead.received_at, Lead.answered_at)
        .where(*_between(Lead.received_at, first, last), *_COUNTED)
        .subquery()
    )
    seconds = _seconds(session, facts.c.answered_at) - _seconds(session, facts.c.received_at)
    query = select(facts.c.day, facts.c.form_key, seconds).where(facts.c.answered_at.is_not(None))
    return (await session.execute(query)).all()


def held(first: date, last: date, forms: Sequence[str]) -> Select[*tuple[Any, ...]]:
    """Count the leads of some days that were held, by reasons, held still, rejected; with the oldest of each."""
    state = (Lead.held_reasons, Lead.held, Lead.rejected_at.is_not(None))
    # The index finds them by these very words.
    were_held = (text(WERE_HELD), Lead.test.is_(False), *_between(Lead.received_at, first, last))
    query = select(*state, func.count(), func.min(Lead.received_at)).where(*were_held).group_by(*state)
    return query.where(Lead.form_key.in_(forms)) if forms else query


def deliveries(first: date, last: date, forms: Sequence[str]) -> Select[str, int, datetime]:
    """Count the deliveries promised in some days by state, with the oldest of each."""
    query = select(Delivery.state, func.count(), func.min(Delivery.created_at))
    if forms:
        query = query.join(Event, Event.id == Delivery.event_id).where(Event.form_key.in_(forms))
    return query.where(*_between(Delivery.created_at, first, last)).group_by(Delivery.state)
