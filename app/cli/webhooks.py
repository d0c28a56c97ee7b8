"""`freequote webhook`: a consumer for trying things out."""

import asyncio
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Annotated

import orjson
import typer
import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.cli.exits import NotAvailable
from app.cli.running import wrong
from app.clock import Clock, SystemClock
from app.destinations.signing import is_secret, verify

_HOST = "127.0.0.1"
_LONGEST_BODY = 1_000_000
_REMEMBERED = 10_000

app = typer.Typer(help="Webhooks, from the receiver's side.", no_args_is_help=True, add_completion=False)


@app.callback()
def _root() -> None:
    """Keep `listen` a command of its own although it is the only one."""


@app.command("listen")
def listen(
    secret: Annotated[
        str, typer.Option(envvar="WEBHOOK_SECRET", prompt=True, hide_input=True, help="The destination's whsec_….")
    ],
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where to listen on this machine.")] = 9000,
    full: Annotated[bool, typer.Option("--full", help="Print each event whole, personal data and all.")] = False,
) -> None:
    """Receive events on this machine, verify each one and print a line about it."""
    if not is_secret(secret):
        raise wrong("secret", "This is no signing secret. It begins with whsec_ and is shown when it is made.")
    with _bind(port) as listening:
        typer.echo(f"Listening on http://{_HOST}:{listening.getsockname()[1]}/ (Ctrl-C ends it)")
        receiver = Receiver(secret, SystemClock(), typer.echo, full=full)
        # Ctrl-C is how one stops it: nothing went wrong.
        with suppress(KeyboardInterrupt):
            asyncio.run(_serve(receiver, listening))


class Receiver:
    """What a consumer does with a post: verify it, drop copies, answer 204; 401 to whatever is not genuine."""

    def __init__(self, secret: str, clock: Clock, say: Callable[[str], None], *, full: bool = False) -> None:
        """Take the signing secret, and what prints a line."""
        self._secret = secret
        self._clock = clock
        self._say = say
        self._full = full
        self._seen: dict[str, None] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        request = Request(scope, receive)
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > _LONGEST_BODY:
                break
        await Response(status_code=self.judge(request.headers, bytes(body)))(scope, receive, send)

    def judge(self, headers: Mapping[str, str], body: bytes) -> int:
        """Print what came, and return the status to answer with; header names are in lower case."""
        fault = verify(self._secret, headers, body, self._clock.now())
        if fault is not None:
            self._say(f"refused: {fault}")
            return 401
        message_id = headers["webhook-id"]
        again = " (second copy)" if message_id in self._seen else ""
        self._seen[message_id] = None
        if len(self._seen) > _REMEMBERED:
            del self._seen[next(iter(self._seen))]
        self._say(f"{_named(body)} {message_id}{again}")
        if self._full:
            self._say(body.decode(errors="replace"))
        return 204


def _named(body: bytes) -> str:
    """Name an event by its type and reference. Shapes other than the standard one have neither."""
    try:
        document = orjson.loads(body)
        return f"{document['type']} {document['data']['reference']}"
    except (ValueError, KeyError, TypeError):
        return "an event in another shape"


def _bind(port: int) -> socket.socket:
    try:
        return socket.create_server((_HOST, port))
    except OSError:
        raise NotAvailable(f"Port {port} is taken. Name another with --port.") from None


async def _serve(receiver: ASGIApp, listening: socket.socket) -> None:
    config = uvicorn.Config(receiver, log_config=None, access_log=False, lifespan="off", ws="none")
    await uvicorn.Server(config).serve(sockets=[listening])
