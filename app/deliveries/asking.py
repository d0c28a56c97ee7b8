"""Asks servers outside on behalf of rooms that open no connections themselves, behind the same guard."""

from collections.abc import Mapping

from app.access.oidc.provider import Answer
from app.clock import Clock
from app.deliveries.webhook import WebhookSender
from app.destinations.guard import Guard
from app.settings import Settings

_DEADLINE_SECONDS = 10.0
"""Somebody waits in front of their browser."""


class GuardedAsking:
    """One for a process, since it keeps connections; it must be closed. It costs nothing until it is first asked."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._guard = Guard((*settings.allow_networks, *settings.oidc_networks))
        self._clock = clock
        self._sender: WebhookSender | None = None

    async def ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        """Ask once; of the answer at most 64 KiB are read, and no redirect is followed."""
        sender = self._sender = self._sender or WebhookSender(self._guard, deadline=_DEADLINE_SECONDS)
        reply = await sender.post(url, headers, body, self._clock.now(), sender.end_of_attempt(), method)
        return Answer(reply.outcome.status_code, reply.outcome.reason, reply.answer)

    async def aclose(self) -> None:
        """Close every connection."""
        if self._sender is not None:
            await self._sender.aclose()
