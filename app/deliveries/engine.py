"""The engine that keeps promises: claim, send, settle. Never a network call inside a transaction."""

import asyncio
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

from app.clock import Clock
from app.database import Database
from app.deliveries import claims
from app.deliveries.breaker import Standing
from app.deliveries.contexts import excerpt_of
from app.deliveries.outbox import open_body, open_erasure
from app.deliveries.places import IN_FLIGHT, IN_FLIGHT_EACH, Channels, Waiting, share
from app.deliveries.policy import Outcome, Verdict, next_attempt
from app.deliveries.queries import Claimed
from app.deliveries.schemas import DeliveryState
from app.deliveries.senders import Senders
from app.deliveries.settling import Settled, Settler
from app.destinations.models import Destination
from app.destinations.shapes import ERASED
from app.metrics import AttemptFigures
from app.sealing.keyring import Keyring
from app.telemetry import logger

LEASE_SECONDS = 60.0
"""How long a claim lasts unless the settings say otherwise."""


def spread() -> float:
    """Return a random number in -1..1, so that retries do not come all at once."""
    return random.uniform(-1, 1)  # noqa: S311 - nothing secret hangs on it


class Engine:
    """Keeps promises for one process; any number of processes may run one each."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        clock: Clock,
        senders: Senders,
        jitter: Callable[[], float] = spread,
        lease_seconds: float = LEASE_SECONDS,
        figures: AttemptFigures | None = None,
    ) -> None:
        """Take the parts; `lease_seconds` is longer than any attempt takes, its recording included."""
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._senders = senders
        self._jitter = jitter
        self._lease_seconds = lease_seconds
        self._channels = Channels()
        self._settler = Settler(database, clock)
        self._under_way: dict[asyncio.Task[None], Claimed] = {}
        self._figures = figures
        if figures is not None:
            figures.watch(lambda: len(self._under_way))
        self._wants_more = False
        """Whether the last claim may have left something behind only because all places were taken."""
        self.freed = asyncio.Event()
        """Set when a place is free again and something may wait for it."""

    async def start_due(self) -> int:
        """Claim what is due, as far as places are free, and begin to send it; return how many were claimed."""
        self.freed.clear()
        now = self._clock.now()
        async with self._database.read() as session:
            found = {destination.id: destination for destination in await claims.waiting(session, now)}
        in_flight = self._in_flight()
        places = share([_waiting(one) for one in found.values()], in_flight, self._channels, now)
        claimed = await self._claim(found, places, now) if places else []
        for one in claimed:
            self._start(one)
        left = {one: count for one, (_, count) in self._in_flight().items()}
        self._wants_more = sum(left.values()) >= IN_FLIGHT or any(left.get(one, 0) >= IN_FLIGHT_EACH for one in found)
        return len(claimed)

    async def finish(self) -> None:
        """Wait until all that is under way is sent and settled; each attempt ends by its deadline. Raises nothing."""
        while self._under_way:
            await asyncio.wait(list(self._under_way))
        await self._settler.finish()

    async def run_until_idle(self) -> None:
        """Send all that is due now, and wait for it."""
        while await self.start_due():
            await self.finish()

    async def keep_now(self, delivery_id: UUID) -> bool:
        """Send one waiting delivery at once; return whether it was free to be sent."""
        async with self._database.begin() as session:
            one = await claims.claim_one(session, delivery_id, self._clock.now(), (uuid4(), self._lease_seconds))
        if one is not None:
            self._start(one)
            await self.finish()
        return one is not None

    async def _claim(self, found: dict[UUID, Destination], places: dict[UUID, int], now: datetime) -> list[Claimed]:
        failing = [found[one] for one in places if found[one].state == "failing"]
        async with self._database.begin() as session:
            won = await claims.take_probes(session, failing, now, now + timedelta(seconds=self._lease_seconds))
            lost = {one.id for one in failing}.difference(won)
            kept = {one: count for one, count in places.items() if one not in lost}
            return await claims.claim(session, found, kept, now, (uuid4(), self._lease_seconds)) if kept else []

    def _start(self, one: Claimed) -> None:
        task = asyncio.create_task(self._keep(one))
        self._under_way[task] = one
        task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[None]) -> None:
        del self._under_way[task]
        if self._wants_more:
            self.freed.set()

    def _in_flight(self) -> dict[UUID, tuple[str, int]]:
        counted: dict[UUID, tuple[str, int]] = {}
        for one in self._under_way.values():
            counted[one.destination_id] = (one.kind, counted.get(one.destination_id, ("", 0))[1] + 1)
        return counted

    async def _keep(self, one: Claimed) -> None:
        began = perf_counter()
        outcome = await self._send(one)
        if self._figures is not None:
            self._figures.note(one.kind, outcome.verdict.value, perf_counter() - began)
        now = self._clock.now()
        if self._channels.note(one.kind, outcome.verdict, now):
            state = "down" if outcome.verdict is Verdict.CHANNEL_DOWN else "up again"
            logger.warning(f"channel {state}", kind=one.kind, reason=outcome.reason)
        self._settler.add(self._settled(one, outcome, now))

    async def _send(self, one: Claimed) -> Outcome:
        try:
            return await self._senders.send(one, self._open(one), self._clock.now())
        except Exception:  # noqa: BLE001 - a fault of ours must not end the worker: it is on record, and tried again
            logger.exception("delivery fault", delivery=str(one.id))
            return Outcome(Verdict.RETRY, reason="a fault inside Freequote; see its log")

    def _open(self, one: Claimed) -> dict[str, Any]:
        if one.event_type == ERASED:
            return open_erasure(one.event_body)
        return open_body(one.key(self._keyring), one.event_id, one.event_body)

    def _settled(self, one: Claimed, outcome: Outcome, now: datetime) -> Settled:
        after = {
            "reason": outcome.reason,
            "due_at": None,
            "round_start": one.round_start,
            "lane": one.lane,
            "progress": one.progress,
        }
        return Settled(
            id=one.id,
            lease_token=one.lease_token,
            number=one.number,
            destination_id=one.destination_id,
            kind=one.kind,
            probes=one.probes,
            finished_at=now,
            outcome=outcome.verdict.value,
            status_code=outcome.status_code,
            attempt_reason=outcome.reason,
            duration_ms=outcome.duration_ms,
            excerpt=self._seal_excerpt(one, outcome.excerpt),
            **{**after, **self._after(one, outcome, now)},
        )

    def _after(self, one: Claimed, outcome: Outcome, now: datetime) -> dict[str, Any]:
        """Say where the delivery stands after an attempt."""
        waiting = {"state": DeliveryState.PENDING.value, "settled_at": None}
        if outcome.verdict in {Verdict.DELIVERED, Verdict.WITHHELD}:
            reason = None if outcome.verdict is Verdict.DELIVERED else outcome.reason
            return {"state": outcome.verdict.value, "reason": reason, "settled_at": now, "progress": None}
        if outcome.verdict is Verdict.HALFWAY:
            return {**waiting, "due_at": now, "round_start": one.number, "progress": outcome.progress}
        if outcome.verdict is Verdict.CHANNEL_DOWN:
            # Our own fault: the attempt stays on record, but its place in the schedule is given back.
            again = self._channels.rests_until(one.kind, now)
            return {**waiting, "due_at": again, "round_start": one.round_start + 1}
        if outcome.verdict is Verdict.GONE:
            return {**waiting, "due_at": now, "round_start": one.round_start + 1}
        due_at = next_attempt(one.number - one.round_start, now, self._jitter(), outcome.retry_after)
        if outcome.verdict is Verdict.FAILED or due_at is None:
            return {"state": DeliveryState.FAILED.value, "settled_at": now}
        return {**waiting, "due_at": due_at, "lane": max(one.lane, claims.AGAIN)}

    def _seal_excerpt(self, one: Claimed, excerpt: bytes) -> bytes | None:
        # Nothing seals what is answered to an erasure, and it may name whoever was erased.
        if not excerpt or one.event_type == ERASED:
            return None
        return one.key(self._keyring).seal(excerpt, excerpt_of(one.id, one.number))


def _waiting(destination: Destination) -> Waiting:
    standing = Standing(destination.state, destination.failures_in_row, destination.probe_at)
    return Waiting(destination.id, destination.kind, standing)
