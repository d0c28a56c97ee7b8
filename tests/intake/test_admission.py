"""The admission loop: one commit for a crowd, and nobody pays for a neighbour's fault."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from fastapi import Request
from sqlalchemy import func, select

from app.bulk import Condition, Rows
from app.deliveries.models import Delivery, Event
from app.errors import OutOfReach
from app.ids import new_id
from app.intake import admission
from app.intake.admission import Admission
from app.intake.body import read_body
from app.intake.errors import IdempotencyKeyReused
from app.intake.models import IdempotencyKey
from app.intake.schemas import read_quote_request
from app.intake.service import Accepted, candidate
from app.intake.visit import Visit
from app.leads.models import Consent, Lead
from app.parts import Parts
from app.sealing.models import DataKey
from tests.support.house import Desk
from tests.support.sink import HttpSink

BODY = b"""{"name": "Aurelia Brandt", "email": "a.brandt@mail.example", "country": "DE", "condition": "lupus",
  "consent": {"privacy": true, "health_data": true}}"""


async def _admit(
    door: Admission, house: Parts, key: str | None = None, body: bytes = BODY, form: str = "default"
) -> Accepted:
    request = read_quote_request(read_body("application/json", body), accept_language=None)
    return await door.admit(await candidate(house, door.configuration, form, request, key=key))


async def _door(house: Parts) -> Admission:
    """Make an admission loop that knows its forms and does not run yet."""
    made = Admission(house)
    await made.configuration.check()
    return made


@pytest.fixture
async def door(house: Parts) -> Any:
    """Give a running admission loop."""
    made = await _door(house)
    running = asyncio.create_task(made.run())
    yield made
    made.stop()
    await running


async def _count(house: Parts, model: Any) -> int:
    async with house.database.read() as session:
        return await session.scalar(select(func.count()).select_from(model)) or 0


class _Watched:
    """The writer of a database, with a hand on what happens right after its commits."""

    def __init__(self, house: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
        self.commits = 0
        self.lose_the_answers = 0
        self._write = house.database._bulk.write
        monkeypatch.setattr(house.database._bulk, "write", self.write)

    async def write(self, tables: Sequence[Rows], only_if: Condition) -> bool:
        held = await self._write(tables, only_if)
        self.commits += 1
        if self.lose_the_answers:
            self.lose_the_answers -= 1
            raise ConnectionResetError
        return held


async def test_a_crowd_shares_a_few_commits_and_each_gets_a_lead_with_all_that_belongs_to_it(
    desk: Desk, door: Admission, http_sink: HttpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = desk.house
    await desk.webhook(http_sink.url())
    watched = _Watched(house, monkeypatch)
    accepted = await asyncio.gather(*(_admit(door, house) for _ in range(100)))
    assert len({one.reference for one in accepted}) == 100
    assert watched.commits <= 4
    for model, each in ((Lead, 1), (DataKey, 1), (Consent, 3), (Event, 1), (Delivery, 1)):
        assert await _count(house, model) == 100 * each


async def test_twins_in_one_batch_make_one_lead_and_are_both_answered(house: Parts, door: Admission) -> None:
    accepted = await asyncio.gather(*(_admit(door, house, "twin") for _ in range(10)))
    assert len({one.reference for one in accepted}) == 1
    assert sorted(one.replayed for one in accepted) == [False] + [True] * 9
    assert await _count(house, Lead) == 1


async def test_twins_at_two_processes_make_one_lead(house: Parts, door: Admission) -> None:
    other = await _door(house)
    running = asyncio.create_task(other.run())
    for number in range(10):
        first, second = await asyncio.gather(
            _admit(door, house, f"twin-{number}"), _admit(other, house, f"twin-{number}")
        )
        assert first.reference == second.reference
    other.stop()
    await running
    assert await _count(house, Lead) == 10


async def test_batches_with_the_same_keys_in_another_order_do_not_wait_in_a_circle(
    house: Parts, door: Admission
) -> None:
    other = await _door(house)
    running = asyncio.create_task(other.run())
    keys = [f"key-{number}" for number in range(30)]
    there = [_admit(door, house, key) for key in keys]
    back = [_admit(other, house, key) for key in reversed(keys)]
    await asyncio.gather(*there, *back)
    other.stop()
    await running
    assert await _count(house, Lead) == 30


async def test_the_same_key_with_another_request_is_refused_within_a_batch_and_later(
    house: Parts, door: Admission
) -> None:
    other = BODY.replace(b"lupus", b"stroke")
    first, second = await asyncio.gather(
        _admit(door, house, "key"), _admit(door, house, "key", other), return_exceptions=True
    )
    assert not isinstance(first, BaseException)
    assert isinstance(second, IdempotencyKeyReused)
    with pytest.raises(IdempotencyKeyReused):
        await _admit(door, house, "key", other)


async def test_every_remembered_key_stands_for_a_lead_that_is_there(house: Parts, door: Admission) -> None:
    """Guards what a foreign key would, were the key not written before its lead."""
    await asyncio.gather(*(_admit(door, house, f"key-{number % 7}") for number in range(40)))
    async with house.database.read() as session:
        orphans = select(func.count()).where(IdempotencyKey.lead_id.not_in(select(Lead.id)))
        assert await session.scalar(orphans) == 0
    assert await _count(house, IdempotencyKey) == 7


async def test_a_bad_row_fails_alone(house: Parts, door: Admission) -> None:
    request = read_quote_request(read_body("application/json", BODY), accept_language=None)
    bad, *good = [await candidate(house, door.configuration, "default", request) for _ in range(21)]
    bad.arrival.consents[0]["wording_id"] = new_id()
    results = await asyncio.gather(*(door.admit(one) for one in [*good[:10], bad, *good[10:]]), return_exceptions=True)
    assert [isinstance(result, OutOfReach) for result in results] == [False] * 10 + [True] + [False] * 10
    assert await _count(house, Lead) == 20


async def test_a_commit_whose_outcome_is_unknown_is_settled_by_writing_the_same_again(
    house: Parts, door: Admission, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer to the first commit is lost; the lead is there once, and the enquirer gets its reference."""
    watched = _Watched(house, monkeypatch)
    watched.lose_the_answers = 1
    accepted = await _admit(door, house, "key")
    assert not accepted.replayed
    assert watched.commits == 2
    async with house.database.read() as session:
        assert list(await session.scalars(select(Lead.reference))) == [accepted.reference]


