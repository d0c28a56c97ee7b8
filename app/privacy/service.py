"""Erase leads, and erase again what a backup brings back."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from uuid import UUID

from sqlalchemy import select

from app.access.auditing import actor_of, note
from app.access.principals import Principal
from app.audit.actions import Action
from app.clock import Clock
from app.database import Database
from app.ids import new_id
from app.leads.errors import LeadNotFound, StaleLead
from app.parts import Parts
from app.privacy import erasing
from app.privacy.ledger import Entry, LedgerFile
from app.privacy.models import Erasure
from app.telemetry import logger


async def erase(house: Parts, name: str, *, if_version: int | None = None, by: Principal | None = None) -> Entry:
    """Erase one lead for good, by id or reference, and promise to tell everyone who was told of it.

    Errors: `LeadNotFound`; `StaleLead` when `if_version` is not the lead's version.
    """
    now = house.clock.now()
    async with house.database.begin() as session:
        lead = await erasing.find(session, name, sorted(by.forms) if by else ())
        if if_version is not None and if_version != lead.version:
            raise StaleLead
        entry = Entry(
            lead_id=lead.id, reference=lead.reference, form=lead.form_key, event_id=new_id(), by=actor_of(by), at=now
        )
        told = await erasing.erase(session, lead.no, entry, now)
        note(session, by, Action.LEAD_ERASED, f"lead:{lead.id}", told=told)
    logger.info("lead erased", **entry.shown())
    await _keep(LedgerFile(house.settings.data_dir), [entry])
    return entry


async def erase_again(database: Database, clock: Clock, file: LedgerFile) -> None:
    """See that table and file name the same leads, and erase those of them that are there all the same.

    Errors: `Refusal` if the file cannot be read: nobody may answer before that.
    """
    outside = await asyncio.to_thread(file.read)
    async with database.read() as session:
        inside = {row.lead_id: Entry.of(row) for row in await session.scalars(select(Erasure))}
    if unknown := _only_in(outside, inside):
        async with database.begin() as session:
            await erasing.write_down(session, unknown)
    if missing := _only_in(inside, outside):
        await _keep(file, missing)
    async with database.read() as session:
        back = [Entry.of(row) for row in await session.scalars(erasing.brought_back())]
    for entry in back:
        with suppress(LeadNotFound):  # Another process was quicker.
            await _again(database, clock, entry)


def _only_in(some: Mapping[UUID, Entry], others: Mapping[UUID, Entry]) -> list[Entry]:
    return [entry for lead_id, entry in some.items() if lead_id not in others]


async def _again(database: Database, clock: Clock, entry: Entry) -> None:
    async with database.begin() as session:
        lead = await erasing.find(session, str(entry.lead_id))
        told = await erasing.erase(session, lead.no, entry, clock.now())
        note(session, None, Action.LEAD_ERASED, f"lead:{entry.lead_id}", told=told, again=True)
    logger.warning("lead erased again", **entry.shown())


async def _keep(file: LedgerFile, entries: Sequence[Entry]) -> None:
    try:
        await asyncio.to_thread(file.append, entries)
    except OSError:
        # It is done, and the log tells of it as well; the next start writes down what is missing.
        logger.exception("the ledger of erasures cannot be written beside the database", file=str(file.path))
