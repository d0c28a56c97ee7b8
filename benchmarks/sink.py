"""A server that answers everything at once, a process of its own: `python -m benchmarks.sink PORT STATUS`.

`GET /figures` says how many posts came, from the first to the last of them in how many seconds, and how long the last
body was; then it counts anew.
"""

import asyncio
import json
import sys
import time

_END = b"\r\n\r\n"


class _Counted:
    def __init__(self, status: int) -> None:
        self.answer = b"HTTP/1.1 %d Whatever\r\ncontent-length: 2\r\n\r\n{}" % status
        self.arrived = 0
        self.first = self.last = 0.0
        self.length = 0

    def count(self, length: int) -> None:
        """Note one arrival."""
        self.last = time.perf_counter()
        self.first = self.first or self.last
        self.arrived += 1
        self.length = length

    def figures(self) -> bytes:
        """Return what was counted so far."""
        figures = {"arrived": self.arrived, "seconds": self.last - self.first, "length": self.length}
        said = json.dumps(figures).encode()
        return b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(said), said)

    def forget(self) -> bytes:
        """Count anew, and say what was counted."""
        said = self.figures()
        self.arrived, self.first, self.last = 0, 0.0, 0.0
        return said


class _Connection(asyncio.Protocol):
    def __init__(self, counted: _Counted) -> None:
        self._counted = counted
        self._read = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        self._read += data
        head, end, rest = self._read.partition(_END)
        if not end:
            return
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
        if len(rest) < length:
            return
        self._read = b""
        if head.startswith(b"GET"):
            self._transport.write(self._counted.forget() if b"/figures" in head else self._counted.figures())
            return
        self._counted.count(length)
        self._transport.write(self._counted.answer)


async def serve(port: int, status: int) -> None:
    """Answer on loopback until the process ends."""
    counted = _Counted(status)
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(counted), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2])))
