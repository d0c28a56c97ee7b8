"""Time comes in through the door, so that a test can move it."""

from datetime import UTC, datetime
from typing import Annotated, Protocol

from pydantic import AwareDatetime, Field

# Beyond these a moment near the calendar's ends has no spelling in UTC.
Moment = Annotated[AwareDatetime, Field(ge=datetime(1970, 1, 1, tzinfo=UTC), lt=datetime(9999, 1, 1, tzinfo=UTC))]
"""A moment as others send it."""


class Clock(Protocol):
    """Where schedules, expiries and timestamps take the time from."""

    def now(self) -> datetime:
        """Return the moment, aware and in UTC."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the moment, aware and in UTC."""
        return datetime.now(UTC)


def rfc3339(moment: datetime) -> str:
    """Write a moment as the contract has it (RFC 3339): in UTC, with `Z`."""
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return f"{utc.isoformat()[: -len('+00:00')]}Z"
