"""How much of a body is taken, and how long it may take: one limit for every route, kept while the body comes."""

import asyncio
from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import AppError
from app.problems import problem_response


class BodyTooLarge(AppError):
    """The body is over the limit; it was not read to its end."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    code = "body-too-large"
    title = "The request is too large"
    explanation = "A quote request holds text only and stays under the size in `detail`. Please shorten the message."

    def __init__(self, limit: int) -> None:
        super().__init__(f"The request is larger than {limit} bytes.")


class AmbiguousLength(AppError):
    """The body's end is told in two ways; two servers may each believe another one (RFC 9112 §6.3)."""

    status = HTTPStatus.BAD_REQUEST
    code = "ambiguous-length"
    title = "The request ends in two places"
    explanation = "A request has a Content-Length or comes in chunks, never both. Nothing was accepted."

    def __init__(self) -> None:
        super().__init__("Send either Content-Length or Transfer-Encoding.")

    @property
    def headers(self) -> dict[str, str]:
        """Hang up: what follows may be a request that somebody else's words hide."""
        return {"Connection": "close"}


class RequestTooSlow(AppError):
    """The body did not come to its end in time; nothing was accepted."""

    status = HTTPStatus.REQUEST_TIMEOUT
    code = "request-too-slow"
    title = "The request took too long to arrive"
    explanation = "The whole request did not arrive within the time in `detail`. Nothing was accepted. Send it again."

    def __init__(self, seconds: float) -> None:
        super().__init__(f"The request did not arrive within {seconds:g} seconds.")

    @property
    def headers(self) -> dict[str, str]:
        """Hang up: what is still to come of the body is no next request."""
        return {"Connection": "close"}


class BodyCap:
    """A layer around the routes: whoever reads a body of more than `limit` bytes gets `BodyTooLarge` instead.

    One that has not come whole `within` so many seconds of the first read ends with `RequestTooSlow`. A length that is
    declared is believed at the first read. A body that nobody reads is nobody's concern, so that a request without a
    key still gets its 401.
    """

    def __init__(self, app: ASGIApp, limit: int, within: float) -> None:
        self.app = app
        self.limit = limit
        self.within = within

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if {b"content-length", b"transfer-encoding"} <= {name for name, _ in scope["headers"]}:
            await problem_response(AmbiguousLength(), scope["state"]["request_id"])(scope, receive, send)
            return
        await self.app(scope, _Reading(receive, _declared(scope), self.limit, self.within).receive, send)


class _Reading:
    """One body as it is read."""

    def __init__(self, receive: Receive, declared: int, limit: int, within: float) -> None:
        self._receive = receive
        self._declared = declared
        self._limit = limit
        self._within = within
        self._taken = 0
        self._ends: float | None = None
        self._is_whole = False

    async def receive(self) -> Message:
        """Return the next message; errors as of `BodyCap`."""
        if self._declared > self._limit:
            raise BodyTooLarge(self._limit)
        if self._is_whole:
            # What comes now is that the client has gone, and nobody knows when.
            return await self._receive()
        message = await self._in_time()
        self._is_whole = not message.get("more_body", False)
        self._taken += len(message.get("body", b""))
        if self._taken > self._limit:
            raise BodyTooLarge(self._limit)
        return message

    async def _in_time(self) -> Message:
        if self._ends is None:
            self._ends = asyncio.get_running_loop().time() + self._within
        try:
            async with asyncio.timeout_at(self._ends):
                return await self._receive()
        except TimeoutError:
            raise RequestTooSlow(self._within) from None


def _declared(scope: Scope) -> int:
    """Return the length that the request says it has, 0 where it says none."""
    told = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
    return int(told[:20]) if told.isdigit() else 0
