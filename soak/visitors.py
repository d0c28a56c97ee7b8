"""Visitors who post all the time, insist until they are told that it is on disk, and remember what they were told."""

import asyncio
import random

import httpx

from soak.waiting import until
from tests.support.wishes import Wish

DOOR = "/v1/quote-requests"
_VISITORS = 3
_LONGEST_WAIT_SECONDS = 30.0
_BETWEEN_TRIES_SECONDS = 0.4
_PATIENCE_SECONDS = 120.0


class Visitors:
    """Post `rate` requests a second in all, until told to leave."""

    def __init__(self, url: str, rate: float, chance: random.Random) -> None:
        self._url = url
        self._rate = rate
        self._chance = chance
        self._leaving = asyncio.Event()
        self._may_enter = asyncio.Event()
        self._may_enter.set()
        self._inside = 0
        self._tasks: list[asyncio.Task[None]] = []
        self.wishes: list[Wish] = []
        self.done: list[Wish] = []
        """Those of visitors who have gone, in that order."""

    def enter(self) -> None:
        """Begin."""
        self._tasks = [asyncio.create_task(self._visit()) for _ in range(_VISITORS)]

    async def leave(self) -> None:
        """Let everybody finish, acknowledged, and go."""
        self._leaving.set()
        self._may_enter.set()
        await asyncio.gather(*self._tasks)

    async def pause(self) -> None:
        """Let everybody finish, acknowledged, and nobody begin: a key is good for a day, which may be about to pass."""
        self._may_enter.clear()
        await until(lambda: not self._inside, _PATIENCE_SECONDS)

    def go_on(self) -> None:
        """End a pause."""
        self._may_enter.set()

    async def _visit(self) -> None:
        async with httpx.AsyncClient(base_url=self._url, timeout=_LONGEST_WAIT_SECONDS) as client:
            while not self._leaving.is_set():
                await self._may_enter.wait()
                self._inside += 1
                try:
                    await self._insist(client)
                finally:
                    self._inside -= 1
                await asyncio.sleep(_VISITORS / self._rate * self._chance.uniform(0.5, 1.5))

    async def _insist(self, client: httpx.AsyncClient) -> None:
        wish = Wish(len(self.wishes), f"{len(self.wishes)}-{self._chance.getrandbits(64):x}")
        self.wishes.append(wish)
        while not wish.references:
            wish.told.append(await self._send(client, wish))
            if not wish.references:
                await asyncio.sleep(_BETWEEN_TRIES_SECONDS)
        if self._chance.random() < 0.1:  # noqa: PLR2004 - some click twice
            wish.told.append(await self._send(client, wish))
        self.done.append(wish)

    async def _send(self, client: httpx.AsyncClient, wish: Wish) -> int | str:
        try:
            answer = await client.post(DOOR, json=wish.body, headers={"Idempotency-Key": str(wish.key)})
        except httpx.TransportError:
            return "cut"
        if answer.status_code == httpx.codes.CREATED:
            wish.references.add(answer.json()["reference"])
        return answer.status_code
