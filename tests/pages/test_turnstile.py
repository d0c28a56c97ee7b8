"""Turnstile on pages: only where a form has it, only once somebody writes; and nothing of it anywhere else."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from playwright.async_api import Browser, BrowserContext, Page, Request, Route

from app.languages.countries import SPOKEN
from app.languages.translations import translation
from app.pages.policy import TURNSTILE
from app.settings import Settings, read_settings
from tests.pages.conftest import Served
from tests.pages.filling import fill, reference_on
from tests.pages.test_accessibility import findings
from tests.support.cloudflare import SITE_KEY, Siteverify

in_browser = pytest.mark.asyncio(loop_scope="session")
PITCH = "Link building. Or unsubscribe."
"""Held without a token, and not with one."""
NOTICE = (
    "As soon as you begin to fill in this form, a check by Cloudflare runs on this page, against automated messages. "
    "Cloudflare then learns your internet address and which page this is."
)
# What stands for Cloudflare's script: like it, it looks for its element in the page, and answers a little later.
SCRIPT = """
window.turnstile = { render(place, given) {
  if (!document.contains(place)) throw new Error("not in the page");
  window.rendered = { place, ...given };
  const box = document.createElement("p");
  box.textContent = "Checked";
  place.append(box);
  setTimeout(() => given.callback("good-" + Math.random()), 50);
} };
"""


@pytest.fixture
def settings(sqlite_url: str, tmp_path: Path, siteverify: Siteverify) -> Settings:
    """Give an installation that has Turnstile's keys."""
    environ = {"FREEQUOTE_DATABASE_URL": sqlite_url, "FREEQUOTE_DATA_DIR": str(tmp_path / "data")}
    return read_settings({**environ, **siteverify.settings})


async def test_only_the_page_of_a_form_that_has_it_may_load_anything_from_cloudflare(
    client: httpx.AsyncClient, staff: httpx.AsyncClient
) -> None:
    made = await staff.post("/v1/forms", json={"key": "fenced", "name": "Clínica Aurora", "turnstile": True})
    assert made.status_code == 201
    preview = (await staff.post("/v1/forms/fenced/preview", json={})).json()["address"]
    page = await client.get("/forms/fenced")
    policy = page.headers["content-security-policy"]
    allowed = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
    assert [name for name, sources in allowed.items() if TURNSTILE in sources] == ["script-src", "frame-src"]
    assert (allowed["script-src"], allowed["frame-src"]) == (f"'self' {TURNSTILE}", TURNSTILE)
    # The page itself names nobody's script: a browser that only looks loads nothing.
    assert TURNSTILE not in page.text
    assert f'data-site-key="{SITE_KEY}"' in page.text
    assert "data-begun" not in page.text
    others = ["/forms/default", "/forms/default/widget", "/forms/fenced/thanks", "/forms/nowhere", preview]
    for address in [*others, "/problems", "/docs", "/console/join"]:
        other = await client.get(address)
        policy = other.headers.get("content-security-policy", "")
        assert "cloudflare" not in f"{policy} {other.text}".lower(), address
        assert re.findall(r"(?:script|frame|connect|default)-src[^;]*https?:", policy) == [], address


async def test_the_visitor_is_told_in_every_language_before_the_first_field(
    client: httpx.AsyncClient, staff: httpx.AsyncClient
) -> None:
    form = {"key": "fenced", "name": "Clínica Aurora", "languages": list(SPOKEN), "turnstile": True}
    assert (await staff.post("/v1/forms", json=form)).status_code == 201
    for language in SPOKEN:
        told = translation(language).gettext(NOTICE)
        assert (told == NOTICE) == (language == "en")
        for address in ("/forms/fenced", "/forms/fenced/widget"):
            page = (await client.get(address, params={"lang": language})).text
            assert 0 < page.index(told) < page.index("<fieldset"), (address, language)


async def test_it_cannot_be_switched_on_where_it_would_do_nothing(app: FastAPI, staff: httpx.AsyncClient) -> None:
    house = app.state.parts
    await staff.patch("/v1/forms/default", json={"turnstile": True})
    unset = {"turnstile_site_key": "", "turnstile_secret": read_settings({}).turnstile_secret}
    bare = house.settings.model_copy(update=unset)
    app.state.parts = type(house)(bare, house.database, house.keyring, house.clock)
    for answer in (
        await staff.post("/v1/forms", json={"key": "fenced", "name": "Clínica Aurora", "turnstile": True}),
        await staff.patch("/v1/forms/default", json={"turnstile": True}),
    ):
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/turnstile"
        assert "FREEQUOTE_TURNSTILE_SECRET" in answer.text
    # One that has it from before goes on without.
    page = await staff.get("/forms/default")
    assert "cloudflare" not in f"{page.headers} {page.text}".lower()
    assert (await staff.get("/v1/forms/default")).json()["turnstile_site_key"] is None
    assert (await staff.patch("/v1/forms/default", json={"turnstile": False})).status_code == 200


@pytest_asyncio.fixture(loop_scope="session")
async def fenced(served: Served, siteverify: Siteverify) -> str:
    """Give the key of a form that has Turnstile."""
    assert siteverify.asked == []
    form = {"key": "fenced", "name": "Clínica Aurora", "origins": [served.clinic], "turnstile": True}
    async with httpx.AsyncClient(base_url=served.url, headers=served.staff) as client:
        answer = await client.post("/v1/forms", json=form)
        assert answer.status_code in {httpx.codes.CREATED, httpx.codes.CONFLICT}, answer.text
    return "fenced"


