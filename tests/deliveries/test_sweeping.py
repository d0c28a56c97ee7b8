"""What nothing else would ever end is put right."""

from datetime import timedelta
from uuid import uuid4

from sqlalchemy import select, update

from app.database import database_now
from app.deliveries.models import Delivery
from app.deliveries.policy import SCHEDULE
from app.deliveries.sweeping import DELETED, sweep
from app.destinations.models import Destination
from tests.support.house import Desk
from tests.support.sink import Answer, HttpSink

WHOLE = sum(SCHEDULE, timedelta())


async def _rows(desk: Desk) -> list[tuple[str, str | None]]:
    async with desk.house.database.read() as session:
        return [(row.state, row.reason) for row in await session.scalars(select(Delivery))]


async def _set(desk: Desk, **values: object) -> None:
    async with desk.house.database.begin() as session:
        await session.execute(update(Destination).values(**values))


async def test_a_promise_made_in_the_moment_of_deletion_is_cancelled(desk: Desk, http_sink: HttpSink) -> None:
    await desk.webhook(http_sink.url())
    await desk.lead()
    await sweep(desk.house.database, desk.clock.now())
    assert await _rows(desk) == [("pending", None)]
    await _set(desk, deleted_at=desk.clock.now())
    await sweep(desk.house.database, desk.clock.now())
    assert await _rows(desk) == [("cancelled", DELETED)]


async def test_what_waits_behind_a_failing_destination_is_given_up_when_its_own_schedule_is_over(
    desk: Desk, http_sink: HttpSink
) -> None:
    await desk.webhook(http_sink.url())
    await desk.lead()
    await _set(desk, state="failing")
    await sweep(desk.house.database, desk.clock.move(WHOLE))
    assert await _rows(desk) == [("pending", None)]
    await sweep(desk.house.database, desk.clock.move(timedelta(hours=2)))
    ((state, reason),) = await _rows(desk)
    assert (state, reason) == ("failed", "the destination failed for as long as the schedule lasts")


async def test_what_waits_for_a_paused_destination_waits_for_good(desk: Desk, http_sink: HttpSink) -> None:
    await desk.webhook(http_sink.url())
    await desk.lead()
    await _set(desk, state="paused")
    await sweep(desk.house.database, desk.clock.move(10 * WHOLE))
    assert await _rows(desk) == [("pending", None)]


async def test_what_was_promised_and_what_was_left_behind_while_a_clock_ran_ahead_need_not_wait_for_that_time(
    desk: Desk, http_sink: HttpSink
) -> None:
    await desk.webhook(http_sink.url())
    desk.clock.move(timedelta(days=1))
    left, fresh = await desk.lead(), await desk.lead()
    async with desk.house.database.begin() as session:
        claimed = {"state": "sending", "attempts": 1, "lease_token": uuid4(), "lease_until": database_now(-1)}
        await session.execute(update(Delivery).where(Delivery.lead_id == left.id).values(**claimed))
    desk.clock.move(-timedelta(days=1))
    await desk.engine.run_until_idle()
    assert http_sink.requests == []
    await sweep(desk.house.database, desk.clock.now())
    await desk.engine.run_until_idle()
    assert len(http_sink.requests) == 2
    assert [(await desk.deliveries(lead.id))[0].state for lead in (left, fresh)] == ["delivered", "delivered"]


async def test_what_is_to_be_tried_again_later_is_not_hurried(desk: Desk, http_sink: HttpSink) -> None:
    http_sink.otherwise = Answer(503, headers={"Retry-After": "3600"})
    await desk.webhook(http_sink.url())
    await desk.lead()
    await desk.engine.run_until_idle()
    await sweep(desk.house.database, desk.clock.move(timedelta(minutes=50)))
    await desk.engine.run_until_idle()
    assert len(http_sink.requests) == 1
