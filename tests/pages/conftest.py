"""Fixtures: the real service, and a clinic's own site beside it, for tests with a browser."""

import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from threading import Thread
from typing import Any

import httpx
import pytest
import pytest_asyncio
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from app.pages.policy import TURNSTILE
from tests.support.cloudflare import Siteverify
from tests.support.process import Service

# As strict as a site can be: nothing but the one script and the one address of the door.
_POLICY = (
    "default-src 'none'; script-src {house}{beside}; frame-src 'self'{beside}; connect-src {house}; base-uri 'none'; "
    "form-action 'none'; style-src 'self'; require-trusted-types-for 'script'; trusted-types freequote"
)
_PAGE = """<!doctype html><html lang="{lang}"><meta charset="utf-8"><title>Clínica Aurora</title>
<link rel="stylesheet" href="/site.css"><main><h1>Clínica Aurora</h1>
<script src="{house}/widget.js" data-form="{form}" async></script></main>"""


@dataclass(frozen=True, slots=True)
class Served:
    """A running service with the forms `default` and `clinic-es`, and a clinic's site on another origin."""

    service: Service
    clinic: str
    staff: dict[str, str]

    @property
    def url(self) -> str:
        """Where the service is."""
        return self.service.url

    async def leads(self, name: str) -> list[dict[str, Any]]:
        """Return the leads of that name, whole."""
        async with httpx.AsyncClient(base_url=self.url, headers=self.staff) as client:
            listed = (await client.get("/v1/leads", params={"limit": 200})).json()["items"]
            found = [lead["id"] for lead in listed if lead["name"] == name]
            return [(await client.get(f"/v1/leads/{lead}")).json() for lead in found]

    async def reword(self, form: str, **texts: Any) -> dict[str, Any]:
        """Give a form a new wording; return it."""
        async with httpx.AsyncClient(base_url=self.url, headers=self.staff) as client:
            answer = await client.post(f"/v1/forms/{form}/wordings", json=texts)
            assert answer.status_code == httpx.codes.CREATED, answer.text
            wording: dict[str, Any] = answer.json()
            return wording


def _site(house: str) -> Starlette:
    async def page(request: Request) -> HTMLResponse:
        asked = request.query_params
        html = _PAGE.format(house=house, lang=asked.get("lang", "en"), form=asked.get("form", "clinic-es"))
        beside = f" {TURNSTILE}" if "with-turnstile" in asked else ""
        return HTMLResponse(html, headers={"Content-Security-Policy": _POLICY.format(house=house, beside=beside)})

    async def styles(_request: Request) -> HTMLResponse:
        return HTMLResponse("body { --fq-accent: rgb(120, 0, 80) }", media_type="text/css")

    return Starlette(routes=[Route("/", page), Route("/site.css", styles)])


@pytest.fixture(scope="session")
def clinic(served_port: int) -> Iterator[str]:
    """Give the origin of a clinic's site, whose pages bear the widget."""
    listener = socket.create_server(("127.0.0.1", 0))
    app = _site(f"http://127.0.0.1:{served_port}")
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="none"))
    thread = Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield f"http://localhost:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listener.close()


@pytest.fixture(scope="session")
def served_port() -> int:
    """Give a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def served(
    served_port: int, clinic: str, cloudflare: Siteverify, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Served]:
    """Give the running service, one for all tests of a worker; SQLite, since a browser does not see what is behind."""
    folder = tmp_path_factory.mktemp("served")
    environ = {"FREEQUOTE_DATABASE_URL": f"sqlite:///{folder / 'served.db'}", "FREEQUOTE_BURST": "1000/10s"}
    environ |= cloudflare.settings
    service = Service(folder, environ, served_port)
    await service.serve("--no-worker")
    staff = {"Authorization": f"Bearer {service.first_key()}"}
    form = {"key": "clinic-es", "name": "Clínica Aurora", "languages": ["en", "es", "ar"], "origins": [clinic]}
    async with httpx.AsyncClient(base_url=service.url, headers=staff) as client:
        assert (await client.post("/v1/forms", json=form)).status_code == httpx.codes.CREATED
    yield Served(service, clinic, staff)
    service.stop()
