"""Refusals are audited: who tries what they may not do is worth knowing, once a minute."""

from datetime import datetime, timedelta
from uuid import UUID

from app.access.principals import Principal
from app.audit import service as audit
from app.audit.actions import NOBODY, Action
from app.clock import Clock
from app.database import Database

_NOTED_EVERY = timedelta(minutes=1)


class Refusals:
    """Notes what was refused to somebody; the same again at most once a minute, for a script may try without end."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._noted: dict[tuple[str, ...], datetime] = {}

    async def note(self, by: Principal, operation: str, reason: str) -> None:
        """Write down that an operation was refused to somebody."""
        await self._note(by.actor, Action.REFUSED, by.actor, operation=operation, reason=reason)

    async def note_log_in(self, staff_id: UUID | None, reason: str) -> None:
        """Write down that nobody was let in, to an account if there is one; never what was typed."""
        subject = f"staff:{staff_id}" if staff_id else "staff:unknown"
        await self._note(NOBODY, Action.LOG_IN_FAILED, subject, reason=reason)

    async def _note(self, actor: str, action: Action, subject: str, **details: str) -> None:
        now, what = self._clock.now(), (actor, action, subject, *details.values())
        if what in self._noted and now - self._noted[what] < _NOTED_EVERY:
            return
        self._noted = {known: at for known, at in self._noted.items() if now - at < _NOTED_EVERY}
        async with self._database.begin() as session:
            audit.record(session, actor, action, subject, **details)
        self._noted[what] = now
