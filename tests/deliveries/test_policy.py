"""When a promise is tried again."""

from datetime import UTC, datetime, timedelta

import pytest

from app.deliveries.policy import SCHEDULE, next_attempt

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
HOURS = timedelta(hours=1)


def test_the_schedule_is_the_one_of_standard_webhooks() -> None:
    waits = [moment - NOW for n in range(10) if (moment := next_attempt(n, NOW, 0)) is not None]
    seconds = [0, 5, 300, 1800, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600]
    assert waits == [timedelta(seconds=one) for one in seconds]


def test_after_the_tenth_failure_it_gives_up() -> None:
    assert next_attempt(9, NOW, 0) is not None
    assert next_attempt(10, NOW, 0) is None
    assert next_attempt(11, NOW, 0, 5 * HOURS) is None


@pytest.mark.parametrize("attempts", range(len(SCHEDULE)))
def test_jitter_moves_a_time_by_a_fifth_at_most(attempts: int) -> None:
    assert next_attempt(attempts, NOW, -1) == NOW + SCHEDULE[attempts] * 0.8
    assert next_attempt(attempts, NOW, 1) == NOW + SCHEDULE[attempts] * 1.2


def test_retry_after_delays_but_never_hastens() -> None:
    assert next_attempt(1, NOW, 0, timedelta(minutes=7)) == NOW + timedelta(minutes=7)
    assert next_attempt(4, NOW, 0, timedelta(minutes=7)) == NOW + 2 * HOURS
    assert next_attempt(1, NOW, 0, timedelta()) == NOW + timedelta(seconds=5)


def test_retry_after_delays_by_ten_hours_at_most() -> None:
    assert next_attempt(1, NOW, 0, timedelta(days=365)) == NOW + 10 * HOURS
