"""Posts at an even pace and waits for each lead: `python -m benchmarks.arrivals DOOR PORT SECONDS FIRST`.

It listens at PORT: `/healthy` answers at once, `/slow` after ten seconds. It prints for each lead the milliseconds from
the answer at the door, which is its commit, to its arrival at `/healthy`.
"""

import asyncio
import json
import sys
import time

import httpx
import orjson
from aiohttp import web

from benchmarks.requests import body

_PACE = 30
_SLOW_SECONDS = 10.0
_PATIENCE_SECONDS = 60.0


class _Watch:
    def __init__(self) -> None:
        self.committed: dict[str, float] = {}
        self.arrived: dict[str, float] = {}

    async def healthy(self, request: web.Request) -> web.Response:
        """Note when which lead came."""
        now = time.perf_counter()
        document = orjson.loads(await request.read())
        self.arrived.setdefault(document["data"]["reference"], now)
        return web.Response()

    async def slow(self, _request: web.Request) -> web.Response:
        """Take one's time."""
        await asyncio.sleep(_SLOW_SECONDS)
        return web.Response()

    async def post(self, client: httpx.AsyncClient, number: int) -> None:
        """Post one lead, from a client address of its own."""
        address = f"100.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        headers = {"content-type": "application/json", "x-forwarded-for": address}
        answer = await client.post("/v1/quote-requests", content=body(number), headers=headers)
        self.committed[answer.raise_for_status().json()["reference"]] = time.perf_counter()

    async def wait(self) -> None:
        """Wait until every lead has come."""
        deadline = time.perf_counter() + _PATIENCE_SECONDS
        while self.committed.keys() - self.arrived.keys():
            if time.perf_counter() > deadline:
                raise RuntimeError("Not every lead came.")
            await asyncio.sleep(0.05)

    def milliseconds(self) -> list[float]:
        """Return how long each lead took; one that came before its answer took no time."""
        return [max(self.arrived[lead] - at, 0.0) * 1000 for lead, at in self.committed.items()]


async def _run(door: str, port: int, seconds: float, first: int) -> list[float]:
    watch = _Watch()
    app = web.Application()
    app.add_routes([web.post("/healthy", watch.healthy), web.post("/slow", watch.slow)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        async with httpx.AsyncClient(base_url=door, timeout=_PATIENCE_SECONDS) as client:
            # The first one waits until the worker is up; it is not counted.
            await watch.post(client, first)
            await watch.wait()
            watch.committed.clear()
            await _at_an_even_pace(watch, client, range(first + 1, first + 1 + int(seconds * _PACE)))
        await watch.wait()
        return watch.milliseconds()
    finally:
        await runner.cleanup()


async def _at_an_even_pace(watch: _Watch, client: httpx.AsyncClient, numbers: range) -> None:
    began = time.perf_counter()
    posts = []
    for place, number in enumerate(numbers):
        await asyncio.sleep(max(began + place / _PACE - time.perf_counter(), 0))
        posts.append(asyncio.create_task(watch.post(client, number)))
    await asyncio.gather(*posts)


if __name__ == "__main__":
    found = asyncio.run(_run(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])))
    print(json.dumps(found))
