"""Floods: leads over the rate of an address, or with one text too often, are held for staff and never refused."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.deliveries.acknowledging import add_form, change_form
from app.deliveries.models import Event
from app.forms.limits import Limits
from app.forms.schemas import FormChange, NewForm
from app.intake import flood
from app.intake.admission import Admission
from app.intake.body import read_body
from app.intake.flood import FLOOD, SAME_TEXT
from app.intake.models import FloodMark
from app.intake.schemas import read_quote_request
from app.intake.service import Accepted, candidate, forget_old
from app.leads.models import Lead
from app.parts import Parts
from app.rates import Rate
from tests.support.clock import FakeClock

_BODY = """{"name": "Jovana Petek", "email": "jovana@mail.example", "country": "SI", "condition": "lupus",
  "message": "%s", "consent": {"privacy": true, "health_data": true}}"""
LONG = "Please tell me what the treatment costs and how long I would stay with you."


@pytest.fixture
async def door(house: Parts) -> AsyncIterator[Admission]:
    """Give a running admission loop that lets three leads of an address through in ten minutes."""
    settings = house.settings.model_copy(update={"flood": Rate("3/10m")})
    made = Admission(replace(house, settings=settings))
    await made.configuration.check()
    running = asyncio.create_task(made.run())
    yield made
    made.stop()
    await running


async def _send(
    door: Admission,
    house: Parts,
    client: str | None,
    *,
    message: str = "",
    key: str | None = None,
    form: str = "default",
) -> Accepted:
    request = read_quote_request(read_body("application/json", (_BODY % message).encode()), accept_language=None)
    return await door.admit(await candidate(house, door.configuration, form, request, client=client, key=key))


async def _reasons(house: Parts) -> list[list[str]]:
    async with house.database.read() as session:
        return list(await session.scalars(select(Lead.held_reasons).order_by(Lead.no)))


async def test_one_address_too_many_is_held_and_told_to_nobody(house: Parts, door: Admission) -> None:
    for _ in range(5):
        await _send(door, house, "198.51.100.7")
    await _send(door, house, "198.51.100.8")
    assert await _reasons(house) == [[], [], [], [FLOOD], [FLOOD], []]
    async with house.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(Event)) == 4


async def test_a_crowd_of_one_address_in_one_batch_is_counted_one_by_one(house: Parts, door: Admission) -> None:
    await asyncio.gather(*(_send(door, house, "198.51.100.7") for _ in range(20)))
    assert sorted(await _reasons(house)) == [[]] * 3 + [[FLOOD]] * 17


async def test_what_another_process_let_in_counts_too(house: Parts, door: Admission) -> None:
    other = Admission(door._house)
    running = asyncio.create_task(other.run())
    await other.configuration.check()
    for which in (door, other, door, other):
        await _send(which, house, "198.51.100.7")
    other.stop()
    await running
    assert await _reasons(house) == [[], [], [], [FLOOD]]


async def test_after_the_window_an_address_is_free_again(house: Parts, door: Admission, clock: FakeClock) -> None:
    for _ in range(4):
        await _send(door, house, "198.51.100.7")
    clock.move(timedelta(minutes=10, seconds=1))
    await _send(door, house, "198.51.100.7")
    assert await _reasons(house) == [[], [], [], [FLOOD], []]


async def test_an_answer_fetched_again_counts_once(house: Parts, door: Admission) -> None:
    for _ in range(6):
        await _send(door, house, "198.51.100.7", key="same")
    await _send(door, house, "198.51.100.7")
    assert await _reasons(house) == [[], []]


async def test_an_address_that_nobody_knows_never_holds(house: Parts, door: Admission) -> None:
    for _ in range(5):
        await _send(door, house, None)
    assert await _reasons(house) == [[]] * 5


async def test_the_same_long_text_too_often_is_held_and_a_short_one_never(
    house: Parts, door: Admission, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flood, "SAME_TEXT_RATE", Rate("2/1h"))
    for text in (LONG, f" {LONG.upper()} ", LONG, "Hello", "Hello", "Hello", LONG + " Thank you."):
        await _send(door, house, None, message=text)
    assert await _reasons(house) == [[], [], [SAME_TEXT], [], [], [], []]


async def test_a_form_has_limits_of_its_own(house: Parts, door: Admission) -> None:
    await _limit(house, flood="5/1h", same_text="2/1h")
    for _ in range(7):
        await _send(door, house, "198.51.100.7")
    assert await _reasons(house) == [[]] * 5 + [[FLOOD]] * 2
    for _ in range(3):
        await _send(door, house, None, message=LONG)
    assert (await _reasons(house))[7:] == [[], [], [SAME_TEXT]]
    await _limit(house, flood=None)
    await _send(door, house, "198.51.100.8", message=LONG)
    assert (await _reasons(house))[10:] == [[SAME_TEXT]]
    await asyncio.gather(*(_send(door, house, "198.51.100.9") for _ in range(4)))
    assert sorted((await _reasons(house))[11:]) == [[], [], [], [FLOOD]]


async def test_one_address_counts_over_each_form_s_own_time(house: Parts, door: Admission, clock: FakeClock) -> None:
    await add_form(house, NewForm(key="tablet", name="In the waiting room", limits=Limits(flood="4/1h")))
    await door.configuration.check()
    for _ in range(3):
        await _send(door, house, "198.51.100.7")
    clock.move(timedelta(minutes=11))
    forms = ("default", "tablet", "tablet", "default")
    await asyncio.gather(*(_send(door, house, "198.51.100.7", form=form) for form in forms))
    # Of the eleven minutes before, `default` sees nothing and `tablet` three.
    assert await _reasons(house) == [[]] * 3 + [[], [FLOOD], [FLOOD], []]


async def _limit(house: Parts, **limits: str | None) -> None:
    await change_form(house, "default", FormChange.model_validate({"limits": limits}))


async def test_marks_are_forgotten_within_the_hour(house: Parts, door: Admission, clock: FakeClock) -> None:
    await _send(door, house, "198.51.100.7", message=LONG)

    async def marks() -> int | None:
        async with house.database.read() as session:
            return await session.scalar(select(func.count()).select_from(FloodMark))

    assert await marks() == 2
    clock.move(timedelta(minutes=59))
    await forget_old(house.database, clock.now())
    assert await marks() == 2
    clock.move(timedelta(minutes=1))
    await forget_old(house.database, clock.now())
    assert await marks() == 0
