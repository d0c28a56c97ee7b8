"""Stands between Freequote and PostgreSQL, reads what the client says, and hangs up at the worst moment."""

import asyncio
import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.support.loops import LoopThread
from tests.support.raw import raw_server

_PROTOCOL_3 = 196608
_LENGTH = struct.Struct("!i")
_WRITES = (b"insert into leads ", b"insert into idempotency_keys ")
"""What the door writes first: a lead, or the key that stands for one."""
_READY_FOR_QUERY = b"Z"
_PATIENCE_SECONDS = 10
_LOOK_AGAIN_SECONDS = 0.02


class Moment(Enum):
    """When to cut a connection."""

    BEFORE_COMMIT = "the message that commits a lead is never passed on"
    AFTER_COMMIT = "the message that commits a lead is passed on, and its answer swallowed"


@dataclass
class _Talk:
    """What one connection has said so far: enough to know which message would commit a lead."""

    inserting: set[bytes] = field(default_factory=set)
    """Prepared statements that write for the door; each may be run again without its text."""
    explicit: bool = False
    """Whether it has opened a transaction by a BEGIN; else each Sync ends one."""
    touched: bool = False
    """Whether the transaction has written for the door."""

    def commits(self, kind: bytes, body: bytes) -> bool:
        """Take in one message; say whether it commits what the door wrote."""
        text = body.lower()
        match kind:
            case b"P":
                name, query = text.split(b"\0")[:2]
                (self.inserting.add if _writes(query) else self.inserting.discard)(name)
            case b"B":
                self.touched |= text.split(b"\0")[1] in self.inserting
            case b"Q":
                self.explicit |= text.lstrip().startswith(b"begin")
                if b"commit" in text or b"rollback" in text:
                    return self._ended() and b"commit" in text
                if _writes(text):
                    self.touched = True
                    return not self.explicit and self._ended()
            case b"S":
                return not self.explicit and self._ended()
        return False

    def _ended(self) -> bool:
        touched, self.touched, self.explicit = self.touched, False, False
        return touched


def _writes(query: bytes) -> bool:
    return any(start in query for start in _WRITES)


@dataclass
class CuttingProxy:
    """A way to the server that a test can cut."""

    upstream: Path
    """The server's socket."""
    past: str
    """The address of the database past it."""
    url: str = ""
    """The address of the database by this way."""
    commits: list[Moment] = field(default_factory=list)
    """Where to cut the next commits, one for each."""
    messages_left: int | None = None
    """How many more of the client's messages pass before every connection is cut; None: any number."""
    cuts: int = 0
    """How often it has cut so far."""
    talks: int = 0
    """How many connections it has taken."""
    silent_below: float = 0
    """How many of these, the oldest, pass nothing on and are not hung up."""

    def arm(self, *moments: Moment) -> None:
        """Cut the next commits of leads, one after the other."""
        self.commits.extend(moments)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass messages on in both directions until either side, or this one, hangs up."""
        from_server, to_server = await asyncio.open_unix_connection(str(self.upstream))
        swallowing = asyncio.Event()
        number, self.talks = self.talks, self.talks + 1
        answers = asyncio.create_task(self._pass_answers(number, from_server, writer, swallowing))
        try:
            await self._pass_messages(number, reader, to_server, swallowing)
            if swallowing.is_set():
                # The server has done it when it is ready for more; only then is the connection lost.
                await asyncio.wait_for(answers, _PATIENCE_SECONDS)
        finally:
            answers.cancel()
            await asyncio.gather(answers, return_exceptions=True)
            to_server.close()

    async def _pass_messages(
        self, number: int, reader: asyncio.StreamReader, to_server: asyncio.StreamWriter, swallowing: asyncio.Event
    ) -> None:
        talk = _Talk()
        await self._while_silent(number)
        await _pass_opening(reader, to_server)
        while True:
            kind = await reader.readexactly(1)
            length = await reader.readexactly(_LENGTH.size)
            body = await reader.readexactly(_LENGTH.unpack(length)[0] - _LENGTH.size)
            await self._while_silent(number)
            moment = self._moment(talk, kind, body)
            if moment is Moment.BEFORE_COMMIT:
                return
            if moment is Moment.AFTER_COMMIT:
                swallowing.set()
            to_server.write(kind + length + body)
            await to_server.drain()
            if moment is Moment.AFTER_COMMIT:
                return

    async def _pass_answers(
        self, number: int, from_server: asyncio.StreamReader, writer: asyncio.StreamWriter, swallowing: asyncio.Event
    ) -> None:
        """Pass on what the server says; once `swallowing`, keep it, and return when the server is done."""
        with suppress(OSError):
            while answer := await from_server.read(65536):
                await self._while_silent(number)
                if not swallowing.is_set():
                    writer.write(answer)
                    await writer.drain()
                # ReadyForQuery is a kind, a length of five and one state.
                elif answer[-6:-5] == _READY_FOR_QUERY:
                    return
        writer.close()

    async def _while_silent(self, number: int) -> None:
        while number < self.silent_below:  # noqa: ASYNC110 - a test says so from another thread
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)

    def _moment(self, talk: _Talk, kind: bytes, body: bytes) -> Moment | None:
        """Say whether to cut at this message, and on which side of it."""
        commits = talk.commits(kind, body)
        moment: Moment | None = None
        if self.messages_left is not None:
            self.messages_left -= 1
            if self.messages_left < 0:
                self.messages_left, moment = None, Moment.BEFORE_COMMIT
        if commits and self.commits:
            moment = self.commits.pop(0)
        self.cuts += moment is not None
        return moment


async def _pass_opening(reader: asyncio.StreamReader, to_server: asyncio.StreamWriter) -> None:
    """Pass on what comes before the first message with a kind: a wish for TLS perhaps, then who connects."""
    protocol = 0
    while protocol != _PROTOCOL_3:
        length = await reader.readexactly(_LENGTH.size)
        body = await reader.readexactly(_LENGTH.unpack(length)[0] - _LENGTH.size)
        (protocol,) = _LENGTH.unpack_from(body)
        to_server.write(length + body)
        await to_server.drain()


@contextmanager
def proxy_before(url: str) -> Iterator[CuttingProxy]:
    """Stand between a client and the server at `url`, in a thread of its own: a test may block meanwhile."""
    with LoopThread() as thread:
        way = AsyncExitStack()
        yield thread.run(way.enter_async_context(_proxy(url)))
        thread.run(way.aclose())


@asynccontextmanager
async def _proxy(url: str) -> AsyncIterator[CuttingProxy]:
    # The server listens on a socket in a folder.
    address = urlsplit(url)
    folder = parse_qs(address.query)["host"][0]
    proxy = CuttingProxy(Path(folder) / ".s.PGSQL.5432", url)
    async with raw_server(proxy.talk) as port:
        proxy.url = f"postgresql://{address.username}@127.0.0.1:{port}{address.path}"
        yield proxy
