"""Sends an event to a webhook: signed, guarded, once."""

import asyncio
import ssl
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from time import monotonic
from typing import Self

import aiohttp
import httpx
from aiohttp.abc import AbstractResolver
from aiohttp.connector import Connection
from httpx_aiohttp import AiohttpTransport

from app import VERSION
from app.deliveries.policy import Outcome, Verdict
from app.deliveries.resolver import AddressNotPermitted, GuardedResolver
from app.deliveries.verdicts import NOT_PUBLIC, judge_fault, judge_status, read_retry_after
from app.destinations.guard import Address, Guard
from app.destinations.signing import sign
from app.errors import InvalidRequest

ANSWER_LIMIT = 64 * 1024
"""How much of an answer is read at most, in bytes, as it comes over the wire."""
EXCERPT_LIMIT = 1024
# Servers commonly keep an idle connection for five seconds; a post on one that just closed would be lost.
_KEEPALIVE_SECONDS = 4.0
_FAULTS = (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, OSError, ValueError, AddressNotPermitted)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of one post, and what was answered, as far as it was read."""

    outcome: Outcome
    answer: bytes = b""


class _Answer(aiohttp.ClientResponse):
    async def start(self, connection: Connection) -> Self:
        # The transport writes the reason phrase as UTF-8 and fails where it is not; nobody reads it.
        await super().start(connection)
        self.reason = None
        return self


class WebhookSender:
    """Posts events. One for a process, since it keeps connections; it must be closed."""

    def __init__(
        self,
        guard: Guard,
        deadline: float = 15.0,
        resolver: AbstractResolver | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        """Take the guard, the deadline of an attempt in seconds and, for tests, a resolver and a CA of their own."""
        self._guard = guard
        self.deadline = deadline
        self._resolver = resolver
        self._ssl_context = ssl_context or ssl.create_default_context()
        self._client = httpx.AsyncClient(
            transport=self._transport(guard.permits),
            # Without TLS only addresses that the operator named are reached; public ones are not.
            mounts={"http://": self._transport(guard.allows)},
            trust_env=False,
            follow_redirects=False,
            timeout=None,  # noqa: S113 - the deadline below bounds the whole attempt; these would each bound one read
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            headers={"user-agent": f"Freequote/{VERSION}", "accept-encoding": "identity"},
        )

    async def send(
        self,
        url: str,
        secrets: Sequence[str],
        message_id: str,
        body: bytes,
        at: datetime,
        content_type: str = "application/json",
    ) -> Outcome:
        """Post the body once and say what came of it. `at` is the time of this attempt: it is signed."""
        headers = {"content-type": content_type, **signature_headers(secrets, message_id, body, at)}
        return (await self.post(url, headers, body, at, self.end_of_attempt())).outcome

    def end_of_attempt(self) -> float:
        """Return when an attempt that begins now has to end, on the loop's clock."""
        return asyncio.get_running_loop().time() + self.deadline

    async def post(
        self, url: str, headers: Mapping[str, str], body: bytes, at: datetime, end: float, method: str = "POST"
    ) -> Reply:
        """Post, or ask by another method, once, until `end` on the loop's clock, and say what came of it.

        Raises nothing that the network can cause. A 2xx is a receipt even if the rest of the answer never ends.
        """
        started = monotonic()
        reply = await self._attempt(method, url, headers, body, at, end)
        duration = round((monotonic() - started) * 1000)
        return replace(reply, outcome=replace(reply.outcome, duration_ms=duration))

    async def aclose(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    async def _attempt(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, at: datetime, end: float
    ) -> Reply:
        try:
            # Again, though it was judged when saved: what is allowed may have changed, and a literal address
            # meets no resolver.
            request = self._client.build_request(method, self._guard.check_url(url), content=body, headers=headers)
            async with asyncio.timeout_at(end):
                response = await self._client.send(request, stream=True)
        except InvalidRequest:
            return Reply(Outcome(Verdict.RETRY, reason=NOT_PUBLIC))
        except TimeoutError:
            return Reply(Outcome(Verdict.RETRY, reason=f"no answer within {self.deadline:g} s"))
        except _FAULTS as fault:
            verdict, reason = judge_fault(fault)
            return Reply(Outcome(verdict, reason=reason))
        verdict, reason = judge_status(response.status_code)
        asked = read_retry_after(response.headers.get("retry-after"), at) if verdict is Verdict.RETRY else None
        answer = await _read(response, end)
        excerpt = answer[:EXCERPT_LIMIT]
        outcome = Outcome(verdict, reason=reason, status_code=response.status_code, retry_after=asked, excerpt=excerpt)
        return Reply(outcome, answer)

    def _transport(self, permits: Callable[[Address], bool]) -> AiohttpTransport:
        def session() -> aiohttp.ClientSession:
            connector = aiohttp.TCPConnector(
                resolver=GuardedResolver(permits, self._resolver),
                ssl=self._ssl_context,
                keepalive_timeout=_KEEPALIVE_SECONDS,
            )
            return aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar(), response_class=_Answer
            )

        # A factory, because a session belongs to the loop that runs when it is made.
        return AiohttpTransport(verify=self._ssl_context, trust_env=False, client=session)


def signature_headers(secrets: Sequence[str], message_id: str, body: bytes, at: datetime) -> dict[str, str]:
    """Return the three headers of Standard Webhooks."""
    timestamp = int(at.timestamp())
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(secrets, message_id, timestamp, body),
    }


async def _read(response: httpx.Response, end: float) -> bytes:
    """Read the answer up to its end, the limit or the deadline.

    Reading on behind the excerpt lets the connection be used again; one that is left unread is closed.
    """
    read = bytearray()
    try:
        with suppress(*_FAULTS):  # the status is what counts, and it is known
            async with asyncio.timeout_at(end):
                async for chunk in response.aiter_raw():
                    read += chunk
                    if len(read) >= ANSWER_LIMIT:
                        break
    finally:
        with suppress(*_FAULTS):
            await response.aclose()
    return bytes(read[:ANSWER_LIMIT])
