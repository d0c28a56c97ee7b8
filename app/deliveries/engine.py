"""The engine that keeps promises: claim, send, settle. Never a network call inside a transaction."""

import asyncio
import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Executable, insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.clock import Clock
from app.database import Database
from app.deliveries import queries
from app.deliveries.models import Attempt
from app.deliveries.outbox import open_body
from app.deliveries.policy import Outcome, Verdict, next_attempt
from app.deliveries.queries import Claimed
from app.deliveries.schemas import DeliveryState
from app.deliveries.senders import Senders
from app.errors import OutOfReach
from app.sealing.keyring import Keyring
from app.telemetry import logger

DEADLINE_SECONDS = 15.0
"""How long one attempt may take in all."""
LEASE_SECONDS = 60.0
"""How long a claim lasts: the deadline, and a margin for settling on a slow database."""
CHANNEL_REST = timedelta(seconds=30)
"""How long a channel rests after a fault of our own, such as a mail server that refuses our log-in."""
IN_FLIGHT = 50
_SETTLE_PAUSES = (0.2, 1.0, 3.0, 10.0)


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
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._senders = senders
        self._jitter = jitter
        self._resting: dict[str, datetime] = {}
        """Until when a kind of destination is left alone."""
        self._under_way: set[asyncio.Task[None]] = set()

    async def start_due(self) -> int:
        """Claim what is due, as far as places are free, and begin to send it; return how many were claimed."""
        free = IN_FLIGHT - len(self._under_way)
        if free <= 0:
            return 0
        now = self._clock.now()
        resting = [kind for kind, until in self._resting.items() if until > now]
        claimed = await self._claim(queries.claim(now, uuid4(), LEASE_SECONDS, free, resting))
        for one in claimed:
            task = asyncio.create_task(self._keep(one))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        return len(claimed)

    async def finish(self) -> None:
        """Wait until all that is under way is settled; each attempt ends by its deadline."""
        while self._under_way:
            await asyncio.gather(*self._under_way)

    async def run_until_idle(self) -> None:
        """Send all that is due now, and wait for it."""
        while await self.start_due():
            await self.finish()

    async def keep_now(self, delivery_id: UUID) -> bool:
        """Send one waiting delivery at once; return whether it was free to be sent."""
        claimed = await self._claim(queries.claim_one(delivery_id, uuid4(), LEASE_SECONDS))
        for one in claimed:
            await self._keep(one)
        return bool(claimed)

    async def _claim(self, statement: Executable) -> Sequence[Claimed]:
        async with self._database.begin() as session:
            ids = [row[0] for row in await session.execute(statement)]
            if not ids:
                return ()
            claimed = [Claimed(*row) for row in await session.execute(queries.claimed(ids))]
            await session.execute(queries.lost_attempts(ids))
            now = self._clock.now()
            await session.execute(insert(Attempt), [_started(one, now) for one in claimed])
        return claimed

    async def _keep(self, one: Claimed) -> None:
        outcome = await self._send(one)
        for pause in (*_SETTLE_PAUSES, None):
            try:
                await self._settle(one, outcome)
            except OutOfReach:
                if pause is None:
                    # The lease ends and it is sent again with the same id: twice, but never not at all.
                    logger.warning("attempt not recorded", delivery=str(one.id), attempt=one.number)
                    return
                await asyncio.sleep(pause)
            else:
                return

    async def _send(self, one: Claimed) -> Outcome:
        try:
            document = open_body(self._keyring.data_key(one.lead_id, one.wrapped_key), one.event_id, one.event_body)
            return await self._senders.send(one, document, self._clock.now())
        except Exception:  # noqa: BLE001 - a fault of ours must not end the worker: it is on record, and tried again
            logger.exception("delivery fault", delivery=str(one.id))
            return Outcome(Verdict.RETRY, reason="a fault inside Freequote; see its log")

    async def _settle(self, one: Claimed, outcome: Outcome) -> None:
        now = self._clock.now()
        values = self._after(one, outcome, now)
        async with self._database.begin() as session:
            await session.execute(queries.settle_attempt(one, self._attempt_values(one, outcome, now)))
            held = (await session.execute(queries.settle(one, values))).first() is not None
            if held:
                await _note_destination(session, one.destination_id, outcome.verdict)
        if outcome.verdict is Verdict.CHANNEL_DOWN:
            self._resting[one.kind] = now + CHANNEL_REST
        logger.info(
            "attempt",
            delivery=str(one.id),
            attempt=one.number,
            kind=one.kind,
            verdict=outcome.verdict.value,
            reason=outcome.reason,
            state=values["state"] if held else "lease lost",
        )

    def _after(self, one: Claimed, outcome: Outcome, now: datetime) -> dict[str, Any]:
        """Say where the delivery stands after an attempt."""
        waiting = {"state": DeliveryState.PENDING.value, "reason": outcome.reason}
        if outcome.verdict is Verdict.DELIVERED:
            return {"state": DeliveryState.DELIVERED.value, "reason": None, "settled_at": now}
        if outcome.verdict is Verdict.CHANNEL_DOWN:
            # Our own fault: the attempt stays on record, but its place in the schedule is given back.
            return {**waiting, "due_at": now + CHANNEL_REST, "round_start": one.round_start + 1}
        if outcome.verdict is Verdict.GONE:
            return {**waiting, "due_at": now}
        again = next_attempt(one.number - one.round_start, now, self._jitter(), outcome.retry_after)
        if outcome.verdict is Verdict.FAILED or again is None:
            return {"state": DeliveryState.FAILED.value, "reason": outcome.reason, "settled_at": now}
        return {**waiting, "due_at": again}

    def _attempt_values(self, one: Claimed, outcome: Outcome, now: datetime) -> dict[str, Any]:
        key = self._keyring.data_key(one.lead_id, one.wrapped_key)
        place = f"attempts.excerpt:{one.id}.{one.number}"
        return {
            "finished_at": now,
            "outcome": outcome.verdict.value,
            "status_code": outcome.status_code,
            "reason": outcome.reason,
            "duration_ms": outcome.duration_ms,
            "excerpt": key.seal(outcome.excerpt, place) if outcome.excerpt else None,
        }


def _started(one: Claimed, now: datetime) -> dict[str, Any]:
    return {"delivery_id": one.id, "number": one.number, "started_at": now, "outcome": "started"}


async def _note_destination(session: AsyncSession, destination_id: UUID, verdict: Verdict) -> None:
    """Keep the destination's state: it fails, it recovers, or it asked (410) to be left alone."""
    if verdict is Verdict.GONE:
        await session.execute(queries.move_destination(destination_id, ("active", "failing"), "paused"))
    elif verdict is Verdict.DELIVERED:
        await session.execute(queries.move_destination(destination_id, ("failing",), "active"))
    elif verdict in {Verdict.RETRY, Verdict.FAILED}:
        await session.execute(queries.move_destination(destination_id, ("active",), "failing"))
