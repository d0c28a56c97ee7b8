"""Who may send how much at once."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from app.deliveries.breaker import Standing
from app.deliveries.places import IN_FLIGHT, IN_FLIGHT_EACH, Channels, Waiting, share
from app.deliveries.policy import Verdict

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
WELL = Standing("active", 0, None)


def waiting(count: int, standing: Standing = WELL, kind: str = "webhook") -> list[Waiting]:
    return [Waiting(uuid4(), kind, standing) for _ in range(count)]


def shared(found: list[Waiting], in_flight: dict[UUID, tuple[str, int]] | None = None) -> list[int]:
    given = share(found, in_flight or {}, Channels(), NOW)
    return [given.get(one.id, 0) for one in found]


def test_one_destination_never_takes_every_place() -> None:
    assert shared(waiting(1)) == [IN_FLIGHT_EACH]
    (one,) = found = waiting(1)
    assert shared(found, {one.id: ("webhook", IN_FLIGHT_EACH - 3)}) == [3]
    assert shared(found, {one.id: ("webhook", IN_FLIGHT_EACH)}) == [0]


def test_many_destinations_share_the_places_evenly() -> None:
    assert set(shared(waiting(25))) == {IN_FLIGHT // 25}
    crowd = shared(waiting(3 * IN_FLIGHT))
    assert (sum(crowd), max(crowd)) == (IN_FLIGHT, 1)


def test_a_failing_destination_is_tried_by_one_delivery_when_it_is_time() -> None:
    due, early = Standing("failing", 9, NOW), Standing("failing", 9, NOW + timedelta(seconds=1))
    assert shared([*waiting(1, due), *waiting(1, early)]) == [1, 0]
    (one,) = found = waiting(1, due)
    assert shared(found, {one.id: ("webhook", 1)}) == [0]


def test_a_channel_that_is_down_rests_and_then_one_delivery_shows_whether_it_works_again() -> None:
    channels, found = Channels(), [*waiting(2, kind="email"), *waiting(1)]
    assert channels.note("email", Verdict.CHANNEL_DOWN, NOW)
    assert share(found, {}, channels, NOW) == {found[2].id: IN_FLIGHT_EACH}
    later = channels.rests_until("email", NOW)
    assert later == NOW + timedelta(seconds=30)
    probed = share(found[:2], {}, channels, later)
    assert list(probed.values()) == [1]
    assert share(found[:2], {next(iter(probed)): ("email", 1)}, channels, later) == {}
    assert not channels.note("email", Verdict.CHANNEL_DOWN, later)
    assert channels.rests_until("email", later) == later + timedelta(minutes=1)
    assert channels.note("email", Verdict.RETRY, later)
    assert sum(share(found[:2], {}, channels, later).values()) == 2 * IN_FLIGHT_EACH


def test_a_channel_rests_five_minutes_at_the_most() -> None:
    channels, now = Channels(), NOW
    for _ in range(8):
        channels.note("email", Verdict.CHANNEL_DOWN, now)
        now, before = channels.rests_until("email", now), now
    assert now - before == timedelta(minutes=5)
