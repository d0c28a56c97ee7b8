"""When a destination counts as failing, and how it is tried again: pure, time passed in."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.deliveries.policy import Verdict

FAILURES_TO_OPEN = 3
"""After so many failures in a row a destination is failing. A lone delivery gets there in five minutes."""
_FIRST_PROBE = timedelta(seconds=5)
_LONGEST_WAIT = timedelta(minutes=5)
# A machine whose clock ran ahead may have written a moment that nobody would live to see.
_IMPLAUSIBLE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a destination stands: `active`, `failing` or `paused`."""

    state: str
    failures_in_row: int
    probe_at: datetime | None

    def after(self, verdicts: Iterable[Verdict], now: datetime, *, probing: bool = True) -> "Standing":
        """Return how it stands after some attempts, the first that ended first. What staff paused stays paused.

        Attempts that were not made to probe it say nothing new once it fails: they were on their way before that.
        """
        standing = self
        for verdict in verdicts:
            standing = standing._after_one(verdict, now, probing=probing)
        return standing

    def may_probe(self, now: datetime) -> bool:
        """Say whether, while it fails, it is time for one delivery to try it."""
        return self.probe_at is None or not now < self.probe_at <= now + _IMPLAUSIBLE

    def _after_one(self, verdict: Verdict, now: datetime, *, probing: bool) -> "Standing":
        if verdict in {Verdict.CHANNEL_DOWN, Verdict.HALFWAY}:
            return self
        paused = self.state == "paused"
        if verdict is Verdict.DELIVERED:
            return Standing("paused" if paused else "active", 0, None)
        if verdict is Verdict.GONE:
            return replace(self, state="paused", probe_at=None)
        if self.state == "failing" and not probing:
            return self
        failures = self.failures_in_row + 1
        if paused or failures < FAILURES_TO_OPEN:
            return replace(self, failures_in_row=failures)
        return Standing("failing", failures, now + probe_wait(failures))


def probe_wait(failures_in_row: int) -> timedelta:
    """Return how long a failing destination is left alone: 5 s after the first probes, 5 min at the most."""
    doublings = min(max(failures_in_row - FAILURES_TO_OPEN, 0), 10)
    return min(_FIRST_PROBE * (1 << doublings), _LONGEST_WAIT)
