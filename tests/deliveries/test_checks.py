"""What readiness says of promises."""

from datetime import timedelta

from app.deliveries import service
from app.deliveries.checks import delivery_checks
from app.destinations import service as destinations
from app.health import run_checks
from tests.support.house import Desk
from tests.support.sink import HttpSink


async def _oldest(desk: Desk) -> tuple[bool, str]:
    house = desk.house
    findings = await run_checks(delivery_checks(house.database, house.settings, desk.clock))
    (found,) = [one for one in findings if one.name == "oldest promise"]
    return found.ok, found.detail


async def test_a_promise_that_nobody_keeps_is_seen_and_one_that_waits_on_purpose_is_not(
    desk: Desk, http_sink: HttpSink
) -> None:
    made = await desk.webhook(http_sink.url())
    await desk.lead()
    assert await _oldest(desk) == (True, "due for 0 min")
    desk.clock.move(timedelta(minutes=20))
    assert await _oldest(desk) == (False, "due for 20 min")
    await destinations.set_state(desk.house.database, desk.house.keyring, made.id, "paused")
    assert await _oldest(desk) == (True, "none waits")
    await destinations.set_state(desk.house.database, desk.house.keyring, made.id, "active")
    await service.retire_destination(desk.house.database, made.id, desk.clock.now())
    assert await _oldest(desk) == (True, "none waits")
