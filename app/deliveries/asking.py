"""Asks servers outside on behalf of rooms that open no connections themselves, behind the same guard."""

from collections.abc import Mapping

from app.access.oidc.provider import Answer
from app.clock import Clock
from app.deliveries.webhook import WebhookSender
from app.destinations.guard import Guard
from app.settings import Networks, Settings

_SIGN_IN_SECONDS = 10.0
"""Somebody waits in front of their browser."""


class GuardedAsking:
    """One for a process, since it keeps connections; it must be closed. It costs nothing until it is first asked."""

    def __init__(self, networks: Networks, clock: Clock, deadline_seconds: float) -> None:
        """Take the networks that may be reached although they are not public, and how long an answer may take."""
        self._guard = Guard(networks)
        self._clock = clock
        self._deadline_seconds = deadline_seconds
        self._sender: WebhookSender | None = None

    async def ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        """Ask once; of the answer at most 64 KiB are read, and no redirect is followed."""
        sender = self._sender = self._sender or WebhookSender(self._guard, deadline=self._deadline_seconds)
        reply = await sender.post(url, headers, body, self._clock.now(), sender.end_of_attempt(), method)
        return Answer(reply.outcome.status_code, reply.outcome.reason, reply.answer)

    async def aclose(self) -> None:
        """Close every connection."""
        if self._sender is not None:
            await self._sender.aclose()


def ask_provider(settings: Settings, clock: Clock) -> GuardedAsking:
    """Make the way to the provider that staff sign in through."""
    return GuardedAsking((*settings.allow_networks, *settings.oidc_networks), clock, _SIGN_IN_SECONDS)
