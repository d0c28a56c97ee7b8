"""When all is idle a lead goes out because its commit hints at it: whoever waited for a poll would wait for ever."""

import asyncio
from functools import partial

import httpx
import pytest
from fastapi import FastAPI

from app import main
from app.destinations import service as destinations
from app.destinations.guard import Guard
from app.destinations.schemas import NewWebhook
from app.destinations.shapes import Include
from app.main import create_app
from app.parts import Parts
from app.settings import Settings
from app.worker import WorkerLoop, make_hints
from tests.support.sink import HttpSink

NEVER = 3600.0
ENQUIRY = {
    "name": "Aurelia Brandt",
    "email": "a.brandt@mail.example",
    "country": "ES",
    "condition": "multiple sclerosis",
    "consent": {"privacy": True, "health_data": True},
}


async def _enquire(app: FastAPI, sink: HttpSink) -> None:
    parts: Parts = app.state.parts
    new = NewWebhook(kind="webhook", url=sink.url(), include=Include.FULL)
    guard = Guard(parts.settings.allow_networks)
    await destinations.add(parts.database, parts.keyring, guard, new, parts.clock.now())
    # Whoever looked once, as it started, has long done so.
    await asyncio.sleep(0.7)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000") as client:
        assert (await client.post("/v1/quote-requests", json=ENQUIRY)).status_code == httpx.codes.CREATED
    await sink.received()


async def test_a_process_that_serves_and_delivers_needs_no_poll(
    settings: Settings, http_sink: HttpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(main, "WorkerLoop", partial(WorkerLoop, poll_seconds=NEVER))
    app = create_app(settings, with_worker=True)
    async with app.router.lifespan_context(app):
        await _enquire(app, http_sink)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_worker_of_its_own_needs_no_poll_on_postgresql(settings: Settings, http_sink: HttpSink) -> None:
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        parts: Parts = app.state.parts
        hints = make_hints(settings, parts.database)
        loop = WorkerLoop(parts.database, parts.clock, app.state.engine, hints.wake, poll_seconds=NEVER)
        working = [asyncio.create_task(hints.run()), asyncio.create_task(loop.run())]
        try:
            await _enquire(app, http_sink)
        finally:
            loop.stop()
            hints.stop()
            await asyncio.gather(*working)
