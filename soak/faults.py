"""The faults, lane by lane: each lane breaks one thing after the other, in an order that the seed gives."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from soak.deployment import CLEAN, Deployment, Pace
from soak.endpoints import Endpoint
from soak.erasures import Erasures
from soak.hands import POINTS
from soak.mailserver import MANNERS
from soak.tally import Tally
from soak.visitors import Visitors
from soak.waiting import until

PROMISED = {
    "500": "the endpoint answered 500",
    "429": "the endpoint answered 429",
    "503 with Retry-After": "the endpoint answered 503",
    "410": "the endpoint answered 410: it wants no more",
    "redirect loop": "the endpoint answered 302; redirects are not followed",
    "no answer": "no answer within",
    "slow drip": "no answer within",
    "slow drip after 200": "the endpoint answered 200",
    "huge body": "the endpoint answered 200",
    "gzip bomb": "the endpoint answered 200",
    "hangs up": "the endpoint closed the connection without an answer",
    "no HTTP": "the endpoint''s answer is not HTTP",
    "refused": "connection refused",
    "bad TLS": "the endpoint''s TLS certificate is not trusted",
    "no TLS": "no TLS connection came about",
    "name unknown": "the host name was not found",
    "name unanswered": "the host name was not found",
    "name turned private": "address is not public",
    "no name service": "this machine''s name service does not answer",
}
"""What an endpoint does, and what staff must then read of it."""
LETTERS = {
    "down": "the mail server is out of reach",
    "slow": "the mail server does not answer in time",
    "421": "the mail server refuses the connection (421)",
    "451": "the mail server answered 451",
    "550": "the mail server answered 550",
    "bad TLS": "the mail server''s TLS certificate is not trusted",
    "no STARTTLS": "the mail server offers no STARTTLS",
    "lost reply": "the mail server broke off",
}
_NAMES = {"name unknown": "unknown", "name unanswered": "silence", "name turned private": "10.1.2.3"}
_KNOWN_TO_ALL = "a.root-servers.net"
_REST = timedelta(minutes=6)
"""A channel that is down rests for five minutes at the most."""
_DAY = timedelta(days=1)
_PATIENCE_SECONDS = 120.0
_UNDER_WAY_SECONDS = 4
"""What was claimed before a destination was paused may still come for so long."""
_LOOKS_BEFORE_STAFF_RESUME = 20
_OUTAGE_SECONDS = 3.0


@dataclass(eq=False)
class Faults:
    """Everything that is injected in one run."""

    house: Deployment
    visitors: Visitors
    tally: Tally
    pace: Pace
    seed: str

    def __post_init__(self) -> None:
        """Begin to count the time."""
        self._ends = time.monotonic() + self.pace.seconds
        # Who restarts a process needs the database, and whoever takes the database away waits for that.
        self._upkeep = asyncio.Lock()

    async def run(self) -> None:
        """Break everything, several things at a time, until everything was broken and the time is over."""
        manners = list(PROMISED)
        lanes = [
            self._kills(),
            self._house(),
            self._endpoint("first", manners[::2]),
            self._endpoint("second", manners[1::2]),
            self._letters(),
            Erasures(self.house, self.visitors, self.tally, self.pace, self.seed).run(self._ends),
        ]
        await asyncio.gather(*lanes)

    async def _kills(self) -> None:
        chance = random.Random(f"{self.seed}-kills")  # noqa: S311 - repeatable, not secret
        plan = list(POINTS) * self.pace.kills + ["whenever", "told to leave"] * max(self.pace.kills // 4, 1)
        chance.shuffle(plan)
        for left, what in zip(range(len(plan), 0, -1), plan, strict=True):
            await asyncio.sleep(max(self._left() / left - 2, 0) * chance.uniform(0.5, 1))
            async with self._upkeep:
                began = time.monotonic()
                seen = await self._end_a_process(what, chance)
            # With no time in between, nobody would live long enough to write anything down.
            seen = await self._goes_on() and seen
            self.tally.count("process", what, seen=seen, seconds=time.monotonic() - began)

    async def _end_a_process(self, what: str, chance: random.Random) -> bool:
        if what in POINTS:
            self.house.hands.arm(what)
            seen = await self.house.bury(_PATIENCE_SECONDS)
            self.house.hands.disarm(what)
            return seen
        one = chance.choice(self.house.workers)
        if what == "whenever":
            await self.house.kill(one)
        elif (code := await self.house.tell_to_leave(one)) not in CLEAN:
            self.tally.violated(f"a process told to leave ended with {code}")
        return True

    async def _house(self) -> None:
        chance = random.Random(f"{self.seed}-house")  # noqa: S311 - repeatable, not secret
        outages = [(name, self._outage) for name in self.house.ground.outages]
        others = [("paused", self._pause), ("clock +1 day", self._clock), ("clock -1 day", self._clock)]
        plan: list[tuple[str, Callable[[str], Awaitable[bool]]]] = [*outages, *others]
        while True:
            chance.shuffle(plan)
            for what, inject in plan:
                began = time.monotonic()
                seen = await inject(what)
                self.tally.count("house", what, seen=seen, seconds=time.monotonic() - began)
                await asyncio.sleep(self.pace.hold * chance.uniform(1, 3))
            if self._left() <= 0:
                return

    async def _outage(self, what: str) -> bool:
        async with self._upkeep:
            await self.house.ground.suffer(what, _OUTAGE_SECONDS)
            await self.house.revive()
        return await self._goes_on()

    async def _pause(self, _what: str) -> bool:
        steady = self.house.endpoints["steady"]
        await self.house.staff("POST", f"/v1/destinations/{self.house.ids['steady']}/pause")
        await asyncio.sleep(_UNDER_WAY_SECONDS)
        before = len(steady.arrivals)
        await asyncio.sleep(1 + self.pace.hold)
        if len(steady.arrivals) > before:
            self.tally.violated("something came to a paused destination")
        await self.house.resume("steady")
        return await self._goes_on()

    async def _clock(self, what: str) -> bool:
        by = _DAY if "+" in what else -_DAY
        await self._set_clock(by)
        went_on = await self._goes_on()
        await self._set_clock(-by)
        return await self._goes_on() and went_on

    async def _set_clock(self, by: timedelta) -> None:
        # Idempotency keys are good for a day, and who posted yesterday is not to be asked again.
        await self.visitors.pause()
        self.house.pass_time(by)
        self.visitors.go_on()

    async def _goes_on(self) -> bool:
        steady = self.house.endpoints["steady"]
        before = len(steady.arrivals)
        return await until(lambda: len(steady.arrivals) > before + 1, _PATIENCE_SECONDS)

    async def _endpoint(self, name: str, manners: list[str]) -> None:
        chance = random.Random(f"{self.seed}-{name}")  # noqa: S311 - repeatable, not secret
        while True:
            chance.shuffle(manners)
            for manner in manners:
                await self._misbehave(name, manner, chance)
            if self._left() <= 0:
                return

    async def _misbehave(self, name: str, manner: str, chance: random.Random) -> None:
        endpoint, hands = self.house.endpoints[name], self.house.hands
        if manner in _NAMES or manner == "no name service":
            hands.set_name(endpoint.host, _NAMES.get(manner, "silence"))
            if manner == "no name service":
                hands.set_name(_KNOWN_TO_ALL, "silence")
            await endpoint.close()
        else:
            await endpoint.behave(manner)
        await self._await_reason("endpoint", name, manner, PROMISED[manner])
        await asyncio.sleep(self.pace.hold * chance.uniform(0.5, 1.5))
        await self.mend(endpoint)
        await self.house.resume(name)
        if manner == "no name service":
            hands.set_name(_KNOWN_TO_ALL, "unknown")
            self.house.pass_time(_REST)

    async def mend(self, endpoint: Endpoint) -> None:
        """Let an endpoint, and its name, be well."""
        self.house.hands.set_name(endpoint.host, "127.0.0.1")
        await endpoint.behave("well")

    async def _letters(self) -> None:
        chance = random.Random(f"{self.seed}-letters")  # noqa: S311 - repeatable, not secret
        manners = list(MANNERS)
        while True:
            chance.shuffle(manners)
            for manner in manners:
                await self.house.mail.behave(manner)
                await self._await_reason("mail", "desk", manner, LETTERS[manner])
                await asyncio.sleep(self.pace.hold * chance.uniform(0.5, 1.5))
                await self.house.mail.behave("well")
                await self.house.resume("desk")
                self.house.pass_time(_REST)
            if self._left() <= 0:
                return

    async def _await_reason(self, where: str, name: str, manner: str, reason: str) -> None:
        """Wait until an attempt on record says what staff are to read of it."""
        began, before, seen = time.monotonic(), await self._attempts(name, reason), False
        looks = 0
        while not seen and time.monotonic() < began + _PATIENCE_SECONDS:
            await asyncio.sleep(0.5)
            seen = await self._attempts(name, reason) > before
            looks += 1
            if looks % _LOOKS_BEFORE_STAFF_RESUME == 0:
                # A 410 that was on its way when staff resumed it has paused it again.
                await self.house.resume(name)
        self.tally.count(where, manner, seen=seen, seconds=time.monotonic() - began)

    async def _attempts(self, name: str, reason: str) -> int:
        query = f"""SELECT count(*) FROM attempts JOIN deliveries ON deliveries.id = delivery_id
            WHERE destination_id = '{self.house.ids[name]}' AND attempts.reason LIKE '{reason}%'"""
        try:
            return int((await asyncio.to_thread(self.house.ground.rows, query))[0][0])
        except self.house.ground.faults:
            return 0

    def _left(self) -> float:
        return self._ends - time.monotonic()
