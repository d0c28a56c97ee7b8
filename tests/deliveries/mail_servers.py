"""Mail servers for one test: well-behaved ones that count their connections, and ones that say what a test likes."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiosmtpd.smtp import SMTP

from tests.support.raw import raw_server
from tests.support.smtp import SmtpServer, _Handler

GREETING = (b"220 mail.test\r\n", b"250 mail.test\r\n")
UP_TO_DATA = (*GREETING, b"250 OK\r\n", b"250 OK\r\n", b"354 Go on\r\n")


@dataclass
class Connections:
    """How many there were, how many there are, and the most there were at once."""

    made: int = 0
    now: int = 0
    most: int = 0


@asynccontextmanager
async def listening(
    face: SmtpServer, tls: ssl.SSLContext | None = None, connections: Connections | None = None, **options: Any
) -> AsyncIterator[int]:
    """Take letters until the block ends; gives the port."""
    count = connections or Connections()

    class Counting(SMTP):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            count.made += 1
            count.now += 1
            count.most = max(count.most, count.now)
            super().connection_made(transport)

        def connection_lost(self, error: Exception | None) -> None:
            count.now -= 1
            super().connection_lost(error)

    loop = asyncio.get_running_loop()

    def make() -> SMTP:
        return Counting(_Handler(face), hostname="mail.test", loop=loop, **options)

    server = await loop.create_server(make, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@asynccontextmanager
async def answering(*replies: bytes, last_words: float = 0) -> AsyncIterator[int]:
    """Answer line by line as written, then stay silent for a while and hang up; gives the port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for reply in replies:
            writer.write(reply)
            await reader.readuntil(b"\r\n.\r\n" if reply.startswith(b"354") else b"\r\n")
        await asyncio.sleep(last_words)

    async with raw_server(answer) as port:
        yield port
