"""Reading leads: pages by keyset, one by id or reference, related ones by token."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, Uuid, and_, exists, func, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.types import TypeEngine

from app.bulk import Derived
from app.database import UtcDateTime
from app.ids import read_reference
from app.leads.models import Consent, Lead, LeadTag, SearchToken
from app.leads.schemas import LeadFilters, Sort
from app.leads.tokens import EPOCH_BITS, epoch_of
from app.paging import moment_in, number_in, read_cursor, write_cursor
from app.sealing.envelopes import SealingKey
from app.sealing.keyring import Keyring
from app.sealing.models import DataKey

_MOST_RELATED = 50
_WITH_KEY = select(Lead, DataKey.wrapped).select_from(Lead).join(DataKey, DataKey.lead_id == Lead.id)
_UNLISTED = {"inquiry", "attribution", "answers", "campaign", "held_reasons", "held_score", "rejected_at"}
# Tables, not models: of a list's rows no objects are made.
_LEADS, _TAGS, _KEYS = Lead.__table__, LeadTag.__table__, DataKey.__table__
LISTED = tuple(column for column in _LEADS.columns if column.name not in _UNLISTED)
"""A list shows who it is and no more: the long parts stay where they are."""
SHOWN_AS = tuple("form" if column.name == "form_key" else column.name for column in LISTED)
"""What the listed columns are called where they are shown."""
LISTED_WITH_KEY = select(*LISTED, _KEYS.c.wrapped).select_from(_LEADS.join(_KEYS, _KEYS.c.lead_id == _LEADS.c.id))
UNJUDGED = and_(Lead.held, ~Lead.test, Lead.rejected_at.is_(None))
"""Of held leads that nobody has judged, in the words of the index."""
_NOT_HELD, _NO_TEST = ~_LEADS.c.held, ~_LEADS.c.test
Listed = Any
"""A row that begins with the listed columns of a lead."""

_GIVEN_TOKENS: Mapping[str, TypeEngine[Any]] = {"lead_id": Uuid(), "tokens": Text()}
_TOKEN_COLUMNS = ("epoch", "token", "lead_no")
POSTGRESQL_TOKENS = Derived(
    f"SELECT no >> {EPOCH_BITS}, token, no FROM given JOIN new_leads ON new_leads.id = lead_id, "  # noqa: S608 - a number
    "unnest(string_to_array(tokens, ',')::bigint[]) AS token",
    _TOKEN_COLUMNS,
    _GIVEN_TOKENS,
)
"""Token rows of leads that are written by the same statement, of each lead's id and its tokens as `1,-2,3`."""
SQLITE_TOKENS = Derived(
    f"SELECT no >> {EPOCH_BITS}, value, no FROM given JOIN leads ON leads.id = lead_id, "  # noqa: S608 - a number
    "json_each('[' || tokens || ']') WHERE true",
    _TOKEN_COLUMNS,
    _GIVEN_TOKENS,
)


def page_of(filters: LeadFilters, forms: Sequence[str], cursor: str | None, limit: int) -> Select[*tuple[Any, ...]]:
    """Select the listed columns of leads with their wrapped data keys, in the order asked for, one more than `limit`.

    What is sealed is not judged here; `app.leads.search` does that.
    """
    moment, number = _place_columns(filters)
    order = [column.asc() if filters.sort is Sort.OLDEST else column.desc() for column in (moment, number)]
    query = LISTED_WITH_KEY
    if filters.tag:
        query = query.join(_TAGS, and_(_TAGS.c.lead_no == _LEADS.c.no, _TAGS.c.tag == filters.tag))
    query = query.where(*conditions(filters, forms)).order_by(*order).limit(limit + 1)
    if cursor is not None:
        place = _read_place(cursor)
        here = tuple_(moment, number)
        query = query.where(here > place if filters.sort is Sort.OLDEST else here < place)
    return query


def _place_columns(filters: LeadFilters) -> tuple[ColumnElement[Any], ColumnElement[int]]:
    """Return what a page is ordered by; a tag keeps its own leads in the order of their arrival."""
    if filters.sort is Sort.LATEST_CHANGE:
        return _LEADS.c.updated_at, _LEADS.c.no
    return (_TAGS.c.received_at, _TAGS.c.lead_no) if filters.tag else (_LEADS.c.received_at, _LEADS.c.no)


def _read_place(cursor: str) -> ColumnElement[Any]:
    moment, number = read_cursor(cursor, str, int)
    return tuple_(literal(moment_in(moment), UtcDateTime()), literal(number_in(number)))


def cursor_after(lead: Listed, sort: Sort) -> str:
    """Return the cursor of the page that begins behind a lead."""
    moment: datetime = lead.updated_at if sort is Sort.LATEST_CHANGE else lead.received_at
    return write_cursor(moment.isoformat(), lead.no)


