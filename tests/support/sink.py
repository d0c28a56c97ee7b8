"""A real HTTP server on loopback that records every request and answers as it is told."""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web

from tests.support.waiting import eventually


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came in; header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What to say, and after how many seconds."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0


@dataclass
class HttpSink:
    """The server's face to the test."""

    requests: list[Received] = field(default_factory=list)
    answers: deque[Answer] = field(default_factory=deque)
    """Answers to the next requests, each given once; after them comes `otherwise`."""
    otherwise: Answer = field(default_factory=Answer)
    port: int = 0
    host: str = "127.0.0.1"

    def url(self, path: str = "/") -> str:
        """Return an address on this server."""
        return f"http://{self.host}:{self.port}{path}"

    async def received(self, count: int = 1, *, within: float = 10) -> list[Received]:
        """Wait until at least `count` requests have come; return them all."""
        await eventually(lambda: len(self.requests) >= count, within=within)
        return list(self.requests)

    async def listen(self) -> web.AppRunner:
        """Start on a free port, in the running loop."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0)
        await runner.setup()
        await web.TCPSite(runner, self.host, 0).start()
        self.port = runner.addresses[0][1]
        return runner

    async def _answer(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.requests.append(Received(request.method, request.path_qs, headers, await request.read()))
        answer = self.answers.popleft() if self.answers else self.otherwise
        await asyncio.sleep(answer.delay)
        return web.Response(status=answer.status, body=answer.body, headers=answer.headers)
