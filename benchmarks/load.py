"""The load generator, a process of its own: unique requests over connections that stay open, each answered with 201."""

import argparse
import asyncio
import json
import math
import time
from dataclasses import asdict, dataclass, field
from urllib.parse import urlsplit

from benchmarks.requests import http

_PATIENCE_SECONDS = 120
_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Figures:
    """What came of one run; times in milliseconds, CPU in microseconds of the generator itself for each request."""

    accepted: int
    seconds: float
    p50_ms: float
    p99_ms: float
    cpu_us: float

    @property
    def rate(self) -> float:
        """Accepted requests a second."""
        return self.accepted / self.seconds


@dataclass(slots=True)
class _Run:
    host: bytes
    number: int
    ends: float
    left: int
    open: int
    done: "asyncio.Future[None]"
    times: list[float] = field(default_factory=list)

    def next_request(self) -> bytes | None:
        """Return the next request, or None when it is time to stop."""
        if not self.left or time.perf_counter() >= self.ends:
            return None
        self.left -= 1
        self.number += 1
        return http(self.number, self.host)

    def fail(self, reason: str) -> None:
        """End the run: figures with a failure among them say nothing."""
        if not self.done.done():
            self.done.set_exception(RuntimeError(reason))

    def leave(self) -> None:
        """Note that one visitor has gone."""
        self.open -= 1
        if not self.open and not self.done.done():
            self.done.set_result(None)


class _Visitor(asyncio.Protocol):
    """One connection: asks, waits for the whole answer, asks again."""

    def __init__(self, run: _Run) -> None:
        self._run = run
        self._read = b""
        self._asked_at = 0.0
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, end, rest = self._read.partition(_END)
        if not end or len(rest) < _length(head):
            return
        if head[9:12] != b"201":
            self._run.fail(f"The door answered {head[9:12].decode()}.")
            return
        self._run.times.append(time.perf_counter() - self._asked_at)
        self._read = b""
        self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._asked_at:
            self._run.fail(f"The door closed a connection ({type(exc).__name__}).")

    def _ask(self) -> None:
        assert self._transport is not None
        request = self._run.next_request()
        if request is None:
            self._asked_at = 0.0
            self._transport.close()
            self._run.leave()
            return
        self._asked_at = time.perf_counter()
        self._transport.write(request)


def _length(head: bytes) -> int:
    return int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])


async def run(url: str, connections: int, seconds: float, most: int, first: int) -> Figures:
    """Post from so many connections for so long or so often, and wait for the last answer.

    Errors: `RuntimeError` on any answer but 201.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 80
    done = asyncio.get_running_loop().create_future()
    began, worked = time.perf_counter(), time.process_time()
    state = _Run(parts.netloc.encode(), first, began + seconds, most, connections, done)
    async with asyncio.timeout(seconds + _PATIENCE_SECONDS):
        for _ in range(connections):
            await asyncio.get_running_loop().create_connection(lambda: _Visitor(state), host, port)
        await done
    spent = time.perf_counter() - began
    worked = time.process_time() - worked
    times = sorted(state.times)
    return Figures(
        accepted=len(times),
        seconds=spent,
        p50_ms=_cut(times, 0.5) * 1000,
        p99_ms=_cut(times, 0.99) * 1000,
        cpu_us=worked / len(times) * 1e6,
    )


def _cut(times: list[float], share: float) -> float:
    return times[max(0, math.ceil(share * len(times)) - 1)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--most", type=int, default=-1)
    parser.add_argument("--first", type=int, default=0)
    given = parser.parse_args()
    print(json.dumps(asdict(asyncio.run(run(given.url, given.connections, given.seconds, given.most, given.first)))))
