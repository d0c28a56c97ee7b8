"""Connections to a mail server, kept open for a short while: most of a letter's time goes into logging in."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import aiosmtplib

from app.deliveries.mail.verdicts import FAULTS, leaves_connection_sound

IDLE_SECONDS = 20.0
"""How long an unused connection stays open."""
LETTERS_EACH = 50
"""After how many letters a connection is given up: servers refuse the next one sooner or later."""
# Mail providers commonly take only a few connections of one account at a time.
_AT_A_TIME = 3
_NUDGE_SECONDS = 2.0
_FAREWELL_SECONDS = 2.0


@dataclass(eq=False, slots=True)
class _Connection:
    client: aiosmtplib.SMTP
    letters: int = 0
    timer: asyncio.TimerHandle | None = None
    """Set while it is idle: when this goes off, it is closed."""


class Connections:
    """A few connections, each lent to one letter at a time."""

    def __init__(self, connector: Callable[[], aiosmtplib.SMTP]) -> None:
        """Take what makes a client that is not connected yet."""
        self._connector = connector
        self._places = asyncio.Semaphore(_AT_A_TIME)
        self._idle: list[_Connection] = []
        self._farewells: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[aiosmtplib.SMTP]:
        """Lend a connection that is logged in. It is kept afterwards unless what happened made it useless.

        Errors: those of `FAULTS` where none can be had.
        """
        async with self._places:
            one = await self._take()
            one.letters += 1
            sound = False
            try:
                yield one.client
                sound = True
            except FAULTS as fault:
                sound = leaves_connection_sound(fault)
                raise
            finally:
                self._give_back(one, sound=sound)

    async def aclose(self) -> None:
        """Take leave of the server on every idle connection."""
        while self._idle:
            self._part_from(self._idle[-1])
        await asyncio.gather(*self._farewells)

    async def _take(self) -> _Connection:
        while self._idle:
            one = self._idle.pop()
            _stop_timer(one)
            if await _is_alive(one.client):
                return one
            one.client.close()
        client = self._connector()
        try:
            await client.connect()
        except BaseException:
            client.close()
            raise
        return _Connection(client)

    def _give_back(self, one: _Connection, *, sound: bool) -> None:
        if not sound or not one.client.is_connected:
            one.client.close()
            return
        self._idle.append(one)
        if one.letters >= LETTERS_EACH:
            self._part_from(one)
        else:
            one.timer = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._part_from, one)

    def _part_from(self, one: _Connection) -> None:
        self._idle.remove(one)
        _stop_timer(one)
        task = asyncio.create_task(farewell(one.client))
        self._farewells.add(task)
        task.add_done_callback(self._farewells.discard)


async def farewell(client: aiosmtplib.SMTP) -> None:
    """Close a connection as politely as the server lets us; its rudeness changes nothing."""
    try:
        with suppress(*FAULTS):
            await client.quit(timeout=_FAREWELL_SECONDS)
    finally:
        client.close()


async def _is_alive(client: aiosmtplib.SMTP) -> bool:
    """Say whether the server still listens: one that hung up meanwhile must not cost the letter an attempt."""
    try:
        await client.rset(timeout=_NUDGE_SECONDS)
    except FAULTS:
        return False
    return client.is_connected


def _stop_timer(one: _Connection) -> None:
    if one.timer is not None:
        one.timer.cancel()
        one.timer = None
