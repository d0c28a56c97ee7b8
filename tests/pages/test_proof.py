"""The proof of work in a browser: found while somebody types, on the hosted page and in the widget."""

import base64
import json
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, Request

from app.intake.spam.service import FASTEST
from tests.pages.conftest import Served
from tests.pages.filling import fill, reference_on

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
PITCH = "Link building. Or unsubscribe."
"""Held without a proof, and not with one."""


@pytest_asyncio.fixture(loop_scope="session")
async def guarded(served: Served) -> str:
    """Give the key of a form that asks for a proof."""
    form = {"key": "guarded", "name": "Clínica Aurora", "origins": [served.clinic], "proof_of_work": True}
    async with httpx.AsyncClient(base_url=served.url, headers=served.staff) as client:
        answer = await client.post("/v1/forms", json=form)
        assert answer.status_code in {httpx.codes.CREATED, httpx.codes.CONFLICT}, answer.text
    return "guarded"


def _is_solved(payload: str) -> bool:
    sent: dict[str, Any] = json.loads(base64.b64decode(payload))
    return bool(sha256(f"{sent['salt']}{sent['number']}".encode()).hexdigest() == sent["challenge"])


async def _send(page: Page, name: str) -> Request:
    """Fill the form in, wait for the proof, and send it; return what was sent."""
    await fill(page, name)
    await page.fill("[name=message]", PITCH)
    # A test is quicker than people are, and that speaks against it too.
    await page.locator("[name=fq_token]").evaluate("field => { field.value = '' }")
    field = await page.query_selector("[name=fq_altcha]")
    await page.wait_for_function("field => field.value", arg=field, timeout=60_000)
    async with page.expect_request("**/v1/quote-requests**") as sent:
        await page.click(".send")
    await reference_on(page)
    return await sent.value


async def test_the_hosted_page_finds_it_while_somebody_types(
    context: BrowserContext, served: Served, guarded: str
) -> None:
    page = await context.new_page()
    await page.goto(f"{served.url}/forms/{guarded}")
    assert await page.input_value("[name=fq_altcha]") == ""
    sent = await _send(page, "Proof Hosted")
    (payload,) = parse_qs(sent.post_data or "")["fq_altcha"]
    assert _is_solved(payload)
    (lead,) = await served.leads("Proof Hosted")
    assert not lead["held"]


async def test_the_widget_finds_it_under_a_strict_policy(context: BrowserContext, served: Served, guarded: str) -> None:
    page = await context.new_page()
    await page.goto(f"{served.clinic}/?form={guarded}")
    sent = await _send(page, "Proof Widget")
    assert _is_solved(json.loads(sent.post_data or "{}")["fq_altcha"])
    (lead,) = await served.leads("Proof Widget")
    assert (lead["held"], lead["answers"]) == (False, {})


async def test_without_scripts_it_is_sent_all_the_same(shared_browser: Browser, served: Served, guarded: str) -> None:
    context = await shared_browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    for name, message in (("Proof Less", "How long is the stay?"), ("Proof Pitch", PITCH)):
        await page.goto(f"{served.url}/forms/{guarded}")
        await fill(page, name)
        await page.fill("[name=message]", message)
        await page.wait_for_timeout(FASTEST.total_seconds() * 1000)
        await page.click(".send")
        await reference_on(page)
    await context.close()
    assert [lead["held"] for lead in await served.leads("Proof Less")] == [False]
    async with httpx.AsyncClient(base_url=served.url, headers=served.staff) as client:
        held = (await client.get("/v1/leads?held=true")).json()["items"]
    assert [lead["name"] for lead in held if lead["form"] == guarded] == ["Proof Pitch"]
