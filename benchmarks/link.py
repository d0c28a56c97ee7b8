"""A slow link between a browser and a server: every way takes its time, and all that comes down shares one rate."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

_PACKET = 1_460


@dataclass(frozen=True, slots=True)
class Profile:
    """A kind of link."""

    name: str
    round_trip: float
    """Seconds there and back."""
    rate: float
    """Bytes a second, downwards."""


class Link:
    """Carries bytes. Opening a connection costs a round trip, as TCP does; names and TLS are not imitated."""

    def __init__(self, profile: Profile, port: int) -> None:
        self._profile = profile
        self._port = port
        self._free_at = 0.0

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection to its end."""
        await asyncio.sleep(self._profile.round_trip)
        there = await asyncio.open_connection("127.0.0.1", self._port)
        with suppress(ConnectionError):
            await asyncio.gather(self._pass_on(reader, there[1], 0), self._pass_on(there[0], writer, 1))

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, share: float) -> None:
        """Pass bytes on, in order; `share` says how much of the rate they take."""
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        arriving = asyncio.create_task(self._arrive(under_way, writer))
        clock = asyncio.get_running_loop().time
        while packet := await reader.read(_PACKET):
            sent = max(clock(), self._free_at) + len(packet) * share / self._profile.rate
            if share:
                self._free_at = sent
            under_way.put_nowait((sent + self._profile.round_trip / 2, packet))
        under_way.put_nowait((clock() + self._profile.round_trip / 2, b""))
        await arriving

    async def _arrive(self, under_way: "asyncio.Queue[tuple[float, bytes]]", writer: asyncio.StreamWriter) -> None:
        while True:
            moment, packet = await under_way.get()
            await asyncio.sleep(moment - asyncio.get_running_loop().time())
            if not packet:
                writer.close()
                return
            writer.write(packet)


@asynccontextmanager
async def linked(profile: Profile, port: int) -> AsyncIterator[int]:
    """Put a link in front of a port of loopback; yield the port at its other end."""
    server = await asyncio.start_server(Link(profile, port).carry, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
