"""What nothing else would ever end is put right."""

from datetime import timedelta

from sqlalchemy import select, update

from app.deliveries.models import Delivery
from app.deliveries.policy import SCHEDULE
from app.deliveries.sweeping import DELETED, sweep
from app.destinations.models import Destination
from tests.support.house import Desk
from tests.support.sink import HttpSink

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
