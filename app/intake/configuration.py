"""Forms, their wordings and destinations, in the door's memory."""

import asyncio
from collections.abc import Callable, Sequence
from time import monotonic
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.bulk import Condition
from app.database import DOOR_PATIENCE_SECONDS, Database
from app.destinations import service as destinations
from app.destinations.models import Destination
from app.forms import service as forms
from app.forms.configuration import Configuration
from app.forms.errors import FormClosed, FormNotFound
from app.forms.models import Form, WordingSet
from app.forms.wordings import DEFAULT_LANGUAGE
from app.intake.flood import Limits, limits_of
from app.rates import Rate

_TRUSTED_SECONDS = 1.0
"""How long what is in memory is taken for true; whatever would be refused is looked up first."""


class DoorConfiguration:
    """What the door has to know of forms, wordings and destinations; read anew when their version has moved.

    A batch is written only if the version is still the one in memory: no lead misses a destination that came first.
    """

    def __init__(self, database: Database, now: Callable[[], float] = monotonic) -> None:
        self._database = database
        self._now = now
        self._checked_at = float("-inf")
        self._version = -1
        self._forms: dict[str, Form] = {}
        self._wordings: dict[UUID, WordingSet] = {}
        self._current: dict[str, dict[str, WordingSet]] = {}
        self._told: dict[str, list[Destination]] = {}
        self._reading: asyncio.Task[None] | None = None

    async def check(self) -> None:
        """Read the version, and everything if it has moved; whatever is read is read from now on.

        Errors: `OutOfReach` when the database does not answer, or not in time.
        """
        if self._reading is not None:
            # It may have looked before what the caller wants to see was there.
            await asyncio.wait([self._reading])
        await self._read_together()

    async def _read_together(self) -> None:
        """Read once for all who wait; one at a time, so that nothing older ever takes the place of what is newer."""
        if self._reading is None:
            self._reading = asyncio.create_task(self._read())
            self._reading.add_done_callback(self._end)
        await asyncio.shield(self._reading)

    def _end(self, reading: "asyncio.Task[None]") -> None:
        self._reading = None
        if not reading.cancelled():
            # Whoever waited has it, and if all have gone nobody needs it.
            reading.exception()

    async def _read(self) -> None:
        asked_at = self._now()
        async with self._database.read(DOOR_PATIENCE_SECONDS) as session:
            version = await session.scalar(select(Configuration.version)) or 0
            if version != self._version:
                await self._take_in(session, version)
        self._checked_at = asked_at

    async def _take_in(self, session: AsyncSession, version: int) -> None:
        found = list(await session.scalars(select(Form)))
        wordings = list(await session.scalars(forms.wordings()))
        told = {form.key: await destinations.of_form(session, form.key) for form in found}
        current: dict[str, dict[str, WordingSet]] = {form.key: {} for form in found}
        for wording in wordings:
            current[wording.form_key][wording.language] = wording
        self._forms = {form.key: form for form in found}
        self._wordings = {wording.id: wording for wording in wordings}
        self._current, self._told, self._version = current, told, version

    @property
    def unmoved(self) -> Condition:
        """What holds as long as nothing has changed since it was read."""
        return Condition("SELECT version FROM configuration WHERE version = {}", self._version)

    async def keep_up(self, version: int) -> None:
        """Read everything anew if this, the version of now, is not the one in memory."""
        if version == self._version:
            self._checked_at = self._now()
        else:
            await self.check()

    async def form(self, key: str) -> Form:
        """Return a form that takes requests, or raise `FormNotFound` or `FormClosed`."""
        await self._trust()
        form = self._forms.get(key)
        if form is None or not form.is_open:
            await self.check()
        return self.open_form(key)

    def open_form(self, key: str) -> Form:
        """Return a form as it is in memory; errors as in `form`."""
        form = self._forms.get(key)
        if form is None:
            raise FormNotFound
        if not form.is_open:
            raise FormClosed
        return form

    async def meant(self, key: str | None) -> list[Form]:
        """Return the form with that key, open or not; every form where none is named or there is no such form."""
        await self.check()
        named = self._forms.get(key) if key is not None else None
        return [named] if named else list(self._forms.values())

    async def wording_shown(
        self, form_key: str, wording_id: UUID | None, language: str | None
    ) -> tuple[WordingSet, bool]:
        """Return the wording set an enquirer agreed to, and whether the page said so itself.

        A page that names no set of this form gets the current one of its language, else of the default language.
        """
        if wording_id is not None:
            if wording_id not in self._wordings:
                await self.check()
            named = self._wordings.get(wording_id)
            if named is not None and named.form_key == form_key:
                return named, True
        current = self._current[form_key]
        wanted = (language, (language or "").partition("-")[0], DEFAULT_LANGUAGE)
        return next((current[name] for name in wanted if name in current), next(iter(current.values()))), False

    def limits(self, form_key: str, flood: Rate) -> Limits:
        """Return how much a form takes; `flood` is what the installation says of one address."""
        return limits_of(self._forms[form_key], flood)

    def told(self, form_key: str) -> Sequence[Destination]:
        """Return who hears of a form's leads."""
        return self._told[form_key]

    async def _trust(self) -> None:
        if self._now() - self._checked_at > _TRUSTED_SECONDS:
            await self._read_together()
