"""Look whether the chain is what it was: nothing edited, deleted, moved or cut off."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from sqlalchemy import func, select

from app.audit.chain import BEGINNING, Checkpoint, link
from app.audit.checkpoints import CheckpointFile
from app.audit.models import AuditEntry, AuditTip
from app.audit.schemas import Fault, Verification
from app.database import Database
from app.sealing.signing import Signer

_CHUNK = 1000
_MOST_FAULTS = 20


async def verify(database: Database, signer: Signer, outside: CheckpointFile) -> Verification:
    """Compute the chain anew and compare it with its signed end and with the checkpoints outside the database.

    Reads every entry, a thousand at a time, and holds no transaction in between.
    """
    # In this order: the chain may grow meanwhile, but it is never shorter than what was said of it before.
    checkpoints = await asyncio.to_thread(outside.read)
    async with database.read() as session:
        tip = Checkpoint.of(await session.get_one(AuditTip, 1))
        waiting = await session.scalar(select(func.count()).where(AuditEntry.position.is_(None))) or 0
    walk = _Walk(signer, [checkpoint for checkpoint in (tip, *checkpoints) if checkpoint.position])
    async for entries in _chunks(database, tip.position):
        walk.follow(entries)
    walk.end(tip)
    return Verification(
        ok=not walk.faults,
        entries=walk.seen,
        waiting=waiting,
        position=tip.position,
        hash=tip.hash.hex(),
        public_key=signer.public_key,
        checkpoints=len(checkpoints),
        faults=walk.faults[:_MOST_FAULTS],
    )


async def _chunks(database: Database, end: int) -> AsyncIterator[Sequence[AuditEntry]]:
    position = 0
    while position < end:
        chained = AuditEntry.position > position, AuditEntry.position <= end
        query = select(AuditEntry).where(*chained).order_by(AuditEntry.position).limit(_CHUNK)
        async with database.read() as session:
            entries = (await session.scalars(query)).all()
        if not entries:
            return
        yield entries
        position = entries[-1].position or end


class _Walk:
    """One walk along the chain, and what it found."""

    def __init__(self, signer: Signer, checkpoints: Sequence[Checkpoint]) -> None:
        self.faults: list[Fault] = []
        self.seen = 0
        self._hash = BEGINNING
        self._position = 0
        self._signer = signer
        self._said: dict[int, list[Checkpoint]] = {}
        for checkpoint in checkpoints:
            self._said.setdefault(checkpoint.position, []).append(checkpoint)

    def follow(self, entries: Sequence[AuditEntry]) -> None:
        """Go along some entries, in the order of their places."""
        for entry in entries:
            position = entry.position or 0
            if position != self._position + 1:
                self._find(self._position + 1, "missing", f"{position - self._position - 1} entries are missing here.")
            elif link(self._hash, entry, position) != entry.hash:
                self._find(position, "changed", "The entry is not the one that was chained here.")
            # From what is written: one changed entry must not hide where the next one is.
            self._position, self._hash = position, entry.hash or BEGINNING
            self.seen += 1
            self._compare(position)

    def end(self, tip: Checkpoint) -> None:
        """Look whether the chain is as long as was said of it."""
        if self._position < tip.position:
            self._find(self._position + 1, "cut-off", f"The chain had {tip.position} entries.")
        for position in sorted(self._said):
            if position > self._position:
                self._find(position, "cut-off", "A checkpoint tells of an entry that is not there.")

    def _compare(self, position: int) -> None:
        for checkpoint in self._said.pop(position, ()):
            if not checkpoint.holds(self._signer):
                self._find(position, "forged", "A checkpoint was not signed with this installation's key.")
            elif checkpoint.hash != self._hash:
                self._find(position, "rewritten", "A checkpoint tells of another entry.")

    def _find(self, position: int, fault: str, detail: str) -> None:
        self.faults.append(Fault(position=position, fault=fault, detail=detail))
