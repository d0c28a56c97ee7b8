"""Follow the changes of all leads that a key may see."""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principals import Principal
from app.database import Database
from app.deliveries import outbox
from app.leads.changes import cursor as cursors
from app.leads.changes import queries
from app.leads.changes.errors import CursorExpired
from app.leads.changes.queries import START, Frontier, Place
from app.leads.changes.schemas import Change, ChangedLead, Changes
from app.leads.masking import sees_contact
from app.sealing.keyring import Keyring


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some events in the order of their commits, and the place behind all that was looked at."""

    epoch: str
    rows: Sequence[Any]
    """Rows of `queries.behind`."""
    end: Place


async def list_changes(
    database: Database, keyring: Keyring, after: str | None, limit: int, *, by: Principal | None = None
) -> Changes:
    """Return the changes behind a cursor (None: from the first), oldest first.

    Errors: `CursorExpired`.
    """
    stretch = await read(database, keyring, after, limit, sorted(by.forms) if by else [])
    return Changes(
        items=list(_changes(keyring, stretch.rows, unmasked=sees_contact(by))),
        next_cursor=cursors.write(keyring.secrets, stretch.epoch, stretch.end),
    )


async def read(database: Database, keyring: Keyring, after: str | None, limit: int, forms: Sequence[str]) -> Stretch:
    """Read a stretch of the changes; `forms`: of these alone, if there are any.

    Errors: `CursorExpired`.
    """
    async with database.read() as session:
        until = await queries.frontier(session)
        if not until.foreign:
            place = await _place(session, keyring, until, after)
            last = await queries.newest(session, until)
            rows = (await session.execute(queries.behind(place, until, forms, limit))).all()
            # Whatever lies behind the last row is of other forms; the next page need not look at it again.
            end = Place(rows[-1].place, rows[-1].id) if len(rows) == limit else last
            return Stretch(until.epoch, rows, end)
    await begin_epoch(database)
    return await read(database, keyring, after, limit, forms)


async def start(database: Database, keyring: Keyring, after: str | None) -> str:
    """Return the cursor to follow from: the one that is given, if it is known, else the end of what is there.

    Errors: `CursorExpired`.
    """
    async with database.read() as session:
        until = await queries.frontier(session)
        place = await _place(session, keyring, until, after) if after else await queries.newest(session, until)
    return cursors.write(keyring.secrets, until.epoch, place)


async def begin_epoch(database: Database) -> None:
    """Number the changes anew: the database was moved to another cluster, where transactions count otherwise."""
    async with database.begin() as session:
        await queries.lock(session)
        if (await queries.frontier(session)).foreign:
            await queries.count_from_the_start(session, secrets.token_hex(8))


async def _place(session: AsyncSession, keyring: Keyring, until: Frontier, after: str | None) -> Place:
    if not after:
        return START
    epoch, place = cursors.read(keyring.secrets, after)
    if epoch != until.epoch or not await queries.is_known(session, place):
        raise CursorExpired
    return place


def _changes(keyring: Keyring, rows: Sequence[Any], *, unmasked: bool) -> Iterator[Change]:
    for row in rows:
        data: dict[str, Any] = {}
        if row.wrapped is not None:
            data = outbox.open_body(keyring.data_key(row.lead_id, row.wrapped), row.id, row.body)["data"]
        yield Change(
            id=row.id,
            type=row.type,
            at=row.created_at,
            lead_id=row.lead_id,
            form=row.form_key,
            changed=data.get("changed", []),
            lead=ChangedLead.of(data, unmasked=unmasked) if "person" in data else None,
        )
