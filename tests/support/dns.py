"""A name server that says what a test wrote, in order, and changes its mind when told to."""

import asyncio
import os
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from ipaddress import IPv4Address, ip_address
from typing import Any, cast

# All of 127.0.0.0/8 is this machine: tests that run side by side each have a port 53 of their own.
PLACE = (str(IPv4Address("127.53.0.0") + os.getpid() % 2**16), 53)
"""Where a name server listens: no other port can be meant in a `resolv.conf`."""
_KINDS = {1: "A", 28: "AAAA"}
_VERSIONS = {"A": 4, "AAAA": 6}
# RFC 1035 §4.1: an authoritative answer, to whoever wanted recursion, too; then the same for a name that is not.
_FOUND, _NO_SUCH_NAME = 0x8580, 0x8583
_HEADER = struct.Struct("!6H")
_ANSWER = struct.Struct("!HHHIH")
_THE_NAME_ASKED_FOR = 0xC000 | _HEADER.size


class NameServer(asyncio.DatagramProtocol):
    """Knows one name, and gives its answers one after the other; the last one stays.

    A look-up asks twice, for A and for AAAA: each question of a kind gets the next answer's addresses of that kind.
    """

    def __init__(self, name: str, answers: Sequence[Sequence[str]]) -> None:
        self._name = name
        self._answers = answers
        self.asked: list[str] = []
        """The kind of each question for the name, in the order in which they came."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what answers are sent through."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        """Answer one question."""
        end = data.index(0, _HEADER.size) + 1
        question, (kind, _) = data[_HEADER.size : end + 4], struct.unpack_from("!2H", data, end)
        known = _read_name(question) == self._name
        found = self._addresses(_KINDS.get(kind, "other")) if known else []
        head = _HEADER.pack(int.from_bytes(data[:2]), _FOUND if known else _NO_SUCH_NAME, 1, len(found), 0, 0)
        records = [_ANSWER.pack(_THE_NAME_ASKED_FOR, kind, 1, 0, len(packed)) + packed for packed in found]
        self._transport.sendto(head + question + b"".join(records), addr)

    def _addresses(self, kind: str) -> list[bytes]:
        turn = min(self.asked.count(kind), len(self._answers) - 1)
        self.asked.append(kind)
        addresses = [ip_address(text) for text in self._answers[turn]]
        return [address.packed for address in addresses if address.version == _VERSIONS.get(kind)]


def _read_name(question: bytes) -> str:
    labels, rest = [], question
    while length := rest[0]:
        labels.append(rest[1 : length + 1].decode("ascii").lower())
        rest = rest[length + 1 :]
    return ".".join(labels)


@asynccontextmanager
async def name_server(name: str, answers: Sequence[Sequence[str]]) -> AsyncIterator[NameServer]:
    """Answer at `PLACE` until the block ends. Errors: `PermissionError` for whoever may not open port 53."""
    server = NameServer(name, answers)
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: server, local_addr=PLACE)
    try:
        yield server
    finally:
        transport.close()
