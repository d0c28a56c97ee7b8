"""A clock in the test's hands."""

from datetime import UTC, datetime, timedelta


class FakeClock:
    """Stands still until it is moved; an `app.clock.Clock`."""

    def __init__(self, start: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)) -> None:
        self._now = start

    def now(self) -> datetime:
        """Return the moment, aware and in UTC."""
        return self._now

    def move(self, by: timedelta) -> datetime:
        """Go `by` further (or back), and return the new moment."""
        self._now += by
        return self._now
