"""People with a browser: on a clinic's own page, and on the hosted form."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, Page, async_playwright

from tests.support.process import Service
from tests.support.sink import Answer, HttpSink
from tests.support.smtp import SmtpServer

pytestmark = pytest.mark.browser

# As a page builder makes them: no script, its own field names beside ours, the thank-you address in the form.
CLINIC_PAGE = """<!doctype html><html lang="es"><title>Clínica Aurora</title><h1>Pida su presupuesto</h1>
<form method="post" action="{door}">
<input type="hidden" name="form" value="clinic-es"><input type="hidden" name="redirect" value="{thanks}">
<input name="name" required><input name="email" type="email"><input name="phone" type="tel">
<input name="country" value="ES"><textarea name="condition"></textarea><input name="how_did_you_hear">
<input name="consent.privacy" type="checkbox"><input name="consent.health_data" type="checkbox">
<button>Enviar</button></form>"""


@pytest.fixture
def empty_database_url(tmp_path: Path) -> str:
    """Give SQLite only: a browser does not see what is behind the door."""
    return f"sqlite:///{tmp_path / 'empty.db'}"


@pytest.fixture
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """Give a browser."""
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--headless"])
        yield opened
        await opened.close()


async def test_a_clinics_own_form_and_the_hosted_one_bring_leads(
    browser: Browser, service: Service, http_sink: HttpSink, smtp_server: SmtpServer
) -> None:
    await service.serve()
    await _set_up(service, http_sink)
    await _ask_on_the_clinics_page(await browser.new_page(), http_sink)
    reference = await _ask_on_the_hosted_form(await browser.new_page(), service)

    listed = (await asyncio.to_thread(service.run, "lead", "list"))["items"]
    assert [(lead["form"], lead["name"]) for lead in listed] == [
        ("default", "Ilse Marwitz"),
        ("clinic-es", "Inés Ortega Vidal"),
    ]
    assert listed[0]["reference"] == reference
    mails = await smtp_server.received(2)
    assert {mail.message["Reply-To"] for mail in mails} == {"ilse@mail.example", "ines.ortega@mail.example"}


async def _set_up(service: Service, site: HttpSink) -> None:
    """Make a form for the clinic's site, the site itself, and a mailbox for the staff."""
    site.host = "localhost"
    thanks = site.url("/gracias")
    page = CLINIC_PAGE.format(door=f"{service.url}/v1/quote-requests", thanks=thanks)
    site.otherwise = Answer(200, page.encode(), {"Content-Type": "text/html; charset=utf-8"})
    form = {"key": "clinic-es", "name": "Clínica Aurora", "origins": [site.url("")], "redirects": [thanks]}
    mailbox = {"kind": "email", "address": "desk@clinic.example", "include": "contact"}
    headers = {"Authorization": f"Bearer {service.first_key()}"}
    async with httpx.AsyncClient(base_url=service.url, headers=headers) as client:
        assert (await client.post("/v1/forms", json=form)).status_code == httpx.codes.CREATED
        assert (await client.post("/v1/destinations", json=mailbox)).status_code == httpx.codes.CREATED


async def _ask_on_the_clinics_page(page: Page, site: HttpSink) -> None:
    await page.goto(site.url("/presupuesto"))
    for name, value in {
        "name": "Inés Ortega Vidal",
        "email": "ines.ortega@mail.example",
        "phone": "612 34 56 78",
        "condition": "esclerosis múltiple",
        "how_did_you_hear": "una amiga",
    }.items():
        await page.fill(f"[name={name}]", value)
    await page.check("[name='consent.privacy']")
    await page.check("[name='consent.health_data']")
    await page.click("button")
    await page.wait_for_url(site.url("/gracias"))


async def _ask_on_the_hosted_form(page: Page, service: Service) -> str:
    """Send it with a mistake, mend that, send it again; return the reference that the page shows."""
    await page.goto(f"{service.url}/forms/default")
    await page.fill("[name=name]", "Ilse Marwitz")
    await page.select_option("[name=country]", "DE")
    await page.fill("[name=condition]", "Multiple sclerosis")
    await page.fill("[name=email]", "ilse@")
    await page.check("[name='consent.privacy']")
    await page.check("[name='consent.health_data']")
    await page.click(".send")
    await page.wait_for_selector("[role=alert]")
    assert await page.input_value("[name=name]") == "Ilse Marwitz", "what was typed came back"
    assert await page.get_attribute("[name=email]", "aria-invalid") == "true"
    await page.fill("[name=email]", "ilse@mail.example")
    await page.click(".send")
    await page.wait_for_url("**/forms/default/thanks?**")
    found = re.search(r"FQ-[0-9A-Z]{5}-[0-9A-Z]{5}", await page.inner_text("main"))
    assert found, "no reference is shown"
    return found[0]
