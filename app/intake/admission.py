"""The admission loop: takes every request that waits, writes them all in one transaction, then answers them.

No timer: while one commit is under way the next batch gathers, so a lone request waits for nothing and a crowd shares
one commit.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic, perf_counter

from app.errors import OutOfReach
from app.intake.configuration import DoorConfiguration
from app.intake.service import Accepted, Candidate, write
from app.metrics import DoorFigures
from app.parts import Parts
from app.telemetry import logger

MOST_WAITING = 1024
"""How many requests may wait; over that the answer is 503 at once, instead of one that comes too late."""
MOST_AT_ONCE = 64
_TRY_AGAIN_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class _Waiting:
    candidate: Candidate
    answer: "asyncio.Future[Accepted]"


class Admission:
    """Writes the requests of one process, batch by batch."""

    def __init__(self, house: Parts, figures: DoorFigures | None = None) -> None:
        self._house = house
        self._figures = figures
        if figures is not None:
            figures.watch(lambda: len(self._waiting))
        self.configuration = DoorConfiguration(house.database)
        self._waiting: list[_Waiting] = []
        self._arrived = asyncio.Event()
        self._stopping = False
        self._failed_at: float | None = None

    @property
    def failing_seconds(self) -> float | None:
        """How long ago the newest batch could not be written; None: it was written."""
        return None if self._failed_at is None else monotonic() - self._failed_at

    async def admit(self, candidate: Candidate) -> Accepted:
        """Wait until the request is on disk and return what to answer; whoever waits no longer may still get a lead.

        Errors: `IdempotencyKeyReused`; `OutOfReach`, after which at most one unconfirmed lead may exist.
        """
        if self._stopping or len(self._waiting) >= MOST_WAITING:
            raise OutOfReach
        answer: asyncio.Future[Accepted] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(candidate, answer))
        self._arrived.set()
        return await answer

    def stop(self) -> None:
        """Take nothing new; `run` returns when all that waits is answered."""
        self._stopping = True
        self._arrived.set()

    async def run(self) -> None:
        """Write batch after batch until stopped."""
        while self._waiting or not self._stopping:
            await self._arrived.wait()
            batch, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
            if not self._waiting and not self._stopping:
                self._arrived.clear()
            if batch:
                await self._settle(batch)

    async def _settle(self, batch: Sequence[_Waiting]) -> None:
        """Write a batch and answer it.

        One bad row never fails its neighbours: the batch is halved until that row is alone.
        """
        began = perf_counter()
        try:
            results = await self._write([one.candidate for one in batch])
        except OutOfReach as error:
            self._failed_at = monotonic()
            if self._figures is not None:
                self._figures.note_unwritten()
            _answer_all(batch, [error] * len(batch))
        except Exception:  # noqa: BLE001 - whatever is wrong with one request, the others are answered
            if len(batch) > 1:
                middle = len(batch) // 2
                await self._settle(batch[:middle])
                await self._settle(batch[middle:])
                return
            logger.exception("a request could not be written")
            if self._figures is not None:
                self._figures.note_unwritten()
            _answer_all(batch, [OutOfReach()])
        else:
            self._failed_at = None
            self._house.hint()
            _answer_all(batch, results)
            if self._figures is not None:
                _count(self._figures, batch, results, perf_counter() - began)

    async def _write(self, candidates: Sequence[Candidate]) -> Sequence[Accepted | Exception]:
        try:
            return await write(self._house, self.configuration, candidates)
        except OutOfReach:
            # The commit may have gone through. Their ids are made: writing the same again settles it either way.
            await asyncio.sleep(_TRY_AGAIN_SECONDS)
            return await write(self._house, self.configuration, candidates, again=True)


def _answer_all(batch: Sequence[_Waiting], results: Sequence[Accepted | Exception]) -> None:
    for one, result in zip(batch, results, strict=True):
        if one.answer.done():
            continue  # Whoever asked has gone; the lead stays.
        if isinstance(result, Accepted):
            one.answer.set_result(result)
        else:
            one.answer.set_exception(result)


def _count(
    figures: DoorFigures, batch: Sequence[_Waiting], results: Sequence[Accepted | Exception], seconds: float
) -> None:
    rows = [
        one.candidate.arrival.row
        for one, result in zip(batch, results, strict=True)
        if isinstance(result, Accepted) and not result.replayed
    ]
    figures.note(len(rows), sum(row["held"] for row in rows), seconds)
