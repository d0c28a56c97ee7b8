"""The listener of its own that figures are served on, and what the database tells when they are asked for."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import uvicorn
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.clock import Clock
from app.database import Database
from app.deliveries import queries as deliveries
from app.deliveries.checks import workers_alive
from app.destinations import service as destinations
from app.errors import OutOfReach
from app.leads import queries as leads
from app.metrics import Figures, process_registry
from app.servers import server_config

_PATH = "/metrics"
_MOST_COUNTED = 10_000
"""Where counting ends: to know that there are many, nobody needs to walk through all of them."""
_PATIENCE_SECONDS = 3.0
"""How long the database may take; Prometheus itself gives up after ten."""
_STATES = ("active", "failing", "paused")
_GRACE_SECONDS = 1
"""How long an answer under way may still take when the process leaves."""


class Scraping:
    """Serves the figures of one process on a socket that is listening already."""

    def __init__(self, listening: socket.socket, made: Callable[[CollectorRegistry], Figures]) -> None:
        """Take the socket, and what makes the figures of this kind of process."""
        self._registry = process_registry()
        self.figures = made(self._registry)
        self._listening = listening
        self._server: _Beside | None = None
        self._stopped = False

    async def run(self, database: Database, clock: Clock) -> None:
        """Answer until stopped."""

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            if (scope["method"], scope["path"]) != ("GET", _PATH):
                await Response(status_code=404)(scope, receive, send)
                return
            told = await _told_by(database, clock)
            # Beside the loop: with many routes it takes longer than a commit.
            text = await asyncio.to_thread(generate_latest, self._registry) + generate_latest(told)
            headers = {"content-type": CONTENT_TYPE_PLAIN_0_0_4, "cache-control": "no-store"}
            await Response(text, headers=headers)(scope, receive, send)

        self._server = _Beside(server_config(answer, grace_seconds=_GRACE_SECONDS, lifespan="off"))
        self._server.should_exit = self._stopped
        await self._server.serve(sockets=[self._listening])

    def stop(self) -> None:
        """Let `run` end."""
        self._stopped = True
        if self._server is not None:
            self._server.should_exit = True


def figures_of(scraping: Scraping | None) -> Figures:
    """Return what a process counts: nothing where nobody asks."""
    return scraping.figures if scraping else Figures()


class _Beside(uvicorn.Server):
    """A server that leaves the process's signals to whom they belong."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture nothing."""
        yield


async def _told_by(database: Database, clock: Clock) -> CollectorRegistry:
    """Ask the database; where it does not answer, that is all that is told."""
    told = CollectorRegistry()
    up = Gauge("freequote_database_up", "Whether the database answered in time.", registry=told)
    try:
        async with database.read(_PATIENCE_SECONDS) as session:
            figures = await _deliveries(session, clock) | await _leads(session, clock)
            states = dict((await session.execute(destinations.by_state())).all())
    except OutOfReach:
        return told
    up.set(1)
    for name, (says, figure) in figures.items():
        Gauge(name, says, registry=told).set(figure)
    kept = Gauge("freequote_destinations", "Destinations, by how they stand.", ("state",), registry=told)
    for state in _STATES:
        kept.labels(state).set(states.get(state, 0))
    return told


_Found = dict[str, tuple[str, float]]


async def _deliveries(session: AsyncSession, clock: Clock) -> _Found:
    alive = await session.scalar(workers_alive()) or 0
    waiting = await session.scalar(deliveries.count_open(_MOST_COUNTED)) or 0
    oldest = await session.scalar(deliveries.oldest_due())
    return {
        "freequote_workers_alive": ("Workers that said so lately.", alive),
        "freequote_promises_waiting": (f"Promises not yet kept, counted up to {_MOST_COUNTED}.", waiting),
        "freequote_oldest_due_promise_age_seconds": (
            "For how long the oldest promise is due that a worker should have taken; 0: there is none.",
            _age(oldest, clock),
        ),
    }


async def _leads(session: AsyncSession, clock: Clock) -> _Found:
    waiting = await session.scalar(leads.count_unjudged(_MOST_COUNTED)) or 0
    oldest = await session.scalar(leads.oldest_unjudged())
    return {
        "freequote_held_leads_waiting": (f"Held leads that nobody has judged, counted up to {_MOST_COUNTED}.", waiting),
        "freequote_oldest_held_lead_age_seconds": (
            "For how long the oldest held lead waits to be judged; 0: there is none.",
            _age(oldest, clock),
        ),
    }


def _age(moment: datetime | None, clock: Clock) -> float:
    return max(0.0, (clock.now() - moment).total_seconds()) if moment else 0.0
