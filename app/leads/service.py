"""Read and change leads."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.auditing import note
from app.access.principals import Principal
from app.audit.actions import Action
from app.database import Database
from app.leads import queries, timeline
from app.leads.changing import Desk, alter, carry_out, change_one, let_go, mark_as_spam, one, several
from app.leads.errors import LeadNotFound
from app.leads.masking import sees_contact
from app.leads.models import Lead, LeadStep
from app.leads.schemas import LeadChange, LeadFilters, LeadOut, LeadSummary
from app.leads.search import finding
from app.leads.search.finding import Hit
from app.leads.search.terms import check_looked_for, terms_of
from app.leads.showing import opened, summary, summary_of, whole
from app.leads.timeline import TimelineEntry
from app.paging import MAX_LIMIT, Page
from app.sealing.envelopes import SealingKey
from app.sealing.keyring import Keyring


async def list_leads(
    database: Database,
    keyring: Keyring,
    filters: LeadFilters,
    *,
    cursor: str | None,
    limit: int,
    by: Principal | None = None,
) -> Page[LeadSummary]:
    """Return one page of leads. `by` is the key that asks; nobody on the command line sees all.

    Errors: `SearchNeedsContact`; `InvalidRequest` as `app.leads.search.finding` has them.
    """
    async with database.read() as session:
        hits, next_cursor = await find(session, keyring, filters, cursor=cursor, limit=limit, by=by)
    return Page([summary(lead, person, by) for lead, person in hits], next_cursor)


async def find(
    session: AsyncSession,
    keyring: Keyring,
    filters: LeadFilters,
    *,
    cursor: str | None,
    limit: int,
    by: Principal | None,
) -> tuple[list[Hit], str | None]:
    """Return the leads of one page, as listed rows with who they are of, and the cursor behind them.

    Errors: `SearchNeedsContact`; `InvalidRequest` as `app.leads.search.finding` has them.
    """
    check_looked_for(filters, by)
    forms = sorted(by.forms) if by else []
    if terms := terms_of(filters):
        by_words = sees_contact(by)
        return await finding.find(
            session, keyring, terms, filters, forms, cursor=cursor, limit=limit, by_words=by_words
        )
    rows = (await session.execute(queries.page_of(filters, forms, cursor, limit))).all()
    hits = [(row, opened(keyring, row, row.wrapped)) for row in rows[:limit]]
    return hits, queries.cursor_after(rows[limit - 1], filters.sort) if len(rows) > limit else None


async def show(database: Database, keyring: Keyring, name: str, *, by: Principal | None = None) -> LeadOut:
    """Return one lead, whole, by id or reference, or raise `LeadNotFound`. Opening one is a deliberate act: audited."""
    async with database.begin() as session:
        lead, key = await load(session, keyring, name, by)
        note(session, by, Action.LEAD_OPENED, f"lead:{lead.id}")
        return await whole(session, keyring, lead, key, by)


async def load(session: AsyncSession, keyring: Keyring, name: str, by: Principal | None) -> tuple[Lead, SealingKey]:
    """Return one lead that `by` may see with its key, by id or reference, or raise `LeadNotFound`."""
    query = queries.by_id_or_reference(name)
    row = (await session.execute(query)).first() if query is not None else None
    if row is None or (by is not None and not by.sees(row[0].form_key)):
        raise LeadNotFound
    lead, wrapped = row
    return lead, keyring.data_key(lead.id, wrapped)


async def timeline_of(
    database: Database,
    keyring: Keyring,
    name: str,
    *,
    cursor: str | None = None,
    limit: int = MAX_LIMIT,
    by: Principal | None = None,
) -> Page[TimelineEntry]:
    """Return one page of what happened to a lead, in order. It shows notes, so each page is an opening.

    Errors: `LeadNotFound`; `InvalidRequest` for a cursor of another list.
    """
    async with database.begin() as session:
        lead, key = await load(session, keyring, name, by)
        note(session, by, Action.LEAD_OPENED, f"lead:{lead.id}")
        return await timeline.read(session, lead, key, cursor=cursor, limit=limit)


async def change(
    database: Database,
    keyring: Keyring,
    name: str,
    wanted: LeadChange,
    now: datetime,
    *,
    if_version: int | None = None,
    by: Principal | None = None,
) -> LeadSummary:
    """Change what is named in `wanted` and tell the destinations of the form. What is so already changes nothing.

    Errors: `LeadNotFound`; `StaleLead` when `if_version` is not the lead's version.
    """
    desk = Desk(database, keyring, now, by)
    return await change_one(desk, name, lambda lead: alter(lead, wanted, now), if_version)


async def change_many(
    database: Database,
    keyring: Keyring,
    names: Sequence[str],
    wanted: LeadChange,
    now: datetime,
    *,
    by: Principal | None = None,
) -> list[LeadSummary]:
    """Change leads alike, all or none; each takes the step on its own timeline.

    Errors: `LeadsNotFound`, which points at every name of no lead.
    """
    desk = Desk(database, keyring, now, by)
    async with database.begin() as session:
        leads = await several(session, desk, names)
        await carry_out(session, desk, leads, lambda lead: alter(lead, wanted, now))
    return [summary_of(*changed, by) for changed in leads]


async def release(
    database: Database,
    keyring: Keyring,
    name: str,
    now: datetime,
    *,
    if_version: int | None = None,
    by: Principal | None = None,
) -> LeadSummary:
    """Let a held lead go: it is told of once, as it is now, to the destinations its form has now.

    Errors: `LeadNotFound`; `NotHeld`; `StaleLead`.
    """
    return await change_one(Desk(database, keyring, now, by), name, let_go, if_version)


async def reject(
    database: Database,
    keyring: Keyring,
    name: str,
    now: datetime,
    *,
    if_version: int | None = None,
    by: Principal | None = None,
) -> LeadSummary:
    """Mark a held lead as spam. It stays, held, and nobody is told of it.

    Errors: `LeadNotFound`; `NotHeld`; `StaleLead`.
    """
    desk = Desk(database, keyring, now, by)
    return await change_one(desk, name, lambda lead: mark_as_spam(lead, now), if_version)


async def add_note(
    database: Database, keyring: Keyring, name: str, text: str, now: datetime, *, by: Principal | None = None
) -> TimelineEntry:
    """Write a note on a lead, or raise `LeadNotFound`. Nobody is told, and the lead's version stays."""
    async with database.begin() as session:
        lead, key = await one(session, Desk(database, keyring, now, by), name)
        step = LeadStep(**timeline.note_row(lead.id, key, text, now, by))
        session.add(step)
        note(session, by, Action.LEAD_NOTED, f"lead:{lead.id}")
    return timeline.entry_of(step, key)
