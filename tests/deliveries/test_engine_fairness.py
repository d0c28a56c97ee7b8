"""One destination's trouble stays its own: caps, breakers, many workers, and what a worker leaves behind."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, text, update

from app.deliveries import claims, figures, service
from app.deliveries.breaker import FAILURES_TO_OPEN
from app.deliveries.engine import Engine
from app.deliveries.models import Attempt, Delivery
from app.deliveries.places import IN_FLIGHT_EACH
from app.deliveries.policy import Outcome, Verdict
from app.deliveries.queries import Claimed
from app.deliveries.senders import RealSenders
from app.destinations import service as destinations
from app.leads.occasions import occasions
from tests.support.house import Desk
from tests.support.sink import Answer, HttpSink

SECONDS = timedelta(seconds=1)


def another_engine(desk: Desk) -> Engine:
    return Engine(desk.house.database, desk.house.keyring, desk.clock, desk.engine._senders, jitter=lambda: 0.0)


async def states(desk: Desk) -> dict[str, int]:
    query = select(Delivery.state, func.count()).group_by(Delivery.state)
    async with desk.house.database.read() as session:
        return {row[0]: row[1] for row in await session.execute(query)}


async def state_of(desk: Desk, destination_id: UUID) -> str:
    return (await destinations.read(desk.house.database, desk.house.keyring, destination_id)).state


def paths(sink: HttpSink) -> list[str]:
    return [request.path for request in sink.requests]


async def broken(desk: Desk, sink: HttpSink, waiting: int) -> UUID:
    """Make a destination that fails, with so many deliveries that wait behind its breaker."""
    sink.otherwise = Answer(500)
    made = await desk.webhook(sink.url())
    for _ in range(FAILURES_TO_OPEN):
        await desk.lead()
        await desk.engine.run_until_idle()
    assert await state_of(desk, made.id) == "failing"
    for _ in range(waiting):
        await desk.lead()
    await desk.engine.run_until_idle()
    return made.id


async def test_four_workers_at_once_send_everything_once(desk: Desk, http_sink: HttpSink) -> None:
    for path in ("/a", "/b"):
        await desk.webhook(http_sink.url(path))
    for _ in range(40):
        await desk.lead()
    # With the product's own deadline: on a busy machine a try that ran out of time would be a second copy.
    house = desk.house
    occasion_of = occasions(house.database, house.keyring, house.settings.base_url)
    senders = RealSenders(house.settings, house.keyring, house.settings.delivery_deadline, occasion_of)
    engines = [Engine(house.database, house.keyring, desk.clock, senders) for _ in range(4)]
    await asyncio.gather(*(engine.run_until_idle() for engine in engines))
    await senders.aclose()
    sent = [(request.path, request.headers["webhook-id"]) for request in http_sink.requests]
    assert (len(sent), len(set(sent))) == (80, 80)
    assert await states(desk) == {"delivered": 80}


async def test_a_slow_destination_takes_its_share_of_places_and_no_more(desk: Desk, http_sink: HttpSink) -> None:
    http_sink.otherwise = Answer(200, delay=1)
    await desk.webhook(http_sink.url("/slow"))
    for _ in range(IN_FLIGHT_EACH + 5):
        await desk.lead()
    assert await desk.engine.start_due() == IN_FLIGHT_EACH
    assert await desk.engine.start_due() == 0
    await desk.engine.finish()
    assert desk.engine.freed.is_set(), "nobody is told that what waits may go"
    assert await desk.engine.start_due() == 5
    await desk.engine.finish()


async def test_a_long_queue_of_one_destination_does_not_hide_another(desk: Desk, http_sink: HttpSink) -> None:
    await desk.webhook(http_sink.url("/long"))
    for _ in range(2 * IN_FLIGHT_EACH):
        await desk.lead()
    desk.clock.move(SECONDS)
    await desk.webhook(http_sink.url("/other"))
    await desk.lead()
    await desk.engine.start_due()
    await desk.engine.finish()
    assert paths(http_sink).count("/other") == 1


async def test_what_is_fresh_goes_before_what_is_tried_again(desk: Desk, http_sink: HttpSink) -> None:
    await desk.webhook(http_sink.url())
    old, fresh = await desk.lead(), await desk.lead()
    async with desk.house.database.begin() as session:
        again = {"lane": claims.AGAIN, "due_at": desk.clock.now() - timedelta(hours=1)}
        await session.execute(update(Delivery).where(Delivery.lead_id == old.id).values(**again))
        found = {one.id: one for one in await claims.waiting(session, desk.clock.now())}
        taken = await claims.claim(session, found, dict.fromkeys(found, 1), desk.clock.now(), (uuid4(), 60))
    assert [one.lead_id for one in taken] == [fresh.id]


async def test_while_a_destination_fails_one_delivery_at_a_time_tries_it_and_the_others_burn_no_attempt(
    desk: Desk, http_sink: HttpSink
) -> None:
    await broken(desk, http_sink, waiting=10)
    assert len(http_sink.requests) == FAILURES_TO_OPEN
    for seconds in (5, 10, 20):
        desk.clock.move((seconds - 1) * SECONDS)
        await asyncio.gather(desk.engine.run_until_idle(), another_engine(desk).run_until_idle())
        before = len(http_sink.requests)
        desk.clock.move(SECONDS)
        await asyncio.gather(desk.engine.run_until_idle(), another_engine(desk).run_until_idle())
        assert len(http_sink.requests) == before + 1
    async with desk.house.database.read() as session:
        attempts = await session.scalar(select(func.count()).select_from(Attempt))
    assert attempts == len(http_sink.requests) == FAILURES_TO_OPEN + 3


async def test_a_short_fault_that_meets_many_at_once_is_over_as_soon_as_one_that_meets_few(
    desk: Desk, http_sink: HttpSink
) -> None:
    http_sink.otherwise = Answer(500)
    await desk.webhook(http_sink.url())
    for _ in range(IN_FLIGHT_EACH):
        await desk.lead()
    await desk.engine.run_until_idle()
    http_sink.otherwise = Answer(200)
    desk.clock.move(5 * SECONDS)
    await desk.engine.run_until_idle()
    assert (await states(desk))["delivered"] == IN_FLIGHT_EACH


async def test_a_probe_that_succeeds_lets_all_that_waited_go(desk: Desk, http_sink: HttpSink) -> None:
    made = await broken(desk, http_sink, waiting=30)
    http_sink.otherwise = Answer(200)
    desk.clock.move(5 * SECONDS)
    await desk.engine.run_until_idle()
    assert await states(desk) == {"delivered": 30 + FAILURES_TO_OPEN}
    assert await state_of(desk, made) == "active"
    alerts = await figures.alerts(desk.house.database, 10)
    assert [(alert.kind, alert.reason) for alert in alerts] == [
        ("recovered", "the endpoint answered 200"),
        ("failing", "the endpoint answered 500"),
    ]


async def test_a_dead_destination_with_a_long_queue_holds_nobody_up(desk: Desk, http_sink: HttpSink) -> None:
    dead = await desk.webhook("http://127.0.0.1:1/")
    for _ in range(60):
        await desk.lead()
    await desk.engine.run_until_idle()
    assert await state_of(desk, dead.id) == "failing"
    await desk.webhook(http_sink.url("/well"))
    for _ in range(5):
        await desk.lead()
    await desk.engine.run_until_idle()
    assert paths(http_sink) == ["/well"] * 5


async def test_staff_who_resume_a_failing_destination_need_not_wait_for_a_probe(
    desk: Desk, http_sink: HttpSink
) -> None:
    made = await broken(desk, http_sink, waiting=5)
    http_sink.otherwise = Answer(200)
    await destinations.set_state(desk.house.database, desk.house.keyring, made, "active")
    await desk.engine.run_until_idle()
    assert (await states(desk))["delivered"] == 5


async def test_a_destination_that_is_gone_is_left_alone_by_all_that_waits_and_an_alert_says_so(
    desk: Desk, http_sink: HttpSink
) -> None:
    http_sink.otherwise = Answer(410)
    await desk.webhook(http_sink.url())
    await desk.lead()
    await desk.engine.run_until_idle()
    await desk.lead()
    await desk.engine.run_until_idle()
    assert len(http_sink.requests) == 1
    assert await states(desk) == {"pending": 2}
    (alert,) = await figures.alerts(desk.house.database, 10)
    assert (alert.kind, alert.reason) == ("paused", "the endpoint answered 410: it wants no more")


class _NoMail:
    """Carries nothing, and says that the fault is ours."""

    def __init__(self) -> None:
        self.asked = 0

    async def send(self, one: Claimed, document: object, now: object) -> Outcome:
        del one, document, now
        self.asked += 1
        return Outcome(Verdict.CHANNEL_DOWN, reason="the mail server refuses our log-in (535)")


async def test_a_fault_of_our_own_burns_no_attempt_and_blames_no_destination(desk: Desk) -> None:
    made, senders = await desk.mailbox("quotes@clinic.example"), _NoMail()
    engine = Engine(desk.house.database, desk.house.keyring, desk.clock, senders, jitter=lambda: 0.0)
    for _ in range(12):
        await desk.lead()
    await engine.run_until_idle()
    tried = senders.asked
    for _ in range(20):
        desk.clock.move(timedelta(minutes=5))
        await engine.run_until_idle()
    assert senders.asked == tried + 20, "while it rests, more than one delivery a time asked"
    assert await states(desk) == {"pending": 12}
    assert await state_of(desk, made.id) == "active"
    async with desk.house.database.read() as session:
        burned = await session.scalar(select(func.max(Delivery.attempts - Delivery.round_start)))
    assert burned == 0


@pytest.mark.parametrize("rooms", ["attempts", "deliveries"])
async def test_a_fault_while_settling_ends_neither_the_worker_nor_its_stop(
    desk: Desk, http_sink: HttpSink, rooms: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.deliveries.settling.PAUSES", (0.01,))
    await desk.webhook(http_sink.url())
    await desk.lead()
    await desk.engine.start_due()
    async with desk.house.database.begin() as session:
        await session.execute(text(f"ALTER TABLE {rooms} RENAME TO mislaid"))
    await desk.engine.finish()
    async with desk.house.database.begin() as session:
        await session.execute(text(f"ALTER TABLE mislaid RENAME TO {rooms}"))
    assert await states(desk) == {"sending": 1}, "its lease ends, and it is sent again"


async def test_a_retry_by_staff_tries_a_failing_destination_at_once(desk: Desk, http_sink: HttpSink) -> None:
    made = await broken(desk, http_sink, waiting=0)
    http_sink.otherwise = Answer(200)
    async with desk.house.database.read() as session:
        delivery_id = (await session.scalars(select(Delivery.id))).first()
    assert delivery_id is not None
    await service.retry(desk.house.database, delivery_id, desk.clock.now())
    await desk.engine.run_until_idle()
    assert await state_of(desk, made) == "active"
