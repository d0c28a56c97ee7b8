"""The feed of changes: all of them, in the order of their commits, whoever writes at the same time."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import delete, insert, select, update

from app.access.principals import Principal
from app.access.scopes import Scope
from app.database import Database
from app.deliveries import outbox
from app.deliveries.models import Event
from app.forms import service as forms
from app.forms.schemas import NewForm
from app.ids import new_id
from app.leads import service as leads
from app.leads.changes import service
from app.leads.changes.errors import CursorExpired
from app.leads.changes.models import ChangeFeed
from app.leads.schemas import LeadChange, Status
from app.parts import Parts
from app.privacy.service import erase
from app.sealing.models import DataKey
from tests.intake.enquiry import DOOR, JSON
from tests.support.house import Desk

WRITERS = 8
ROUNDS = 12


class Follower:
    """Reads on from its cursor, page by page."""

    def __init__(self, house: Parts) -> None:
        self.house = house
        self.cursor: str | None = None
        self.seen: list[UUID] = []

    async def read_on(self, limit: int = 200) -> None:
        """Read one page."""
        page = await service.list_changes(self.house.database, self.house.keyring, self.cursor, limit)
        self.seen += [change.id for change in page.items]
        self.cursor = page.next_cursor

    async def until_seen(self, wanted: set[UUID]) -> None:
        """Read until all of these have come."""
        # Transactions of other databases of the same server hold the end of the feed back, too.
        async with asyncio.timeout(10):
            while not wanted <= set(self.seen):
                await self.read_on()


class NaiveFollower:
    """Asks for ids above the last one, as nearly everybody does."""

    def __init__(self, house: Parts) -> None:
        self.house = house
        self.seen: list[UUID] = []

    async def read_on(self) -> None:
        """Read what is new."""
        query = select(Event.id).order_by(Event.id)
        if self.seen:
            query = query.where(Event.id > self.seen[-1])
        async with self.house.database.read() as session:
            self.seen += await session.scalars(query)


def _telling(house: Parts, lead_id: UUID, wrapped: bytes, version: int) -> outbox.Telling:
    return outbox.Telling(
        type="lead.updated",
        lead_id=lead_id,
        form_key="default",
        data={"id": str(lead_id), "version": version},
        destinations=(),
        shared_with=frozenset(),
        key=house.keyring.data_key(lead_id, wrapped),
        at=house.clock.now(),
    )


@asynccontextmanager
async def _written(house: Parts, lead_id: UUID, version: int) -> AsyncIterator[UUID]:
    """Write an event, and commit it when the block ends."""
    async with house.database.begin() as session:
        wrapped = await session.scalar(select(DataKey.wrapped).where(DataKey.lead_id == lead_id)) or b""
        row = outbox.event_row(_telling(house, lead_id, wrapped, version))
        await session.execute(insert(Event), [row])
        yield row["id"]


async def _write(house: Parts, lead_id: UUID, seed: int) -> list[UUID]:
    """Write events, each in a transaction that takes its time."""
    pauses, written = random.Random(seed), []  # noqa: S311 - how long they take, the same in every run
    for version in range(ROUNDS):
        async with _written(house, lead_id, version) as event_id:
            await asyncio.sleep(pauses.random() * 0.02)
        written.append(event_id)
    return written


async def test_with_eight_writers_a_follower_misses_nothing_and_a_naive_one_does(desk: Desk) -> None:
    house, follower, naive = desk.house, Follower(desk.house), NaiveFollower(desk.house)
    made = [(await desk.lead()).id for _ in range(WRITERS)]
    writing = asyncio.gather(*(_write(house, lead_id, seed) for seed, lead_id in enumerate(made)))
    while not writing.done():
        await follower.read_on()
        await naive.read_on()
        await asyncio.sleep(0.002)
    written = {event_id for each in await writing for event_id in each}
    if not house.database.is_sqlite:
        # However busy the machine is: one that is older and comes later.
        async with _written(house, made[0], ROUNDS) as late:
            async with _written(house, made[1], ROUNDS) as early:
                pass
            await follower.read_on()
            await naive.read_on()
        written |= {late, early}
    await follower.until_seen(written)
    await naive.read_on()
    assert len(follower.seen) == len(set(follower.seen)) == len(written) + WRITERS
    assert written <= set(follower.seen)
    if not house.database.is_sqlite:
        assert not written <= set(naive.seen)


async def test_a_page_says_what_changed_and_how_the_lead_then_stood(desk: Desk) -> None:
    house = desk.house
    lead = await desk.lead()
    await leads.change(house.database, house.keyring, lead.reference, LeadChange(status=Status.WON), house.clock.now())
    await Follower(house).until_seen(await _events(house.database))
    page = await service.list_changes(house.database, house.keyring, None, 50)
    said = [(one.type, one.changed, one.lead and (one.lead.version, one.lead.status)) for one in page.items]
    assert said == [("lead.created", [], (1, "new")), ("lead.updated", ["status"], (2, "won"))]
    assert {(one.lead_id, one.form, one.lead and one.lead.name) for one in page.items} == {
        (lead.id, "default", "Aurelia Brandt")
    }


async def test_a_held_lead_is_told_of_when_it_is_released(desk: Desk) -> None:
    house, follower = desk.house, Follower(desk.house)
    held = await desk.lead(held_reasons=["honeypot"])
    await follower.read_on()
    assert follower.seen == []
    await leads.release(house.database, house.keyring, held.reference, house.clock.now())
    await follower.until_seen(await _events(house.database))
    assert len(follower.seen) == 1


async def test_of_an_erased_lead_only_the_ids_are_left(desk: Desk) -> None:
    house, lead = desk.house, await desk.lead()
    await erase(house, lead.reference)
    await Follower(house).until_seen(await _events(house.database))
    page = await service.list_changes(house.database, house.keyring, None, 50)
    said = [(one.type, one.lead_id, one.lead, one.changed) for one in page.items]
    assert said == [("lead.created", lead.id, None, []), ("lead.erased", lead.id, None, [])]


async def test_a_key_of_one_form_follows_that_form_alone(desk: Desk) -> None:
    house = desk.house
    async with house.database.begin() as session:
        await forms.add(session, NewForm(key="clinic-es", name="Spain"), house.clock.now())
    ours = await desk.lead(form="clinic-es")
    for _ in range(3):
        await desk.lead()
    await Follower(house).until_seen(await _events(house.database))
    staff = Principal(new_id(), "Spain", frozenset({Scope.LEADS_READ.value}), frozenset({"clinic-es"}))
    page = await service.list_changes(house.database, house.keyring, None, 2, by=staff)
    assert [(one.lead_id, one.lead and one.lead.name) for one in page.items] == [(ours.id, "A. B.")]
    # What lies behind is not looked at again, and is not told of either.
    after = await service.list_changes(house.database, house.keyring, page.next_cursor, 50)
    assert after.items == []


async def test_after_a_restore_a_cursor_behind_the_backup_is_expired(desk: Desk) -> None:
    house, follower = desk.house, Follower(desk.house)
    await desk.lead()
    await follower.until_seen(await _events(house.database))
    early = follower.cursor
    lost = await desk.lead()
    await follower.until_seen(await _events(house.database))
    async with house.database.begin() as session:
        await session.execute(delete(Event).where(Event.lead_id == lost.id))
    with pytest.raises(CursorExpired):
        await follower.read_on()
    assert (await service.list_changes(house.database, house.keyring, early, 50)).items == []


async def test_a_cursor_of_another_epoch_is_expired(desk: Desk) -> None:
    house, follower = desk.house, Follower(desk.house)
    await desk.lead()
    await follower.until_seen(await _events(house.database))
    async with house.database.begin() as session:
        await session.execute(update(ChangeFeed).values(epoch="elsewhere"))
    with pytest.raises(CursorExpired):
        await follower.read_on()


async def test_over_http_pages_join_and_what_was_not_made_here_is_gone(
    app: FastAPI, client: httpx.AsyncClient, staff: httpx.AsyncClient
) -> None:
    made = [(await client.post(DOOR, json=JSON)).json()["id"] for _ in range(3)]
    house: Parts = app.state.parts
    await Follower(house).until_seen(await _events(house.database))
    found, cursor = [], ""
    for expected in (2, 1, 0):
        page = (await staff.get("/v1/changes", params={"after": cursor, "limit": 2})).json()
        assert len(page["items"]) == expected
        found += [item["lead_id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert found == made
    for unknown in ("nonsense", "%", "é", cursor[:-2], cursor[::-1]):
        answer = await staff.get("/v1/changes", params={"after": unknown})
        assert (answer.status_code, answer.json()["code"]) == (410, "cursor-expired")


async def _events(database: Database) -> set[UUID]:
    async with database.read() as session:
        return set(await session.scalars(select(Event.id)))
