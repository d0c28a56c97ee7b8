"""A preview: a form before it is open and with changes that are not made, which never takes a request."""

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from playwright.async_api import BrowserContext, Page

from app.pages.preview import LASTS
from tests.pages.conftest import Served
from tests.pages.filling import fill
from tests.pages.test_accessibility import findings
from tests.support.clock import FakeClock

CHANGE = {
    "name": "Clínica Aurora",
    "languages": ["ar", "en"],
    "fields": ["condition", "name", "country", "email"],
    "theme": {"accent": "#7a1f5c"},
    "answer_within": "48_hours",
}


async def _address(staff: httpx.AsyncClient, **draft: Any) -> str:
    answer = await staff.post("/v1/forms/default/preview", json=draft)
    assert answer.status_code == httpx.codes.OK, answer.text
    address: str = answer.json()["address"]
    return address


async def test_it_shows_what_is_not_saved_of_a_form_that_is_not_open(
    staff: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    await staff.patch("/v1/forms/default", json={"is_open": False})
    before = (await staff.get("/v1/forms/default/settings")).json()
    page = await client.get(await _address(staff, change=CHANGE, language="en"))
    assert page.status_code == httpx.codes.OK
    assert "<strong>Preview.</strong> Nothing that is typed here is sent or kept." in page.text
    assert "Clínica Aurora" in page.text
    assert "answers you within 48 hours" in page.text
    assert "--fill: var(--fq-accent, #7a1f5c)" in page.text
    assert re.findall(r'<(?:input|select|textarea)[^>]* name="(\w+)"', page.text) == CHANGE["fields"]
    assert (await staff.get("/v1/forms/default/settings")).json() == before
    assert (await client.get("/forms/default")).status_code == httpx.codes.GONE


async def test_new_words_are_shown_before_they_count(staff: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    words = {"language": "ca", "privacy": "D’acord.", "health_data": "També.", "notice": "No és un consell mèdic."}
    page = await client.get(await _address(staff, wording=words, language="ca"))
    assert "No és un consell mèdic." in page.text
    assert "ca" not in (await client.get("/v1/forms/default")).json()["wordings"]


async def test_nothing_in_it_could_be_sent(staff: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    page = await client.get(await _address(staff, change=CHANGE))
    assert "form-action 'none'" in page.headers["content-security-policy"]
    assert "frame-ancestors 'self'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"
    for name in ("fq_token", "fq_key", "consent.wording", "formaction", "quote-requests"):
        assert name not in page.text


async def test_its_address_is_ours_for_this_form_and_for_a_day(
    staff: httpx.AsyncClient, client: httpx.AsyncClient, clock: FakeClock
) -> None:
    address = await _address(staff, change={"name": "Aurora"})
    await staff.post("/v1/forms", json={"key": "other", "name": "Other"})
    broken = [address.replace("/default/", "/other/"), address[:-4] + "AAAA", address + "é", f"{address[:-40]}"]
    for wrong in broken:
        assert (await client.get(wrong)).status_code == httpx.codes.NOT_FOUND, wrong
    clock.move(LASTS - timedelta(seconds=1))
    assert (await client.get(address)).status_code == httpx.codes.OK
    clock.move(timedelta(seconds=1))
    assert (await client.get(address)).status_code == httpx.codes.NOT_FOUND


async def test_what_could_not_be_saved_cannot_be_previewed(staff: httpx.AsyncClient) -> None:
    for draft, pointer in (
        ({"change": {"theme": {"accent": "red"}}}, "/change/theme/accent"),
        ({"change": {"fields": ["name"]}}, "/change/fields"),
        ({"colour": "red"}, "/colour"),
    ):
        refused = await staff.post("/v1/forms/default/preview", json=draft)
        assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]
    # Letters that do not repeat, so that they do not get shorter.
    long = "".join(chr(0x4E00 + number) for number in range(4000))
    words = {"language": "zh", "privacy": long, "health_data": long, "notice": "No."}
    refused = await staff.post("/v1/forms/default/preview", json={"wording": words})
    assert [error["code"] for error in refused.json()["errors"]] == ["too-long"]
    assert (await staff.post("/v1/forms/nowhere/preview", json={})).status_code == httpx.codes.NOT_FOUND


async def _send(page: Page) -> list[str]:
    """Try to send what the page holds, in each way there is; return what was asked for by it."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await fill(page, "Never Sent")
    await page.click(".send")
    await page.press("[name=name]", "Enter")
    await page.wait_for_timeout(100)
    return asked


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="session")
async def test_in_a_browser_it_says_so_and_sends_nothing(context: BrowserContext, served: Served) -> None:
    async with httpx.AsyncClient(base_url=served.url, headers=served.staff) as staff:
        address = await _address(staff, change={"theme": {"accent": "#ffd400"}}, language="ar")
    page = await context.new_page()
    await page.goto(address)
    assert "معاينة" in await page.inner_text(".preview")
    assert await findings(page) == []
    assert await _send(page) == []
    assert page.url == address
    assert await page.input_value("[name=name]") == "Never Sent"
    assert await served.leads("Never Sent") == []
