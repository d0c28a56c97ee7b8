"""Fixtures: the whole app, asked over HTTP without a socket."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from app.access import service as access
from app.access.schemas import NewKey
from app.access.scopes import Scope
from app.main import create_app
from app.settings import Settings
from tests.support.clock import FakeClock


@pytest.fixture
async def app(settings: Settings, clock: FakeClock) -> AsyncIterator[FastAPI]:
    """Give the running app, without a worker; the test runs once on each kind of database."""
    built = create_app(settings, clock=clock)
    async with built.router.lifespan_context(built):
        yield built


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client without a key."""
    async with _client(app) as made:
        yield made


@pytest.fixture
async def staff(app: FastAPI, clock: FakeClock) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client whose key may do everything."""
    new = NewKey(name="Everything", scopes=list(Scope))
    key = await access.mint(app.state.parts.database, new, clock.now())
    async with _client(app, authorization=f"Bearer {key.secret}") as made:
        yield made


def _client(app: FastAPI, **headers: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app)
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000", headers=headers)
