"""Refusals are audited: who tries what they may not do is worth knowing, once a minute."""

from datetime import datetime, timedelta

from app.access.auditing import note
from app.access.principals import Principal
from app.audit.actions import Action
from app.clock import Clock
from app.database import Database

_NOTED_EVERY = timedelta(minutes=1)


class Refusals:
    """Notes what was refused to somebody; the same again at most once a minute, for a script may try without end."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._noted: dict[tuple[str, str], datetime] = {}

    async def note(self, by: Principal, operation: str, reason: str) -> None:
        """Write down that an operation was refused to somebody."""
        now, what = self._clock.now(), (by.actor, operation)
        if what in self._noted and now - self._noted[what] < _NOTED_EVERY:
            return
        self._noted = {known: at for known, at in self._noted.items() if now - at < _NOTED_EVERY}
        async with self._database.begin() as session:
            note(session, by, Action.REFUSED, by.actor, operation=operation, reason=reason)
        self._noted[what] = now
