"""A crowd of visitors that posts while something breaks, and remembers what each was told."""

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx

from tests.support.process import Service
from tests.support.sink import HttpSink
from tests.support.waiting import eventually
from tests.support.wishes import Wish

DOOR = "/v1/quote-requests"
CUT = "cut"
"""What a visitor was told whose connection ended, or was refused, before an answer."""
PATIENCE_SECONDS = 120.0
"""How long a test waits for what must come; far longer than it takes, since a starved machine is no failure."""
LONGEST_WAIT = 40.0
"""How long a visitor waits for an answer, in seconds: the door's own limit, and what a starved machine may add."""
_VISITORS = 8
_PAUSE_SECONDS = 0.05
_PAUSE_OUTSIDE_SECONDS = 0.5
_MOST_RETRIES = 20


class Crowd:
    """Visitors on several connections; what they do is repeatable from the seed."""

    def __init__(self, service: Service) -> None:
        self.seed = int(os.environ.get("FREEQUOTE_TEST_FAULT_SEED", "20261124"))
        self.random = random.Random(self.seed)  # noqa: S311 - repeatable, not secret
        self.service = service
        self.wishes: list[Wish] = []
        # pytest shows what was printed when the test fails.
        print(f"seed: FREEQUOTE_TEST_FAULT_SEED={self.seed}")  # noqa: T201

    def injected(self, what: str) -> None:
        """Write down a fault, for whoever reads a failure."""
        print(f"after {len(self.wishes)} requests: {what}")  # noqa: T201

    async def await_promises(self, sink: HttpSink) -> None:
        """Make two destinations, so that each lead makes two promises."""
        bearer = {"Authorization": f"Bearer {self.service.first_key()}"}
        async with self.client() as staff:
            for path in ("/crm", "/desk"):
                new = {"kind": "webhook", "url": sink.url(path), "include": "full"}
                made = await staff.post("/v1/destinations", json=new, headers=bearer)
                assert made.status_code == httpx.codes.CREATED, made.text

    @property
    def acknowledged(self) -> list[Wish]:
        """The requests that somebody was told are on disk."""
        return [wish for wish in self.wishes if wish.acknowledged]

    def told(self, since: int = 0) -> set[int | str]:
        """Return the different things that visitors from number `since` on were told."""
        return {answer for wish in self.wishes[since:] for answer in wish.told}

    @asynccontextmanager
    async def posting(self) -> AsyncIterator[None]:
        """Post from every connection until the block ends; then each visitor waits for the answer under way."""
        leaving = asyncio.Event()
        visitors = [asyncio.create_task(self._visit(leaving)) for _ in range(_VISITORS)]
        try:
            yield
        finally:
            leaving.set()
            await asyncio.gather(*visitors)

    async def acknowledge(self, count: int, *, within: float = PATIENCE_SECONDS) -> None:
        """Wait until `count` more requests than now are acknowledged."""
        goal, deadline = len(self.acknowledged) + count, time.monotonic() + within
        while len(self.acknowledged) < goal:
            assert time.monotonic() < deadline, f"{len(self.acknowledged)} of {goal} acknowledged"
            await asyncio.sleep(_PAUSE_SECONDS)

    async def hear(self, since: int, *, within: float = PATIENCE_SECONDS) -> None:
        """Wait until any visitor from number `since` on was told anything."""
        await eventually(lambda: self.told(since) != set(), within=within)

    async def post_one(self, client: httpx.AsyncClient) -> Wish:
        """Post a request that is new."""
        wish = self.wish()
        await self.send(client, wish)
        return wish

    def wish(self, *, keyed: bool = True) -> Wish:
        """Make a request that is new."""
        key = f"{self.seed}-{len(self.wishes)}-{self.random.getrandbits(64):x}"
        wish = Wish(len(self.wishes), key if keyed else None)
        self.wishes.append(wish)
        return wish

    async def send(self, client: httpx.AsyncClient, wish: Wish) -> None:
        """Post a request, for the first time or again, and remember what comes of it."""
        started = time.monotonic()
        try:
            headers = {"Idempotency-Key": wish.key} if wish.key else {}
            answer = await client.post(DOOR, json=wish.body, headers=headers)
        except httpx.TimeoutException:
            raise AssertionError(f"Request {wish.number} got no answer for {LONGEST_WAIT} seconds.") from None
        except httpx.TransportError:
            wish.told.append(CUT)
            return
        took = time.monotonic() - started
        assert took < LONGEST_WAIT, f"Request {wish.number} was answered after {took:.1f} seconds."
        wish.told.append(answer.status_code)
        if answer.status_code == httpx.codes.CREATED:
            wish.references.add(answer.json()["reference"])
        else:
            assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE, answer.text
            assert answer.headers["content-type"] == "application/problem+json"
            assert int(answer.headers["retry-after"]) > 0

    async def settle(self) -> None:
        """Send every request again until it is acknowledged, with its own key, as the contract advises."""
        waiting = (wish for wish in self.wishes if wish.key or not wish.acknowledged)

        async def visit() -> None:
            async with self.client() as client:
                for wish in waiting:
                    await self._insist(client, wish)

        await asyncio.gather(*(visit() for _ in range(_VISITORS)))

    def client(self) -> httpx.AsyncClient:
        """Return a visitor's browser."""
        return httpx.AsyncClient(base_url=self.service.url, timeout=LONGEST_WAIT)

    async def _insist(self, client: httpx.AsyncClient, wish: Wish) -> None:
        for _ in range(_MOST_RETRIES):
            await self.send(client, wish)
            if wish.told[-1] == httpx.codes.CREATED:
                return
            await asyncio.sleep(0.2)

    async def _visit(self, leaving: asyncio.Event) -> None:
        async with self.client() as client:
            while not leaving.is_set():
                wish = await self.post_one(client)
                # Who meets a closed door comes back a little later; the others keep the door busy.
                pause = _PAUSE_SECONDS if wish.acknowledged else _PAUSE_OUTSIDE_SECONDS
                with suppress(TimeoutError):
                    await asyncio.wait_for(leaving.wait(), pause * self.random.uniform(0.5, 1.5))
