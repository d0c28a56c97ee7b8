"""Figures for Prometheus: on a listener of their own, whatever the database does, and without a word of a person."""

import asyncio
import math
import os
import re
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import monotonic, perf_counter, sleep
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app import scraping
from app.deliveries import queries as deliveries
from app.deliveries.checks import workers_alive
from app.destinations import service as destinations
from app.destinations.guard import Guard
from app.destinations.schemas import NewWebhook
from app.destinations.shapes import Include
from app.leads import queries as leads
from app.main import create_app
from app.metrics import Figures
from app.pages.typed import HONEYPOT
from app.scraping import Scraping
from app.settings import Settings, read_settings
from tests.faults.cutting import proxy_before
from tests.support.clock import FakeClock
from tests.support.figures import Scraped, ports_in_a_row, read, scrape
from tests.support.house import Desk
from tests.support.network import unused_port
from tests.support.process import Service
from tests.support.sink import Answer, HttpSink

DOOR = "/v1/quote-requests"
CANARY = "Kwabena Äquinox"
WISH = {
    "name": CANARY,
    "email": "canary@feather.example",
    "country": "GH",
    "condition": "lupus",
    "consent": {"privacy": True, "health_data": True},
}
_STARTED = "process_start_time_seconds"


@dataclass
class Up:
    """A running app with a worker, and the port of its figures."""

    app: FastAPI
    client: httpx.AsyncClient
    port: int

    async def figures(self) -> Scraped:
        """Ask for the figures."""
        return await scrape(self.port)

    async def settled(self, outcome: str) -> None:
        """Wait until an attempt of a webhook came to that."""
        for _ in range(200):
            if f'freequote_attempts_total{{kind="webhook",outcome="{outcome}"}}' in await self.figures():
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"no attempt came to {outcome}")

    async def webhook(self, clock: FakeClock, url: str) -> None:
        """Make a webhook that hears of every lead."""
        parts, new = self.app.state.parts, NewWebhook(kind="webhook", url=url, include=Include.FULL)
        guard = Guard(parts.settings.allow_networks)
        await destinations.add(parts.database, parts.keyring, guard, new, clock.now())


@asynccontextmanager
async def running(settings: Settings, clock: FakeClock) -> AsyncIterator[Up]:
    listening = socket.create_server(("127.0.0.1", 0))
    app = create_app(settings, clock=clock, with_worker=True, scraping=Scraping(listening, Figures.of_service))
    port = listening.getsockname()[1]
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000") as client,
    ):
        yield Up(app, client, port)


@pytest.fixture
async def up(settings: Settings, clock: FakeClock) -> AsyncIterator[Up]:
    """Give the running app; the test runs once on each kind of database."""
    async with running(settings, clock) as made:
        yield made


async def test_a_lead_moves_the_figures_on_its_way_through_the_house(
    up: Up, clock: FakeClock, http_sink: HttpSink
) -> None:
    http_sink.answers.append(Answer(503))
    await up.webhook(clock, http_sink.url())
    assert (await up.client.post(DOOR, json=WISH)).status_code == 201
    assert (await up.client.post(DOOR, json=WISH | {"name": ""})).status_code == 422
    await http_sink.received()
    await up.settled("retry")
    found = await up.figures()
    assert found[f'freequote_http_requests_total{{method="POST",route="{DOOR}",status="201"}}'] == 1
    assert found[f'freequote_http_requests_total{{method="POST",route="{DOOR}",status="422"}}'] == 1
    assert found[f'freequote_http_request_seconds_count{{route="{DOOR}"}}'] == 2
    assert (found["freequote_leads_accepted_total"], found["freequote_leads_held_total"]) == (1, 0)
    assert (found["freequote_door_commit_seconds_count"], found["freequote_door_waiting"]) == (1, 0)
    assert found['freequote_attempt_seconds_count{kind="webhook"}'] == 1
    assert found["freequote_database_up"] == 1
    assert found["freequote_workers_alive"] == 1
    assert found["freequote_promises_waiting"] == 1
    assert found['freequote_destinations{state="active"}'] == 1
    assert found["process_resident_memory_bytes"] > 0


async def test_an_attempt_under_way_is_in_flight_and_a_promise_grows_old(
    up: Up, clock: FakeClock, http_sink: HttpSink
) -> None:
    http_sink.otherwise = Answer(200, delay=1)
    await up.webhook(clock, http_sink.url())
    await up.client.post(DOOR, json=WISH)
    await http_sink.received()
    clock.move(timedelta(seconds=90))
    found = await up.figures()
    assert found["freequote_attempts_in_flight"] == 1
    assert found["freequote_oldest_due_promise_age_seconds"] == 90
    await up.settled("delivered")


async def test_a_held_lead_waits_to_be_judged(up: Up, clock: FakeClock) -> None:
    for _ in range(2):
        assert (await up.client.post(DOOR, json=WISH | {HONEYPOT: "x"})).status_code == 201
    clock.move(timedelta(hours=1))
    found = await up.figures()
    assert found["freequote_leads_accepted_total"] == 2
    assert found["freequote_leads_held_total"] == found["freequote_held_leads_waiting"] == 2
    assert found["freequote_oldest_held_lead_age_seconds"] == 3600


async def test_an_answer_given_again_is_no_other_lead(up: Up) -> None:
    for _ in range(2):
        assert (await up.client.post(DOOR, json=WISH, headers={"Idempotency-Key": "k"})).status_code == 201
    assert (await up.figures())["freequote_leads_accepted_total"] == 1


