"""How much of a body is taken: one limit for every route, kept while the body comes and before it is gathered."""

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


class BodyCap:
    """A layer around the routes: whoever reads more of a body than `limit` bytes gets `BodyTooLarge` instead.

    A length that is declared is believed at the first read. A body that nobody reads is nobody's concern, so that
    a request without a key still gets its 401.
    """

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if {b"content-length", b"transfer-encoding"} <= {name for name, _ in scope["headers"]}:
            await problem_response(AmbiguousLength(), scope["state"]["request_id"])(scope, receive, send)
            return
        declared, taken = _declared(scope), 0

        async def receive_within_limit() -> Message:
            nonlocal taken
            if declared > self.limit:
                raise BodyTooLarge(self.limit)
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self.limit:
                raise BodyTooLarge(self.limit)
            return message

        await self.app(scope, receive_within_limit, send)


def _declared(scope: Scope) -> int:
    """Return the length that the request says it has, 0 where it says none."""
    told = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
    return int(told[:20]) if told.isdigit() else 0
