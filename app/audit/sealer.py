"""The one writer of the chain: gives each entry that waits its place, signs the end, and tells of it outside.

Entries become visible in another order than that of their ids when several transactions write at once. So the sealer
follows no id: it takes whatever has no place yet, and the chain's own positions are the order from then on.
"""

import asyncio
from collections.abc import Sequence
from time import monotonic

from sqlalchemy import BigInteger, LargeBinary, column, exists, select, update, values
from sqlalchemy.ext.asyncio import AsyncSession

from app.audit.chain import Checkpoint, link, statement
from app.audit.checkpoints import CheckpointFile
from app.audit.models import AuditEntry, AuditTip
from app.clock import Clock
from app.database import Database
from app.sealing.signing import Signer
from app.telemetry import logger

SEAL_SECONDS = 1.0
"""How often the worker looks for entries that wait."""
_CHUNK = 200
_MOST_CHUNKS_A_ROUND = 50
_TELL_SECONDS = 60.0
_TELL_AFTER = 1000


class Sealer:
    """Chains what waits; of several, in as many processes, one at a time works and the others pass by."""

    def __init__(self, database: Database, signer: Signer, clock: Clock, outside: CheckpointFile) -> None:
        self._database = database
        self._signer = signer
        self._clock = clock
        self._outside = outside
        self._told = 0
        self._told_at = -_TELL_SECONDS

    async def work(self) -> None:
        """Chain what waits, and tell of the end outside the database when that is due."""
        for _ in range(_MOST_CHUNKS_A_ROUND):
            if not await self._waits() or await self.seal() < _CHUNK:
                break
        await self._tell(after=_TELL_AFTER, seconds=_TELL_SECONDS)

    async def finish(self) -> None:
        """Chain and tell of what is left."""
        await self.work()
        await self._tell(after=1, seconds=0)

    async def seal(self) -> int:
        """Chain up to 200 entries in one transaction; return how many. 0 too when another sealer is at work."""
        async with self._database.begin() as session:
            tip = await session.scalar(select(AuditTip).with_for_update(skip_locked=True))
            if tip is None:
                return 0
            waiting = select(AuditEntry).where(AuditEntry.position.is_(None)).order_by(AuditEntry.id).limit(_CHUNK)
            entries = (await session.scalars(waiting)).all()
            if entries:
                await self._chain(session, tip, entries)
        return len(entries)

    async def _chain(self, session: AsyncSession, tip: AuditTip, entries: Sequence[AuditEntry]) -> None:
        position, hashed = tip.position, tip.hash
        places = []
        for entry in entries:
            position += 1
            hashed = link(hashed, entry, position)
            places.append((entry.id, position, hashed))
        columns = column("id", BigInteger), column("position", BigInteger), column("hash", LargeBinary)
        placed = values(*columns, name="placed").data(places).cte()
        await session.execute(
            update(AuditEntry)
            .where(AuditEntry.id == placed.c.id)
            .values(position=placed.c.position, hash=placed.c.hash)
            .execution_options(synchronize_session=False)
        )
        tip.position, tip.hash, tip.at = position, hashed, self._clock.now()
        tip.signature = self._signer.sign(statement(position, hashed, tip.at))

    async def _waits(self) -> bool:
        # Asked without the writers' turn, which SQLite has only one of.
        async with self._database.read() as session:
            return bool(await session.scalar(select(exists().where(AuditEntry.position.is_(None)))))

    async def _tell(self, *, after: int, seconds: float) -> None:
        """Write the end where whoever changes the database does not reach: a file, and the log."""
        async with self._database.read() as session:
            checkpoint = Checkpoint.of(await session.get_one(AuditTip, 1))
        further = checkpoint.position - self._told
        if not further or (further < after and monotonic() - self._told_at < seconds):
            return
        try:
            await asyncio.to_thread(self._outside.append, checkpoint)
        except OSError:
            # The log still tells of it; that nothing is lost comes first.
            logger.exception("the audit's checkpoint file cannot be written")
        logger.info("audit checkpoint", **checkpoint.shown())
        self._told, self._told_at = checkpoint.position, monotonic()
