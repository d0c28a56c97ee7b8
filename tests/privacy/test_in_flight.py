"""A lead is erased while it is being sent: what is on its way ends truthfully, and the erasure is told last."""

import asyncio
from datetime import timedelta
from typing import Any

import orjson
from sqlalchemy import func, select, update

from app.database import database_now
from app.deliveries import service
from app.deliveries.engine import Engine
from app.deliveries.forgetting import LEAD_ERASED
from app.deliveries.models import Delivery
from app.deliveries.sweeping import sweep
from app.destinations.shapes import ERASED
from app.privacy.service import erase
from tests.privacy.erased import claim_and_die, keep_at_it, promised, short_lived, stands, told, words_of
from tests.support.house import Desk
from tests.support.sink import Answer, HttpSink

CREATED = "lead.created"


async def _erased_in_flight(desk: Desk, http_sink: HttpSink, answer: Answer) -> tuple[Any, Engine]:
    """Erase a lead whose webhook is about to be answered so; return it and the engine that waits for the answer."""
    http_sink.answers.append(answer)
    await desk.webhook(http_sink.url())
    new = await desk.lead()
    engine = short_lived(desk, 3)
    await engine.start_due()
    await http_sink.received()
    await erase(desk.house, new.reference)
    return new, engine


async def test_what_is_being_sent_counts_as_delivered_and_the_erasure_comes_behind_it(
    desk: Desk, http_sink: HttpSink
) -> None:
    new, engine = await _erased_in_flight(desk, http_sink, Answer(200, b"Aurelia is in", delay=0.5))
    assert await engine.start_due() == 0, "it would have overtaken what is being sent"
    await engine.finish()
    assert await stands(desk, new.id) == [(CREATED, "delivered", None), (ERASED, "pending", None)]
    assert await words_of(desk.house.database, new.id) == []
    await keep_at_it(engine, http_sink, 2)
    assert [kind for kind, _ in told(http_sink)] == [CREATED, ERASED]


async def test_what_is_being_sent_and_fails_is_not_tried_again(desk: Desk, http_sink: HttpSink) -> None:
    new, engine = await _erased_in_flight(desk, http_sink, Answer(503, b"Aurelia is not welcome", delay=0.5))
    await engine.finish()
    assert await stands(desk, new.id) == [(CREATED, "cancelled", LEAD_ERASED), (ERASED, "pending", None)]
    attempts = (await service.show(desk.house.database, (await promised(desk, new.id))[0].id)).attempts
    assert [(one.outcome, one.status_code) for one in attempts] == [("retry", 503)]
    assert await words_of(desk.house.database, new.id) == []
    desk.clock.move(timedelta(days=5))
    await keep_at_it(engine, http_sink, 2)
    assert [kind for kind, _ in told(http_sink)] == [CREATED, ERASED]


async def test_a_worker_that_dies_meanwhile_leaves_nothing_that_is_claimed_or_stands_as_sending(
    desk: Desk, http_sink: HttpSink
) -> None:
    database = desk.house.database
    await desk.webhook(http_sink.url())
    new = await desk.lead()
    await claim_and_die(desk, 1)
    await erase(desk.house, new.reference)
    await sweep(database, desk.clock.now())
    assert [one[1] for one in await stands(desk, new.id)] == ["sending", "pending"]
    await keep_at_it(desk.engine, http_sink, 1)
    await sweep(database, desk.clock.now())
    assert await stands(desk, new.id) == [(CREATED, "cancelled", LEAD_ERASED), (ERASED, "delivered", None)]
    attempts = (await service.show(database, (await promised(desk, new.id))[0].id)).attempts
    assert [one.outcome for one in attempts] == ["lost"]
    assert [kind for kind, _ in told(http_sink)] == [ERASED]


async def test_what_a_dead_worker_left_behind_before_is_cancelled_at_once(desk: Desk, http_sink: HttpSink) -> None:
    await desk.webhook(http_sink.url())
    new = await desk.lead()
    await claim_and_die(desk, 60)
    async with desk.house.database.begin() as session:
        await session.execute(update(Delivery).values(lease_until=database_now(-1)))
    await erase(desk.house, new.reference)
    assert await stands(desk, new.id) == [(CREATED, "cancelled", LEAD_ERASED), (ERASED, "pending", None)]
    await desk.engine.run_until_idle()
    assert [kind for kind, _ in told(http_sink)] == [ERASED]


async def test_whoever_erases_and_whoever_settles_at_once_leave_nothing_that_waits(
    desk: Desk, http_sink: HttpSink
) -> None:
    http_sink.answers.extend(Answer(200 if number % 2 else 503, b"Aurelia", delay=0.05) for number in range(400))
    for path in ("/one", "/two", "/three"):
        await desk.webhook(http_sink.url(path))
    made = [await desk.lead() for _ in range(24)]
    engine = short_lived(desk, 4)

    async def erase_in_turn() -> None:
        for new in made:
            await erase(desk.house, new.reference)
            await asyncio.sleep(0.02)

    erasing = asyncio.create_task(erase_in_turn())
    while not erasing.done():
        await engine.start_due()
        await asyncio.sleep(0.03)
    await erasing
    await engine.finish()
    desk.clock.move(timedelta(days=1))
    database = desk.house.database
    async with asyncio.timeout(30):
        while await _open(desk):
            await engine.run_until_idle()
            await asyncio.sleep(0.2)
            desk.clock.move(timedelta(hours=1))
    for new in made:
        assert await words_of(database, new.id) == []
        for path in ("/one", "/two", "/three"):
            came = [
                orjson.loads(request.body)["type"]
                for request in http_sink.requests
                if request.path == path and orjson.loads(request.body)["data"]["reference"] == new.reference
            ]
            first = came.index(ERASED) if ERASED in came else len(came)
            assert set(came[first:]) <= {ERASED}, f"{came} at {path}"
            assert ERASED in came or not came, f"{came} at {path}"


async def _open(desk: Desk) -> int:
    async with desk.house.database.read() as session:
        return await session.scalar(select(func.count()).where(Delivery.state.in_(("pending", "sending")))) or 0