async def test_labels_are_our_own_words_and_no_persons(up: Up, clock: FakeClock, http_sink: HttpSink) -> None:
    await up.webhook(clock, http_sink.url("/canary"))
    await up.client.post(DOOR, json=WISH)
    await http_sink.received()
    for path in ("/canary", "/v1/leads/canary", f"{DOOR}?form=canary", "/forms/canary"):
        await up.client.request("CANARY", path)
        await up.client.get(path)
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"http://127.0.0.1:{up.port}/metrics")
    assert not [word for word in ("canary", "kwabena", "quinox", "feather", "lupus") if word in answer.text.lower()]
    assert read(answer.text)['freequote_http_requests_total{method="?",route="-",status="404"}'] >= 1


async def test_nothing_else_is_served_there_and_figures_nowhere_else(up: Up) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{up.port}") as client:
        for method, path in (("GET", "/"), ("GET", "/healthz"), ("GET", "/metrics/"), ("POST", "/metrics")):
            assert (await client.request(method, path)).status_code == 404
    assert (await up.client.get("/metrics")).status_code == 404


async def test_a_database_that_says_nothing_is_told_in_time(
    tmp_path: Path, clock: FakeClock, postgresql_url: str
) -> None:
    with proxy_before(postgresql_url) as proxy:
        settings = read_settings({"FREEQUOTE_DATABASE_URL": proxy.url, "FREEQUOTE_DATA_DIR": str(tmp_path)})
        async with running(settings, clock) as up:
            assert (await up.figures())["freequote_database_up"] == 1
            proxy.silent_below = math.inf
            began = perf_counter()
            found = await up.figures()
            assert perf_counter() - began < 2 * scraping._PATIENCE_SECONDS
            proxy.silent_below = 0
            assert found["freequote_database_up"] == 0
            assert "freequote_workers_alive" not in found
            assert "freequote_leads_accepted_total" in found
            assert (await up.figures())["freequote_database_up"] == 1


async def test_whoever_scrapes_does_not_hold_up_whoever_leaves(settings: Settings, clock: FakeClock) -> None:
    async with running(settings, clock) as up:
        # A connection that is kept, as Prometheus does, and one in the middle of its request.
        _, kept = await asyncio.open_connection("127.0.0.1", up.port)
        _, halfway = await asyncio.open_connection("127.0.0.1", up.port)
        halfway.write(b"GET /metrics HT")
        await up.figures()
        began = monotonic()
    assert monotonic() - began < 5
    for hung_up in (kept, halfway):
        hung_up.close()
        with suppress(OSError):
            await hung_up.wait_closed()


QUESTIONS: dict[str, tuple[Select[Any], str]] = {
    "workers": (workers_alive(), "ix_workers_seen_at"),
    "promises": (deliveries.count_open(9), "ix_deliveries_(due|state)"),
    "held": (leads.count_unjudged(9), "ix_leads_(held|unjudged)"),
    "the oldest held": (leads.oldest_unjudged(), "ix_leads_(held|unjudged)"),
}


@pytest.mark.parametrize("name", QUESTIONS)
async def test_what_is_asked_at_each_scrape_is_found_by_an_index(name: str, desk: Desk) -> None:
    question, index = QUESTIONS[name]
    async with desk.house.database.begin() as session:
        plan = await _plan(session, question)
    assert re.search(index, plan)


async def _plan(session: AsyncSession, question: Select[Any]) -> str:
    bind = session.get_bind()
    query = str(question.compile(bind, compile_kwargs={"literal_binds": True})).replace(":", r"\:")
    if bind.dialect.name == "sqlite":
        return str((await session.execute(text(f"EXPLAIN QUERY PLAN {query}"))).all())
    # With no rows to speak of, reading them all is always cheapest.
    await session.execute(text("SET LOCAL enable_seqscan = off"))
    return str((await session.execute(text(f"EXPLAIN {query}"))).all())


async def test_each_process_has_figures_on_a_port_of_its_own_and_keeps_it(
    tmp_path: Path, free_port: int, postgresql_url: str
) -> None:
    first, at_database = ports_in_a_row(), {"FREEQUOTE_DATABASE_URL": postgresql_url}
    service = Service(tmp_path, {**at_database, "FREEQUOTE_METRICS": f"127.0.0.1:{first}"}, free_port)
    parent = await service.serve("--no-worker", "--processes", "2")
    workers = unused_port()
    service.environ = {**at_database, "FREEQUOTE_METRICS": f"127.0.0.1:{workers}"}
    service.start("worker")
    try:
        for port, has_door in ((first, True), (first + 1, True), (workers, False)):
            assert ("freequote_leads_accepted_total" in await _scrape_once_up(port)) is has_door
        started = [(await scrape(port))[_STARTED] for port in (first, first + 1)]
        await asyncio.to_thread(_kill_second_child, parent.pid)
        assert (await _scrape_once_up(first + 1))[_STARTED] != started[1]
        assert (await _scrape_once_up(first))[_STARTED] == started[0]
    finally:
        service.stop()
    assert [process.returncode for process in service.processes] == [0, 0]


async def _scrape_once_up(port: int) -> Scraped:
    async with asyncio.timeout(60):
        while True:
            with suppress(httpx.TransportError):
                return await scrape(port)
            await asyncio.sleep(0.1)


def _kill_second_child(parent: int) -> None:
    """Kill it, and return when its parent knows."""
    child = int(Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii").split()[1])
    os.kill(child, signal.SIGKILL)
    for _ in range(1200):
        if not Path(f"/proc/{child}").exists():
            return
        sleep(0.05)
    raise AssertionError("nobody took note that it ended")
