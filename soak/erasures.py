"""Leads that are erased, as staff do it, while everything around them breaks."""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass

from soak.deployment import Deployment, Pace
from soak.tally import Tally
from soak.visitors import Visitors

AT_ONCE, WAITING = "erased at once", "erased while a retry waits"
_A_ROUND = 3
"""How many of each."""
_PATIENCE_SECONDS = 120.0
_RETRIES = """SELECT DISTINCT leads.reference FROM deliveries JOIN leads ON leads.id = deliveries.lead_id
    WHERE deliveries.state = 'pending' AND deliveries.attempts > 0"""
_CANCELLED = """SELECT deliveries.id FROM deliveries JOIN erasures ON erasures.lead_id = deliveries.lead_id
    WHERE erasures.reference = '{}' AND deliveries.state = 'cancelled'"""
CLAIMED = """SELECT erasures.reference, count(*) FROM attempts JOIN deliveries ON deliveries.id = attempts.delivery_id
    JOIN events ON events.id = deliveries.event_id JOIN erasures ON erasures.lead_id = deliveries.lead_id
    WHERE events.type <> 'lead.erased' GROUP BY erasures.reference"""
"""How often anything of an erased lead was claimed, but that it is erased."""


@dataclass(eq=False)
class Erasures:
    """One lane of faults."""

    house: Deployment
    visitors: Visitors
    tally: Tally
    pace: Pace
    seed: str

    async def run(self, until: float) -> None:
        """Erase leads until every kind was seen and the time is over."""
        chance = random.Random(f"{self.seed}-erasures")  # noqa: S311 - repeatable, not secret
        plan = [AT_ONCE, WAITING] * _A_ROUND
        while True:
            chance.shuffle(plan)
            for what in plan:
                began = time.monotonic()
                seen = await self._erase(what)
                self.tally.count("lead", what, seen=seen, seconds=time.monotonic() - began)
                await asyncio.sleep(1 + self.pace.hold * chance.uniform(1, 3))
            if time.monotonic() > until:
                return

    async def _erase(self, what: str) -> bool:
        """Erase a lead, and note what of it was claimed by then; return whether there was one of that kind."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while (reference := await self._find(what)) is None:
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(0.1)
        await self.house.erase(reference)
        counts = {row[0]: int(row[1]) for row in await self._rows(CLAIMED)}
        self.house.erased[reference] = counts.get(reference, 0)
        return what == AT_ONCE or bool(await self._rows(_CANCELLED.format(reference)))

    async def _find(self, what: str) -> str | None:
        done = {reference for wish in self.visitors.done for reference in wish.references} - self.house.erased.keys()
        if what == WAITING:
            waiting = {row[0] for row in await self._rows(_RETRIES)}
            return min(done & waiting, default=None)
        last = [reference for wish in self.visitors.done[-1:] for reference in wish.references if reference in done]
        return last[0] if last else None

    async def _rows(self, query: str) -> Sequence[tuple[str, ...]]:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                return await asyncio.to_thread(self.house.ground.rows, query)
            except self.house.ground.faults:
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.2)
