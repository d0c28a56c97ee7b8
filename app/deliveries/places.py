"""Who may send how much at once: a fair share for each destination, and rest for a channel that is down."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from app.deliveries.breaker import Standing
from app.deliveries.policy import Verdict

IN_FLIGHT = 100
"""How many deliveries one worker sends at once."""
IN_FLIGHT_EACH = 20
"""How many of them to one destination: one that is slow leaves room for the others."""
_FIRST_REST = timedelta(seconds=30)
_LONGEST_REST = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A destination for which something is due."""

    id: UUID
    kind: str
    standing: Standing


class Channels:
    """The ways out of this machine, by kind of destination, and which of them is down through a fault of our own."""

    def __init__(self) -> None:
        self._rests: dict[str, timedelta] = {}
        self._until: dict[str, datetime] = {}

    def places(self, kind: str, in_flight: int, now: datetime) -> int:
        """Say how many deliveries may go out: none while it rests, then one that shows whether it works again."""
        if kind not in self._until:
            return IN_FLIGHT
        return 1 if self._until[kind] <= now and not in_flight else 0

    def note(self, kind: str, verdict: Verdict, now: datetime) -> bool:
        """Take in what came of an attempt; return whether the channel went down or came back by it."""
        if verdict is not Verdict.CHANNEL_DOWN:
            self._rests.pop(kind, None)
            return self._until.pop(kind, None) is not None
        down_already = kind in self._until
        if not down_already or self._until[kind] <= now:
            self._rests[kind] = min(self._rests.get(kind, _FIRST_REST / 2) * 2, _LONGEST_REST)
            self._until[kind] = now + self._rests[kind]
        return not down_already

    def rests_until(self, kind: str, now: datetime) -> datetime:
        """Return when a channel that is down is tried again."""
        return self._until.get(kind, now + _FIRST_REST)


def share(
    waiting: Sequence[Waiting], in_flight: Mapping[UUID, tuple[str, int]], channels: Channels, now: datetime
) -> dict[UUID, int]:
    """Return how many deliveries each destination may have claimed, one in turn for each until all places are taken.

    `in_flight` says what is under way for each destination, and of which kind it is.
    """
    of_kind: dict[str, int] = {}
    for kind, count in in_flight.values():
        of_kind[kind] = of_kind.get(kind, 0) + count
    open_to_kind = {one.kind: channels.places(one.kind, of_kind.get(one.kind, 0), now) for one in waiting}
    wanted = {one.id: _most(one, in_flight.get(one.id, ("", 0))[1], now) for one in waiting}
    free = IN_FLIGHT - sum(of_kind.values())
    given: dict[UUID, int] = {}
    # In random order, so that with more destinations than places everybody has a turn some time.
    order = random.sample(waiting, len(waiting))
    for _ in range(IN_FLIGHT_EACH):
        for one in order:
            if free > 0 and open_to_kind[one.kind] > 0 and given.get(one.id, 0) < wanted[one.id]:
                given[one.id] = given.get(one.id, 0) + 1
                open_to_kind[one.kind] -= 1
                free -= 1
    return given


def _most(one: Waiting, in_flight: int, now: datetime) -> int:
    if one.standing.state == "failing":
        return int(in_flight == 0 and one.standing.may_probe(now))
    return max(IN_FLIGHT_EACH - in_flight, 0)
