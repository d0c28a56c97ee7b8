"""Asks Cloudflare whether a token of Turnstile is good. Nobody is refused for it, and nobody waits for it long."""

import re
from collections.abc import Callable
from time import monotonic
from typing import Self
from urllib.parse import urlencode
from uuid import UUID

from pydantic import BaseModel, Field, ValidationError

from app.clock import Clock
from app.deliveries.asking import GuardedAsking
from app.settings import Settings
from app.telemetry import logger

PATIENCE_SECONDS = 2.0
"""How long Cloudflare may take, in all: somebody waits."""
REST_SECONDS = 10.0
"""How long nobody is made to wait again after it has not answered."""
WARN_EVERY_SECONDS = 60.0
MISSING, WRONG, USED, UNANSWERED = (f"turnstile-{what}" for what in ("missing", "wrong", "used", "unanswered"))
_HEADERS = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
_TOKEN = re.compile(r"[!-~]{1,2048}")
_FAULT = 500
_OF_THE_TOKEN = {"invalid-input-response": WRONG, "missing-input-response": WRONG, "timeout-or-duplicate": USED}
"""What says something about the token; whatever else is wrong is ours or Cloudflare's."""


class _Said(BaseModel):
    success: bool
    codes: list[str] = Field(default=[], alias="error-codes")


class Turnstile:
    """One for a process; it must be closed. It costs nothing until a form has it switched on."""

    def __init__(self, settings: Settings, asks: GuardedAsking, now: Callable[[], float] = monotonic) -> None:
        self._is_set = bool(settings.turnstile_site_key)
        self._url = settings.turnstile_url
        self._secret = settings.turnstile_secret.get_secret_value()
        self._asks = asks
        self._now = now
        self._rests_until = float("-inf")
        self._silent_until = float("-inf")

    @classmethod
    def of(cls, settings: Settings, clock: Clock) -> Self:
        """Make one that asks through the guard."""
        return cls(settings, GuardedAsking(settings.allow_networks, clock, PATIENCE_SECONDS))

    async def aclose(self) -> None:
        """Close every connection."""
        await self._asks.aclose()

    async def sign_of(self, token: str | None, request: UUID) -> str | None:
        """Return what a token says against a request, or None.

        `request` is the same for the same request: Cloudflare then gives the same answer, however often it is asked.
        """
        if not self._is_set:
            return None
        if not token:
            return MISSING
        if not _TOKEN.fullmatch(token):
            return WRONG
        if self._now() < self._rests_until:
            return UNANSWERED
        return await self._ask(token, request)

    async def _ask(self, token: str, request: UUID) -> str | None:
        # Without `remoteip`: the page has told Cloudflare the address, and we tell nobody.
        asked = {"secret": self._secret, "response": token, "idempotency_key": str(request)}
        answer = await self._asks.ask("POST", self._url, _HEADERS, urlencode(asked).encode())
        if answer.status is None or answer.status >= _FAULT:
            return self._rest(answer.reason)
        try:
            said = _Said.model_validate_json(answer.body)
        except ValidationError:
            return self._rest("not the JSON that was agreed")
        if said.success:
            return None
        found = next((_OF_THE_TOKEN[code] for code in said.codes if code in _OF_THE_TOKEN), None)
        return found or self._unanswered("it does not take our question; look at FREEQUOTE_TURNSTILE_SECRET")

    def _rest(self, reason: str) -> str:
        # Not after a question that it did not take: a sender could make up such tokens.
        self._rests_until = self._now() + REST_SECONDS
        return self._unanswered(reason)

    def _unanswered(self, reason: str) -> str:
        if self._now() >= self._silent_until:
            self._silent_until = self._now() + WARN_EVERY_SECONDS
            logger.warning("turnstile is no help, requests are taken without it", reason=reason)
        return UNANSWERED
