"""When a destination counts as failing, and how it is tried again."""

from datetime import UTC, datetime, timedelta

from app.deliveries.breaker import FAILURES_TO_OPEN, Standing, probe_wait
from app.deliveries.policy import Verdict

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
WELL = Standing("active", 0, None)
FAIL, DONE = Verdict.RETRY, Verdict.DELIVERED


def test_failures_in_a_row_open_it_and_one_success_closes_it() -> None:
    assert WELL.after([FAIL] * (FAILURES_TO_OPEN - 1), NOW).state == "active"
    failing = WELL.after([FAIL] * FAILURES_TO_OPEN, NOW)
    assert (failing.state, failing.probe_at) == ("failing", NOW + timedelta(seconds=5))
    assert failing.after([DONE], NOW) == WELL


def test_what_was_on_its_way_when_it_opened_keeps_it_shut_no_longer() -> None:
    failing = WELL.after([FAIL] * 20, NOW, probing=False)
    assert failing == WELL.after([FAIL] * FAILURES_TO_OPEN, NOW)
    assert failing.after([DONE], NOW, probing=False) == WELL


def test_a_success_in_between_begins_the_count_anew() -> None:
    assert WELL.after([FAIL, FAIL, DONE, FAIL, FAIL], NOW) == Standing("active", 2, None)


def test_what_is_final_for_a_delivery_counts_against_its_destination_too() -> None:
    assert WELL.after([Verdict.FAILED] * FAILURES_TO_OPEN, NOW).state == "failing"


def test_a_fault_of_our_own_says_nothing_of_a_destination() -> None:
    assert WELL.after([Verdict.CHANNEL_DOWN] * 9, NOW) == WELL


def test_probes_come_ever_more_rarely_but_every_five_minutes_at_least() -> None:
    waits = [probe_wait(failures).total_seconds() for failures in range(3, 12)]
    assert waits == [5, 10, 20, 40, 80, 160, 300, 300, 300]
    assert probe_wait(1_000_000) == timedelta(minutes=5)


def test_a_probe_waits_for_its_moment_and_not_for_one_that_a_wrong_clock_wrote() -> None:
    failing = Standing("failing", 3, NOW + timedelta(seconds=5))
    assert not failing.may_probe(NOW)
    assert failing.may_probe(NOW + timedelta(seconds=5))
    assert failing.may_probe(NOW - timedelta(days=1))


def test_what_is_paused_stays_paused_whatever_is_still_under_way() -> None:
    paused = WELL.after([Verdict.GONE], NOW)
    assert paused.state == "paused"
    assert paused.after([FAIL] * 5, NOW).state == "paused"
    assert paused.after([DONE], NOW).state == "paused"
