"""The routes that a browser opens, on a real database."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from app.clock import SystemClock
from app.database import Database
from app.forms import service as forms
from app.forms.schemas import FormChange, NewForm, NewWording
from app.pages.assets import STYLESHEET_PATH
from app.pages.router import mount_docs_assets, router
from app.parts import Parts
from app.sealing.deployment import load_deployment_keys
from app.sealing.keyring import open_keyring
from app.settings import Settings

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)


@pytest.fixture
async def house(database: Database, tmp_path: Path) -> Parts:
    settings = Settings(data_dir=tmp_path, public_url="https://quotes.example")
    keyring = await open_keyring(database, load_deployment_keys(settings), NOW)
    new = NewForm(key="clinic-es", name="Clínica", redirects=["https://clinic.example/ok"])
    async with database.begin() as session:
        await forms.add(session, new, NOW)
    return Parts(settings, database, keyring, SystemClock())


@pytest.fixture
async def client(house: Parts) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI(docs_url=None, redoc_url=None)
    app.state.parts = house
    app.include_router(router)
    mount_docs_assets(app)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as opened:
        yield opened


async def test_the_hosted_form_carries_its_action_its_wording_and_where_the_visitor_came_from(
    client: httpx.AsyncClient, house: Parts
) -> None:
    page = await client.get("/forms/clinic-es?utm_source=ads&name=Ilse", headers={"Referer": "https://clinic.example/"})
    wording = (await forms.public(house.database, house.settings, "clinic-es")).wordings["en"]
    assert page.status_code == 200
    assert 'action="/v1/quote-requests?form=clinic-es"' in page.text
    assert f'name="consent.wording" value="{wording.id}"' in page.text
    assert 'name="attribution.utm_source" value="ads"' in page.text
    assert 'name="attribution.referrer" value="https://clinic.example/"' in page.text
    assert "Ilse" not in page.text
    policy = page.headers["content-security-policy"]
    assert "form-action 'self' https://quotes.example https://clinic.example;" in policy


async def test_texts_come_in_the_language_of_the_address(client: httpx.AsyncClient, house: Parts) -> None:
    texts = {"privacy": "Acepto.", "health_data": "También.", "notice": "No es consejo médico."}
    await forms.add_wording(house.database, "clinic-es", NewWording(language="es", **texts), NOW)
    spanish, english = await client.get("/forms/clinic-es?lang=es"), await client.get("/forms/clinic-es?lang=xx")
    assert '<div lang="es">\n<p class="notice" dir="auto">No es consejo médico.' in spanish.text
    assert '<html lang="es" dir="ltr">' in spanish.text
    assert "consent.marketing" not in spanish.text
    assert '<div lang="en">\n<p class="notice"' in english.text


async def test_a_form_that_is_not_there_is_a_page_that_says_so(client: httpx.AsyncClient, house: Parts) -> None:
    async with house.database.begin() as session:
        await forms.update(session, "clinic-es", FormChange(is_open=False))
    absent, closed = await client.get("/forms/nowhere"), await client.get("/forms/clinic-es")
    assert (absent.status_code, closed.status_code) == (404, 410)
    assert "There is no form here" in absent.text
    assert "This form is closed" in closed.text
    assert (await client.get("/forms/nowhere/thanks")).status_code == 404


async def test_thanks_are_said_even_if_the_form_was_closed_meanwhile(client: httpx.AsyncClient, house: Parts) -> None:
    async with house.database.begin() as session:
        await forms.update(session, "clinic-es", FormChange(is_open=False))
    page = await client.get("/forms/clinic-es/thanks?reference=FQ-7K3M9-QXD4H")
    assert page.status_code == 200
    assert "FQ-7K3M9-QXD4H" in page.text


async def test_the_other_pages_are_where_they_are_said_to_be(client: httpx.AsyncClient) -> None:
    for address in ("/problems", "/problems/invalid-request", "/docs", "/docs/assets/swagger-ui.css", STYLESHEET_PATH):
        assert (await client.get(address)).status_code == 200, address