class Stand:
    """Stands where Cloudflare's script is loaded from."""

    def __init__(self, *, is_down: bool = False) -> None:
        self.asked: list[Request] = []
        self.complaints: list[str] = []
        self._is_down = is_down

    async def open(self, context: BrowserContext, address: str) -> Page:
        """Open a page in a browser that finds this in Cloudflare's place."""
        page = await context.new_page()
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        await page.route(f"{TURNSTILE}/**", self._answer)
        await page.goto(address)
        await page.wait_for_selector("[name=condition]")
        return page

    async def _answer(self, route: Route) -> None:
        self.asked.append(route.request)
        if self._is_down:
            await route.abort("connectionrefused")
        else:
            await route.fulfill(body=SCRIPT, content_type="text/javascript")


async def _send(page: Page, name: str, message: str = PITCH) -> Request:
    await fill(page, name)
    await page.fill("[name=message]", message)
    # A test is quicker than people are, and that speaks against it too.
    await page.locator("[name=fq_token]").evaluate("field => { field.value = '' }")
    async with page.expect_request("**/v1/quote-requests**") as sent:
        await page.click(".send")
    await reference_on(page)
    return await sent.value


async def _token_in(page: Page) -> None:
    field = await page.query_selector("[name=cf-turnstile-response]")
    await page.wait_for_function("field => field.value", arg=field)


@pytest.mark.browser
@in_browser
async def test_a_look_at_the_page_tells_nobody_anything_and_the_first_field_begins_it(
    context: BrowserContext, served: Served, fenced: str, siteverify: Siteverify
) -> None:
    stand = Stand()
    page = await stand.open(context, f"{served.url}/forms/{fenced}")
    assert await page.locator("#f-turnstile").is_visible()
    assert await findings(page) == []
    await page.mouse.wheel(0, 2000)
    await page.wait_for_timeout(200)
    assert stand.asked == []
    await page.focus("[name=condition]")
    await _token_in(page)
    assert [request.headers.get("referer") for request in stand.asked] == [None]
    rendered: dict[str, Any] = await page.evaluate("({ ...window.rendered, place: undefined })")
    assert (rendered["sitekey"], rendered["language"], rendered["response-field"]) == (SITE_KEY, "en", False)
    sent = await _send(page, "Turnstile Hosted")
    assert parse_qs(sent.post_data or "")["cf-turnstile-response"][0].startswith("good-")
    (lead,) = await served.leads("Turnstile Hosted")
    assert (lead["held"], lead["answers"], len(siteverify.asked)) == (False, {}, 1)
    assert stand.complaints == []


@pytest.mark.browser
@in_browser
async def test_the_widget_shows_it_through_its_shadow_where_the_site_s_policy_allows_it(
    context: BrowserContext, served: Served, fenced: str
) -> None:
    stand = Stand()
    page = await stand.open(context, f"{served.clinic}/?form={fenced}&with-turnstile")
    assert stand.asked == []
    await page.focus("[name=condition]")
    await _token_in(page)
    assert await page.locator("text=Checked").is_visible()
    sent = await _send(page, "Turnstile Widget")
    assert json.loads(sent.post_data or "{}")["cf-turnstile-response"].startswith("good-")
    (lead,) = await served.leads("Turnstile Widget")
    assert (lead["held"], lead["answers"]) == (False, {})
    assert stand.complaints == []


@pytest.mark.browser
@in_browser
async def test_in_another_language_the_widget_begins_anew_and_shows_one(
    context: BrowserContext, served: Served, fenced: str
) -> None:
    async with httpx.AsyncClient(base_url=served.url, headers=served.staff) as client:
        await client.patch(f"/v1/forms/{fenced}", json={"languages": ["en", "ar"]})
    page = await Stand().open(context, f"{served.clinic}/?form={fenced}&with-turnstile")
    await page.focus("[name=condition]")
    await _token_in(page)
    await page.click(".languages summary")
    await page.click("button[lang=ar]")
    await page.wait_for_selector("[dir=rtl] [name=name]")
    await page.focus("[name=condition]")
    await page.wait_for_function("window.rendered.language === 'ar'")
    assert await page.locator("text=Checked").count() == 1


@pytest.mark.browser
@in_browser
@pytest.mark.parametrize("way", ["hosted, script away", "widget, script away", "widget, site forbids it"])
async def test_where_it_cannot_run_the_form_works_as_before(
    way: str, context: BrowserContext, served: Served, fenced: str, siteverify: Siteverify
) -> None:
    stand = Stand(is_down=True)
    allowed = "&with-turnstile" if way == "widget, script away" else ""
    address = f"/forms/{fenced}" if way.startswith("hosted") else f"/?form={fenced}{allowed}"
    page = await stand.open(context, (served.url if way.startswith("hosted") else served.clinic) + address)
    await _send(page, way, "How long is the stay?")
    (lead,) = await served.leads(way)
    assert (lead["held"], len(stand.asked), siteverify.asked) == (False, int(way != "widget, site forbids it"), [])


@pytest.mark.browser
@in_browser
async def test_without_scripts_nothing_runs_and_nothing_says_that_it_does(
    shared_browser: Browser, served: Served, fenced: str
) -> None:
    context = await shared_browser.new_context(java_script_enabled=False)
    stand = Stand()
    page = await stand.open(context, f"{served.url}/forms/{fenced}")
    assert not await page.locator("#f-turnstile").is_visible()
    await fill(page, "Turnstile Scriptless")
    await page.click(".send")
    await reference_on(page)
    (lead,) = await served.leads("Turnstile Scriptless")
    assert (lead["held"], stand.asked) == (False, [])
    await context.close()
