"""Hints that something was promised: they only make it sooner, polling is the truth.

In one process an event is enough. On PostgreSQL workers elsewhere hear of it too, by NOTIFY after the commit, at most
20 times a second for each process. It says nothing but that there is something.
"""

import asyncio

import asyncpg

from app.engines import postgresql_dsn
from app.telemetry import logger

_CHANNEL = "freequote_promised"
_APART_SECONDS = 0.05
_PATIENCE_SECONDS = 5.0
_RECONNECT_SECONDS = 1.0
# A connection that died without a word is noticed when it is asked something.
_STILL_THERE_SECONDS = 30.0
_FAULTS = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)


class Hints:
    """Gives and hears hints for one process; on PostgreSQL it keeps one connection of its own."""

    def __init__(self, url: str, *, is_sqlite: bool) -> None:
        """Take the address of the database itself: a pooler in between would not pass on what is told."""
        self.wake = asyncio.Event()
        """Set by every hint; a worker clears it before it looks."""
        self._dsn = None if is_sqlite else postgresql_dsn(url)
        self._to_tell = asyncio.Event()
        self._stopped = asyncio.Event()

    def give(self) -> None:
        """Say that something was promised, after its commit."""
        self.wake.set()
        self._to_tell.set()

    def stop(self) -> None:
        """Let `run` end, once it has passed on what was said before."""
        self._stopped.set()
        self._to_tell.set()

    async def run(self) -> None:
        """Pass hints on and take them in until stopped; a connection that is lost is made anew."""
        if self._dsn is None:
            await self._stopped.wait()
            return
        while not self._stopped.is_set():
            try:
                await self._connected(self._dsn)
            except _FAULTS as fault:
                logger.warning("no hints from other processes for now", exc_info=fault)
                self.wake.set()
                await self._unless_stopped(_RECONNECT_SECONDS)

    async def _connected(self, dsn: str) -> None:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            # Without prepared statements, in case there is a pooler after all.
            connection = await asyncpg.connect(dsn, statement_cache_size=0)
        try:
            await connection.add_listener(_CHANNEL, self._hear)
            # Whatever was told while nobody listened.
            self.wake.set()
            while not self._stopped.is_set():
                await self._tell(connection)
                await self._unless_stopped(_APART_SECONDS)
        finally:
            connection.terminate()

    def _hear(self, connection: asyncpg.Connection, told_by: int, _channel: str, _payload: object) -> None:
        # What this process told itself it knows already.
        if told_by != connection.get_server_pid():
            self.wake.set()

    async def _tell(self, connection: asyncpg.Connection) -> None:
        try:
            async with asyncio.timeout(_STILL_THERE_SECONDS):
                await self._to_tell.wait()
        except TimeoutError:
            await connection.execute("SELECT 1", timeout=_PATIENCE_SECONDS)
            return
        self._to_tell.clear()
        await connection.execute(f"NOTIFY {_CHANNEL}", timeout=_PATIENCE_SECONDS)

    async def _unless_stopped(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopped.wait()
        except TimeoutError:
            return
