"""Claim, send, settle: against real databases, a real HTTP server and moved clocks."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from app.database import database_now
from app.deliveries import claims, service
from app.deliveries.engine import Engine
from app.deliveries.errors import NotRetriable
from app.deliveries.models import Delivery
from app.deliveries.policy import SCHEDULE
from app.deliveries.queries import Claimed
from app.deliveries.schemas import DeliveryDetail, DeliveryFilters, DeliveryState
from app.destinations import service as destinations
from app.destinations.routing import NOT_SHARED
from tests.support.house import Desk
from tests.support.sink import Answer, HttpSink


async def only_delivery(desk: Desk) -> DeliveryDetail:
    page = await service.list_deliveries(desk.house.database, DeliveryFilters(), cursor=None, limit=10)
    (listed,) = page.items
    return await service.show(desk.house.database, listed.id)


async def test_a_promise_is_kept_once_and_its_attempt_is_on_record(desk: Desk, http_sink: HttpSink) -> None:
    await desk.webhook(http_sink.url("/crm"))
    await desk.lead()
    await desk.engine.run_until_idle()
    await desk.engine.run_until_idle()
    assert len(http_sink.requests) == 1
    delivery = await only_delivery(desk)
    assert delivery.state is DeliveryState.DELIVERED
    assert [(attempt.number, attempt.outcome, attempt.status_code) for attempt in delivery.attempts] == [
        (1, "delivered", 200)
    ]


async def test_a_failing_endpoint_is_tried_on_schedule_then_given_up_visibly_and_revived_by_retry(
    desk: Desk, http_sink: HttpSink
) -> None:
    http_sink.otherwise = Answer(503)
    made = await desk.webhook(http_sink.url("/crm"))
    await desk.lead()
    for number, pause in enumerate(SCHEDULE, 1):
        if pause:
            desk.clock.move(pause - timedelta(seconds=1))
            await desk.engine.run_until_idle()
            assert len(http_sink.requests) == number - 1, "it was tried before its time"
            desk.clock.move(timedelta(seconds=1))
        await desk.engine.run_until_idle()
        assert len(http_sink.requests) == number
    failed = await only_delivery(desk)
    assert (failed.state, failed.reason) == (DeliveryState.FAILED, "the endpoint answered 503")
    assert len({request.headers["webhook-id"] for request in http_sink.requests}) == 1
    assert (await destinations.read(desk.house.database, desk.house.keyring, made.id)).state == "failing"

    http_sink.otherwise = Answer(200)
    await service.retry(desk.house.database, failed.id, desk.clock.now())
    await desk.engine.run_until_idle()
    revived = await only_delivery(desk)
    assert revived.state is DeliveryState.DELIVERED
    assert len(revived.attempts) == len(SCHEDULE) + 1
    assert (await destinations.read(desk.house.database, desk.house.keyring, made.id)).state == "active"


async def test_a_retry_begins_the_schedule_anew(desk: Desk, http_sink: HttpSink) -> None:
    http_sink.otherwise = Answer(500)
    await desk.webhook(http_sink.url())
    await desk.lead()
    await desk.engine.run_until_idle()
    delivery = await service.retry(desk.house.database, (await only_delivery(desk)).id, desk.clock.now())
    await desk.engine.run_until_idle()
    assert (await only_delivery(desk)).due_at == desk.clock.now() + SCHEDULE[1]
    assert delivery.state is DeliveryState.PENDING


async def test_what_is_delivered_is_not_sent_again_by_retry(desk: Desk, http_sink: HttpSink) -> None:
    await desk.webhook(http_sink.url())
    await desk.lead()
    await desk.engine.run_until_idle()
    with pytest.raises(NotRetriable):
        await service.retry(desk.house.database, (await only_delivery(desk)).id, desk.clock.now())


async def test_an_endpoint_that_is_gone_is_paused_and_keeps_its_promise(desk: Desk, http_sink: HttpSink) -> None:
    http_sink.answers.append(Answer(410))
    made = await desk.webhook(http_sink.url())
    await desk.lead()
    await desk.engine.run_until_idle()
    desk.clock.move(timedelta(days=5))
    await desk.engine.run_until_idle()
    assert len(http_sink.requests) == 1
    assert (await destinations.read(desk.house.database, desk.house.keyring, made.id)).state == "paused"
    await destinations.set_state(desk.house.database, desk.house.keyring, made.id, "active")
    await desk.engine.run_until_idle()
    assert (await only_delivery(desk)).state is DeliveryState.DELIVERED


async def test_two_engines_never_take_the_same_delivery(desk: Desk, http_sink: HttpSink) -> None:
    await desk.webhook(http_sink.url())
    leads = [await desk.lead() for _ in range(20)]
    house = desk.house
    other = Engine(house.database, house.keyring, desk.clock, desk.engine._senders)
    await asyncio.gather(desk.engine.run_until_idle(), other.run_until_idle())
    assert len(http_sink.requests) == len(leads)
    assert len({request.headers["webhook-id"] for request in http_sink.requests}) == len(leads)


async def _claim(desk: Desk, lease_seconds: float) -> list[Claimed]:
    now = desk.clock.now()
    async with desk.house.database.begin() as session:
        found = {one.id: one for one in await claims.waiting(session, now)}
        places = dict.fromkeys(found, 10)
        return await claims.claim(session, found, places, now, (uuid4(), lease_seconds)) if found else []


async def test_a_lease_that_ended_is_due_again_and_the_lost_attempt_says_so(desk: Desk, http_sink: HttpSink) -> None:
    await desk.webhook(http_sink.url())
    await desk.lead()
    assert await _claim(desk, 60)
    assert not await _claim(desk, 60), "a living lease was broken"
    async with desk.house.database.begin() as session:
        await session.execute(update(Delivery).values(lease_until=database_now(-1)))
    await desk.engine.run_until_idle()
    outcomes = [attempt.outcome for attempt in (await only_delivery(desk)).attempts]
    assert outcomes == ["lost", "delivered"]


async def test_leases_run_on_the_database_clock_so_a_worker_a_day_ahead_breaks_none(
    desk: Desk, http_sink: HttpSink
) -> None:
    await desk.webhook(http_sink.url())
    await desk.lead()
    assert await _claim(desk, lease_seconds=60)
    desk.clock.move(timedelta(days=1))
    await desk.engine.run_until_idle()
    assert http_sink.requests == []


async def test_whoever_lost_the_lease_cannot_settle(desk: Desk, http_sink: HttpSink) -> None:
    http_sink.otherwise = Answer(200, delay=0.5)
    await desk.webhook(http_sink.url())
    await desk.lead()
    await desk.engine.start_due()
    stolen = uuid4()
    async with desk.house.database.begin() as session:
        await session.execute(update(Delivery).values(lease_token=stolen))
    await desk.engine.finish()
    async with desk.house.database.read() as session:
        row = (await session.scalars(select(Delivery))).one()
    assert (row.state, row.lease_token) == ("sending", stolen)


async def test_a_recipient_hears_only_of_those_who_agreed_and_the_withheld_delivery_says_why(
    desk: Desk, http_sink: HttpSink
) -> None:
    await desk.webhook(http_sink.url(), recipient="Clinic Aurora")
    await desk.lead()
    await desk.engine.run_until_idle()
    assert http_sink.requests == []
    withheld = await only_delivery(desk)
    assert (withheld.state, withheld.reason) == (DeliveryState.WITHHELD, NOT_SHARED)
    with pytest.raises(NotRetriable):
        await service.retry(desk.house.database, withheld.id, desk.clock.now())


async def test_a_held_lead_promises_nothing(desk: Desk, http_sink: HttpSink) -> None:
    await desk.webhook(http_sink.url())
    await desk.lead(held_reasons=["honeypot"])
    await desk.engine.run_until_idle()
    assert http_sink.requests == []


async def test_a_paused_destination_gets_what_was_promised_meanwhile_when_it_goes_on(
    desk: Desk, http_sink: HttpSink
) -> None:
    made = await desk.webhook(http_sink.url())
    await destinations.set_state(desk.house.database, desk.house.keyring, made.id, "paused")
    await desk.lead()
    await desk.engine.run_until_idle()
    assert http_sink.requests == []
    await destinations.set_state(desk.house.database, desk.house.keyring, made.id, "active")
    await desk.engine.run_until_idle()
    assert len(http_sink.requests) == 1


async def test_what_waits_for_a_deleted_destination_is_cancelled_and_stays_on_record(
    desk: Desk, http_sink: HttpSink
) -> None:
    made = await desk.webhook(http_sink.url())
    await desk.lead()
    await service.retire_destination(desk.house.database, made.id, desk.clock.now())
    await desk.engine.run_until_idle()
    assert http_sink.requests == []
    assert (await only_delivery(desk)).state is DeliveryState.CANCELLED