def conditions(filters: LeadFilters, forms: Sequence[str]) -> Iterator[ColumnElement[bool]]:
    """Yield what the clear columns of a lead must say; `forms` limits who asks, empty means all. A tag is joined."""
    yield _LEADS.c.held if filters.held else _NOT_HELD
    yield _LEADS.c.test if filters.test else _NO_TEST
    if forms:
        yield _LEADS.c.form_key.in_(forms)
    if filters.status:
        yield _LEADS.c.status.in_([status.value for status in filters.status])
    if filters.unanswered is not None:
        yield _LEADS.c.answered_at.is_(None) if filters.unanswered else _LEADS.c.answered_at.is_not(None)
    for column, value in (
        (_LEADS.c.form_key, filters.form),
        (_LEADS.c.country, filters.country),
        (_LEADS.c.language, filters.language),
        (_LEADS.c.assignee, filters.assignee),
    ):
        if value is not None:
            yield column == value
    for moment, start, end in (
        (_LEADS.c.received_at, filters.received_from, filters.received_to),
        (_LEADS.c.updated_at, filters.updated_from, filters.updated_to),
    ):
        if start is not None:
            yield moment >= start
        if end is not None:
            yield moment < end


def has_tag(tag: str) -> ColumnElement[bool]:
    """Say that a lead has a tag, where no list is to be walked by it."""
    return exists().where(
        _TAGS.c.tag == tag, _TAGS.c.received_at == _LEADS.c.received_at, _TAGS.c.lead_no == _LEADS.c.no
    )


def by_id_or_reference(name: str) -> Select[Lead, bytes] | None:
    """Select one lead with its wrapped data key; None if the text is neither an id nor a reference."""
    column, value = named(name)
    return None if value is None else _WITH_KEY.where(column == value)


def named(name: str) -> tuple[InstrumentedAttribute[Any], UUID | str | None]:
    """Return the column that a name stands in, and its value there: an id, or a reference if it is one."""
    try:
        return Lead.id, UUID(name)
    except ValueError:
        return Lead.reference, read_reference(name)


async def lock(
    session: AsyncSession, keyring: Keyring, names: Sequence[str], forms: Sequence[str]
) -> list[tuple[Lead, SealingKey] | None]:
    """Return leads by id or reference, with their keys, in the order of their names; None for each that is not there.

    Nobody else changes them until the commit; locked by number, so that two who change the same ones never deadlock.
    """
    wanted = [named(name) for name in names]
    ids = [value for column, value in wanted if column is Lead.id]
    references = [value for column, value in wanted if column is Lead.reference and value is not None]
    query = _WITH_KEY.where(or_(Lead.id.in_(ids), Lead.reference.in_(references))).order_by(Lead.no)
    if forms:
        query = query.where(Lead.form_key.in_(forms))
    opened: dict[Any, tuple[Lead, SealingKey]] = {}
    for lead, wrapped in await session.execute(query.with_for_update(of=Lead)):
        opened[lead.id] = opened[lead.reference] = lead, keyring.data_key(lead.id, wrapped)
    return [opened.get(value) for _, value in wanted]


async def by_number(session: AsyncSession, numbers: Sequence[int]) -> list[tuple[Lead, bytes]]:
    """Return whole leads with their wrapped data keys, in the order of the numbers."""
    found = {lead.no: (lead, wrapped) for lead, wrapped in await session.execute(_WITH_KEY.where(Lead.no.in_(numbers)))}
    return [found[number] for number in numbers if number in found]


async def consents_of(session: AsyncSession, lead_ids: Sequence[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """Return the consents of leads as rows, always in the same order: all of a lead are given at one moment."""
    order = (Consent.purpose, Consent.recipient, Consent.id)
    found = await session.execute(select(Consent.__table__).where(Consent.lead_id.in_(lead_ids)).order_by(*order))
    rows: dict[UUID, list[dict[str, Any]]] = {lead_id: [] for lead_id in lead_ids}
    for row in found.mappings():
        rows[row["lead_id"]].append(dict(row))
    return rows


async def related(session: AsyncSession, lead: Lead, tokens: Sequence[int], forms: Sequence[str]) -> Sequence[Listed]:
    """Return the listed columns of the other leads that share a token, newest first.

    The index begins with the epoch, so it is asked once for each epoch and token: some 120 look-ups at a million leads.
    """
    if not tokens:
        return []
    newest = await session.scalar(select(func.max(Lead.no)))
    epochs = select(literal(epoch_of(newest or 0)).label("n")).cte("epochs", recursive=True)
    epochs = epochs.union_all(select(epochs.c.n - 1).where(epochs.c.n > 0))
    shared = (
        select(SearchToken.lead_no)
        .join(epochs, and_(SearchToken.epoch == epochs.c.n, SearchToken.token.in_(tokens)))
        .where(SearchToken.lead_no != lead.no)
        .distinct()
    )
    query = select(*LISTED).where(Lead.no.in_(shared)).order_by(Lead.no.desc()).limit(_MOST_RELATED)
    if forms:
        query = query.where(Lead.form_key.in_(forms))
    return (await session.execute(query)).all()


def count_unjudged(most: int) -> Select[int]:
    """Count the held leads that nobody has judged, up to `most`."""
    return select(func.count()).select_from(select(literal(1)).where(UNJUDGED).limit(most).subquery())


def oldest_unjudged() -> Select[datetime]:
    """Select when the oldest held lead came in that nobody has judged."""
    return select(func.min(Lead.received_at)).where(UNJUDGED)
