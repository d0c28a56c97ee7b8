"""Reading leads: pages by keyset, one by id or reference, related ones by token."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, Uuid, and_, func, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import TypeEngine

from app.bulk import Derived
from app.database import UtcDateTime
from app.ids import read_reference
from app.leads.models import Consent, Lead, SearchToken
from app.leads.schemas import LeadFilters
from app.leads.tokens import EPOCH_BITS, epoch_of
from app.paging import moment_in, number_in, read_cursor, write_cursor
from app.sealing.models import DataKey

_MOST_RELATED = 50

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


def page_of(filters: LeadFilters, forms: Sequence[str], cursor: str | None, limit: int) -> Select[Lead, bytes]:
    """Select leads with their wrapped data keys, newest first, one more than `limit`."""
    query = (
        select(Lead, DataKey.wrapped)
        .join(DataKey, DataKey.lead_id == Lead.id)
        .where(Lead.held == filters.held, Lead.test == filters.test)
        .order_by(Lead.received_at.desc(), Lead.no.desc())
        .limit(limit + 1)
    )
    if forms:
        query = query.where(Lead.form_key.in_(forms))
    if filters.status:
        query = query.where(Lead.status.in_([status.value for status in filters.status]))
    if filters.form:
        query = query.where(Lead.form_key == filters.form)
    if filters.country:
        query = query.where(Lead.country == filters.country)
    if filters.received_from:
        query = query.where(Lead.received_at >= filters.received_from)
    if filters.received_to:
        query = query.where(Lead.received_at < filters.received_to)
    return query if cursor is None else query.where(_behind(cursor))


def _behind(cursor: str) -> ColumnElement[bool]:
    moment, number = read_cursor(cursor, str, int)
    place = tuple_(literal(moment_in(moment), UtcDateTime()), literal(number_in(number)))
    return tuple_(Lead.received_at, Lead.no) < place


def cursor_after(lead: Lead) -> str:
    """Return the cursor of the page that begins behind a lead."""
    return write_cursor(lead.received_at.isoformat(), lead.no)


def by_id_or_reference(name: str) -> Select[Lead, bytes] | None:
    """Select one lead with its wrapped data key; None if the text is neither an id nor a reference."""
    query = select(Lead, DataKey.wrapped).join(DataKey, DataKey.lead_id == Lead.id)
    try:
        return query.where(Lead.id == UUID(name))
    except ValueError:
        reference = read_reference(name)
        return None if reference is None else query.where(Lead.reference == reference)


async def consents_of(session: AsyncSession, lead_id: UUID) -> list[dict[str, Any]]:
    """Return a lead's consents as rows, always in the same order: all are given at one moment."""
    order = (Consent.purpose, Consent.recipient, Consent.id)
    found = await session.execute(select(Consent.__table__).where(Consent.lead_id == lead_id).order_by(*order))
    return [dict(row) for row in found.mappings()]


async def related(session: AsyncSession, lead: Lead, tokens: Sequence[int], forms: Sequence[str]) -> list[Lead]:
    """Return the other leads that share a token, newest first.

    The index begins with the epoch, so it is asked once for each epoch and token: some 500 look-ups at a million leads.
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
    query = select(Lead).where(Lead.no.in_(shared)).order_by(Lead.no.desc()).limit(_MOST_RELATED)
    if forms:
        query = query.where(Lead.form_key.in_(forms))
    return list(await session.scalars(query))
