"""`python -m soak.trapped serve …`: Freequote's own command line, with time, names and traps in the soak's hands.

Nothing else differs, unless SOAK_LEASE names a shorter lease and deadline for those who have no minute to wait.
"""

import os
import socket
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

from app import clock, settings
from app.deliveries import engine, resolver, senders, settling
from app.deliveries.policy import Outcome, Verdict
from app.deliveries.queries import Claimed
from soak.hands import FOLDER, Hands

LEASE = "SOAK_LEASE"
"""The environment variable with other seconds for a lease and for an attempt's deadline: `6,1.5`."""


class NameService(AbstractResolver):
    """Answers from the soak's folder; what does not stand there does not exist."""

    def __init__(self, hands: Hands) -> None:
        self._hands = hands

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Answer, or raise what a real look-up raises."""
        del family
        answer = self._hands.names().get(host, "unknown")
        if answer == "unknown":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        if answer == "silence":
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        flags = socket.AI_NUMERICHOST
        return [ResolveResult(hostname=host, host=answer, port=port, family=socket.AF_INET, proto=0, flags=flags)]

    async def close(self) -> None:
        """Hold nothing."""


def _move_clock(hands: Hands) -> None:
    def now(_self: clock.SystemClock) -> datetime:
        return datetime.now(UTC) + hands.ahead()

    clock.SystemClock.now = now  # type: ignore[assignment, method-assign]


def _trap_claims(hands: Hands) -> None:
    claim = engine.Engine._claim

    async def trapped(self: engine.Engine, *arguments: Any) -> list[Claimed]:
        claimed = await claim(self, *arguments)
        if claimed:
            hands.note_claims(f"{one.id.hex}.{one.number}" for one in claimed)
            hands.spring("claim")
        return claimed

    engine.Engine._claim = trapped  # type: ignore[assignment, method-assign]


def _trap_sends(hands: Hands) -> None:
    send = senders.RealSenders.send

    async def trapped(self: senders.RealSenders, one: Claimed, document: dict[str, Any], now: datetime) -> Outcome:
        outcome = await send(self, one, document, now)
        if outcome.verdict is Verdict.DELIVERED:
            hands.spring("send")
        return outcome

    senders.RealSenders.send = trapped  # type: ignore[method-assign]


def _trap_settling(hands: Hands) -> None:
    execute = settling._execute

    async def trapped(session: Any, statement: str, columns: Any, rows: Sequence[settling.Settled]) -> list[Any]:
        held = await execute(session, statement, columns, rows)
        if statement == settling._SETTLE and held:
            hands.spring("settle")
        return held

    settling._execute = trapped


def _hurry(lease: float, deadline: float) -> None:
    read = settings.read_settings

    def hurried(*given: Any) -> settings.Settings:
        # Shorter than anybody may set them.
        return read(*given).model_copy(update={"delivery_lease": lease, "delivery_deadline": deadline})

    settings.read_settings = hurried  # type: ignore[assignment]


def main() -> None:
    """Run Freequote's command line."""
    hands = Hands(Path(os.environ[FOLDER]))
    _move_clock(hands)
    _trap_claims(hands)
    _trap_sends(hands)
    _trap_settling(hands)
    vars(resolver)["ThreadedResolver"] = lambda: NameService(hands)
    if LEASE in os.environ:
        _hurry(*(float(seconds) for seconds in os.environ[LEASE].split(",")))
    # Only now: it takes over what stands above as it is loaded.
    from app.cli import main as command_line  # noqa: PLC0415

    command_line()


if __name__ == "__main__":
    main()