async def test_a_full_queue_refuses_at_once_and_what_waited_is_answered(
    house: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "MOST_WAITING", 3)
    door = await _door(house)
    waiting = [asyncio.create_task(_admit(door, house)) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(OutOfReach):
        await _admit(door, house)
    running = asyncio.create_task(door.run())
    await asyncio.gather(*waiting)
    door.stop()
    await running


async def test_stopping_answers_all_that_waits(house: Parts) -> None:
    door = await _door(house)
    waiting = [asyncio.create_task(_admit(door, house)) for _ in range(150)]
    await asyncio.sleep(0)
    door.stop()
    await door.run()
    assert len({one.reference for one in await asyncio.gather(*waiting)}) == 150


async def test_a_database_that_keeps_us_waiting_is_out_of_reach_and_the_lead_may_come_later(house: Parts) -> None:
    door = await _door(house)
    visit = Visit(Request({"type": "http"}), house, {}, seconds_left=0.3)
    with pytest.raises(OutOfReach):
        async with visit.in_time():
            await _admit(door, house, "key")
    door.stop()
    await door.run()
    assert await _count(house, Lead) == 1


async def test_an_enquirer_who_hangs_up_keeps_the_lead_and_disturbs_nobody(house: Parts, door: Admission) -> None:
    gone = asyncio.create_task(_admit(door, house))
    await asyncio.sleep(0)
    gone.cancel()
    await _admit(door, house)
    assert await _count(house, Lead) == 2
