"""When a promise is tried again, and what came of an attempt."""

from dataclasses import KW_ONLY, dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# As Standard Webhooks recommends: about three days in all, so that a weekend's outage costs nothing.
SCHEDULE = (
    timedelta(),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
LONGEST_RETRY_AFTER = timedelta(hours=10)
_JITTER = 0.2


class Verdict(StrEnum):
    """What an attempt means for its delivery."""

    DELIVERED = "delivered"
    RETRY = "retry"
    FAILED = "failed"
    """Final: trying again cannot help."""
    GONE = "gone"
    """The endpoint asked to be left alone (410): its destination pauses, the promise stays."""
    WITHHELD = "withheld"
    """Final: it must not go out, and nothing was sent."""
    HALFWAY = "halfway"
    """One of several calls is made; the next one follows at once and burns no attempt."""
    CHANNEL_DOWN = "channel-down"
    """A fault of our own: it burns no attempt."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attempt. Nothing but `excerpt` may hold personal data."""

    verdict: Verdict
    _: KW_ONLY
    reason: str
    """Short, stable words for staff: `the endpoint answered 503`."""
    status_code: int | None = None
    retry_after: timedelta | None = None
    """How long the other side asked us to wait."""
    excerpt: bytes = b""
    """The beginning of the answer, at most 1 KiB; whoever stores it seals it."""
    duration_ms: int = 0
    progress: bytes | None = None
    """With `HALFWAY`: what the calls made so far gave, sealed for `deliveries.progress`."""


def next_attempt(attempts: int, now: datetime, jitter: float, retry_after: timedelta | None = None) -> datetime | None:
    """When to try again after `attempts` failures (jitter in -1..1), or None to give up.

    `retry_after` can only delay, and by ten hours at most.
    """
    if attempts >= len(SCHEDULE):
        return None
    wait = SCHEDULE[attempts] * (1 + _JITTER * jitter)
    asked = min(retry_after or timedelta(), LONGEST_RETRY_AFTER)
    return now + max(wait, asked)
