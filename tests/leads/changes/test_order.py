"""The order of changes on PostgreSQL, where transactions overlap and databases move."""

from uuid import UUID

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.deliveries.models import Event
from app.ids import new_id
from app.leads.changes import service
from app.leads.changes.errors import CursorExpired
from app.leads.changes.models import ChangeFeed
from tests.support.house import Desk


@pytest.fixture
def database_url(postgresql_url: str) -> str:
    """Give the kind of database whose transactions overlap."""
    return postgresql_url


async def _write(desk: Desk, session: AsyncSession, lead_id: UUID) -> UUID:
    event_id = new_id()
    row = {"id": event_id, "lead_id": lead_id, "form_key": "default", "type": "lead.updated", "body": b""}
    await session.execute(insert(Event), [{**row, "created_at": desk.clock.now()}])
    return event_id


async def _order(desk: Desk) -> list[UUID]:
    async with desk.house.database.read() as session:
        return list(await session.scalars(select(Event.id).order_by(Event.place, Event.id)))


async def test_what_is_written_after_a_commit_never_stands_before_it(desk: Desk) -> None:
    lead, begin = await desk.lead(), desk.house.database.begin
    async with begin() as older:
        # It has its number now, and the younger one the next; then it writes on, as a change of many leads does.
        await older.execute(update(ChangeFeed).values(last=0))
        async with begin() as younger:
            first = await _write(desk, younger, lead.id)
        second = await _write(desk, older, lead.id)
    order = await _order(desk)
    assert order.index(first) < order.index(second)


async def test_nobody_reads_past_a_transaction_that_is_under_way(desk: Desk) -> None:
    house, lead = desk.house, await desk.lead()
    async with house.database.begin() as slow:
        hidden = await _write(desk, slow, lead.id)
        async with house.database.begin() as quick:
            shown = await _write(desk, quick, lead.id)
        page = await service.read(house.database, house.keyring, None, 50, [])
        assert not {hidden, shown} & {row.id for row in page.rows}


async def test_in_another_cluster_the_changes_are_numbered_anew_and_all_still_there(desk: Desk) -> None:
    house = desk.house
    before = [(await desk.lead()).id for _ in range(3)]
    cursor = await service.start(house.database, house.keyring, None)
    async with house.database.begin() as session:
        ahead = text("UPDATE events SET place = place + 1000000000000 RETURNING id")
        assert len((await session.execute(ahead)).all()) == len(before)
    page = await service.read(house.database, house.keyring, None, 50, [])
    assert [row.lead_id for row in page.rows] == before
    with pytest.raises(CursorExpired):
        await service.read(house.database, house.keyring, cursor, 50, [])
