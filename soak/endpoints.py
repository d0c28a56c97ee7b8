"""Webhook endpoints that behave as badly as they are told to, and remember everything that came."""

import asyncio
import gzip
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import repeat

from app.destinations.signing import sign
from soak.ports import Outsider, listen
from soak.waiting import until
from tests.support.certificates import Authority

_BOMB = gzip.compress(b"\0" * 200_000_000, compresslevel=9)
"""200 MB of nothing, in 200 kB."""
_PATIENCE_SECONDS = 40
_DRIP_SECONDS = 1.0
"""So slowly that no head ends before an attempt has to."""
_CHUNK = b"x" * 65536
_ENDLESS_CHUNKS = 2000
RETRY_AFTER_SECONDS = 30
_LAST_WORDS_SECONDS = 1.0
_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request that came in whole."""

    event_id: str
    signed: bool
    body: bytes
    """Its digest."""
    manner: str
    accepted: bool
    """Whether it was answered with a 2xx."""


Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


def _plainly(status: int, *headers: str) -> Answer:
    async def answer(writer: asyncio.StreamWriter) -> None:
        lines = [f"HTTP/1.1 {status} Said", "Content-Length: 2", *headers, "", "{}"]
        writer.write("\r\n".join(lines).encode())

    return answer


async def _never(_writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(_PATIENCE_SECONDS)


async def _hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()


async def _drip(writer: asyncio.StreamWriter) -> None:
    await _say_slowly(writer, (bytes([letter]) for letter in _OK), _DRIP_SECONDS)


async def _drip_body(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    await _say_slowly(writer, repeat(b"x", int(_PATIENCE_SECONDS / _DRIP_SECONDS)), _DRIP_SECONDS)


async def _endless(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    await _say_slowly(writer, repeat(b"%x\r\n%s\r\n" % (len(_CHUNK), _CHUNK), _ENDLESS_CHUNKS), 0)


async def _say_slowly(writer: asyncio.StreamWriter, parts: Iterable[bytes], pause: float) -> None:
    for part in parts:
        if writer.is_closing():
            return
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(pause)


async def _bomb(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(_BOMB))
    writer.write(_BOMB)


async def _babble(writer: asyncio.StreamWriter) -> None:
    writer.write(b"\x00\xff no HTTP, whatever you may think \r\n\r\n")
    writer.close()


ANSWERS: dict[str, Answer] = {
    "well": _plainly(200),
    "500": _plainly(500),
    "429": _plainly(429),
    "503 with Retry-After": _plainly(503, f"Retry-After: {RETRY_AFTER_SECONDS}"),
    "410": _plainly(410),
    "redirect loop": _plainly(302, "Location: /leads"),
    "no answer": _never,
    "slow drip": _drip,
    "slow drip after 200": _drip_body,
    "huge body": _endless,
    "gzip bomb": _bomb,
    "hangs up": _hang_up,
    "no HTTP": _babble,
}
_ACCEPTING = {"well", "slow drip after 200", "huge body", "gzip bomb"}


@dataclass(eq=False, kw_only=True)
class Endpoint(Outsider):
    """One endpoint under a name of its own."""

    host: str
    secret: str = ""
    arrivals: list[Arrival] = field(default_factory=list)
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)
    _answering: int = 0

    @classmethod
    def new(cls, host: str, authority: Authority, stranger: Authority) -> "Endpoint":
        """Make one whose good certificate is the authority's, and whose bad one is a stranger's."""
        return cls(host=host, trusted=authority.serve(host), untrusted=stranger.serve(host))

    @property
    def url(self) -> str:
        """Where it takes webhooks."""
        return f"https://{self.host}:{self.port}/leads"

    async def behave(self, manner: str) -> None:
        """Behave so from now on, to those who are connected, too: one of `ANSWERS`, or a fault of the connection."""
        await self.close()
        self.manner = manner
        if manner == "refused":
            return
        context = {"bad TLS": self.untrusted, "no TLS": None}.get(manner, self.trusted)
        self._server = await listen(self._talk, self.port, context)

    async def close(self) -> None:
        """Cut everybody off and listen no longer."""
        if self._server is not None:
            self._server.close()
            self._server = None
        # What was accepted is also said, so that a second copy has another reason.
        await until(lambda: not self._answering, _LAST_WORDS_SECONDS)
        for writer in list(self._open):
            writer.transport.abort()
        await asyncio.sleep(0)

    def _expected(self, headers: dict[str, str], body: bytes) -> str:
        return sign([self.secret], headers["webhook-id"], int(headers["webhook-timestamp"]), body)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
                if self.manner == "no TLS":
                    writer.write(b"220 this is something else\r\n")
                    await reader.read(1024)
                    return
                while not writer.is_closing():
                    await self._answer_one(reader, writer)
        finally:
            self._open.discard(writer)
            writer.close()

    async def _answer_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[1:-2]
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head)}
        body = await reader.readexactly(int(headers["content-length"]))
        manner = self.manner if self.manner in ANSWERS else "well"
        self.arrivals.append(
            Arrival(
                event_id=headers["webhook-id"],
                signed=self._expected(headers, body) in headers["webhook-signature"].split(),
                body=sha256(body).digest(),
                manner=manner,
                accepted=manner in _ACCEPTING,
            )
        )
        self._answering += manner == "well"
        try:
            await ANSWERS[manner](writer)
            await writer.drain()
        finally:
            self._answering -= manner == "well"
        if manner not in {"well", "500", "429"}:
            writer.close()
