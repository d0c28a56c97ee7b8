"""One request on its way through the door: what is known of it so far."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic

from fastapi import Request

from app.errors import OutOfReach
from app.forms.models import Form
from app.intake.admission import Admission
from app.intake.body import Submission, read_body
from app.intake.configuration import DoorConfiguration
from app.intake.origins import cors_headers
from app.intake.reading import read_whole
from app.languages.translations import spoken
from app.parts import Parts

PATIENCE_SECONDS = 8.0
"""How long an enquirer waits for us, in all; what is written after that is the one unconfirmed lead that may exist."""


@dataclass(slots=True)
class Visit:
    """What is known of one request: a refusal is drawn from as much as was read."""

    request: Request
    house: Parts
    headers: Mapping[str, str]
    form: Form | None = None
    typed: Mapping[str, Sequence[str]] = field(default_factory=dict)
    was_read: bool = False
    """Whether the body was read, or at least begun: it comes only once."""
    cors: dict[str, str] = field(default_factory=dict)
    asked_language: str | None = None
    """The one of the page or script that sent it, where it named one."""
    seconds_left: float = PATIENCE_SECONDS
    """Of the enquirer's patience."""

    @property
    def language(self) -> str | None:
        """The language to answer in, one of those that we speak; None: nobody asked for one."""
        return spoken([self.asked_language]) if self.asked_language else None

    @property
    def query(self) -> Mapping[str, str]:
        """What stands behind the question mark."""
        return self.request.query_params if self.request.scope["query_string"] else {}

    @property
    def configuration(self) -> DoorConfiguration:
        """What the door knows of forms."""
        admission: Admission = self.request.app.state.admission
        return admission.configuration

    @asynccontextmanager
    async def in_time(self) -> AsyncIterator[None]:
        """Do what the enquirer waits for, or raise `OutOfReach`. How long their own body takes to come is not in it."""
        began = monotonic()
        try:
            async with asyncio.timeout(self.seconds_left):
                yield
        except TimeoutError:
            raise OutOfReach from None
        finally:
            self.seconds_left -= monotonic() - began

    async def read(self) -> Submission:
        """Read the body; errors as in `read_whole` and `read_body`."""
        self.was_read = True
        raw = await read_whole(self.request.receive)
        submission = read_body(self.headers.get("content-type"), raw)
        self.typed = submission.typed
        told = submission.fields.get("fq_lang")
        self.asked_language = told if isinstance(told, str) else self.query.get("lang")
        return submission

    async def enter(self, key: str) -> Form:
        """Find the form that the request is for, or raise `FormNotFound` or `FormClosed`."""
        form = self.form = await self.configuration.form(key)
        self.cors = cors_headers(self.house.settings, [form], self.headers.get("origin"))
        return form
