"""The hosted form from the first look to the reference, with scripts and without."""

import pytest
from playwright.async_api import Browser, BrowserContext

from tests.pages.conftest import Served
from tests.pages.filling import fill, reference_on

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest.mark.parametrize("scripts", [True, False])
async def test_it_is_sent_with_scripts_and_without(shared_browser: Browser, served: Served, *, scripts: bool) -> None:
    context = await shared_browser.new_context(java_script_enabled=scripts)
    page = await context.new_page()
    await page.goto(f"{served.url}/forms/default?lang=de")
    name = f"Ilse Scripts {scripts}"
    await fill(page, name, email="ilse@")
    await page.click(".send")
    assert "Noch nicht gesendet" in await page.inner_text("[role=alert]")
    assert await page.input_value("[name=name]") == name
    await page.fill("[name=email]", "ilse@mail.example")
    await page.press("[name=email]", "Enter")
    reference = await reference_on(page)
    assert "Wir haben Ihre Anfrage erhalten" in await page.inner_text("main")
    (lead,) = await served.leads(name)
    assert (lead["reference"], lead["person"]["language"]) == (reference, "de")
    await context.close()


async def test_the_language_changes_without_scripts_and_nothing_is_lost(
    shared_browser: Browser, served: Served
) -> None:
    context = await shared_browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"{served.url}/forms/default")
    await fill(page, "Polyglot")
    await page.click(".languages summary")
    await page.click("button[lang=he]")
    await page.wait_for_selector("html[dir=rtl]")
    assert await page.input_value("[name=name]") == "Polyglot"
    assert await page.input_value("[name=country]") == "DE"
    await context.close()


async def test_sent_again_after_going_back_it_counts_once(context: BrowserContext, served: Served) -> None:
    page = await context.new_page()
    await page.goto(f"{served.url}/forms/default")
    await fill(page, "Back Button")
    await page.click(".send")
    first = await reference_on(page)
    await page.go_back()
    assert await page.input_value("[name=name]") == "Back Button"
    await page.click(".send")
    assert await reference_on(page) == first
    assert len(await served.leads("Back Button")) == 1


async def test_two_tabs_are_two_requests(context: BrowserContext, served: Served) -> None:
    for _ in range(2):
        page = await context.new_page()
        await page.goto(f"{served.url}/forms/default")
        await fill(page, "Two Tabs")
        await page.click(".send")
        await reference_on(page)
    assert len(await served.leads("Two Tabs")) == 2


async def test_an_arabic_visitor_on_a_small_phone(shared_browser: Browser, served: Served) -> None:
    context = await shared_browser.new_context(
        viewport={"width": 320, "height": 568}, locale="ar-EG", has_touch=True, is_mobile=True
    )
    page = await context.new_page()
    await page.goto(f"{served.url}/forms/default")
    assert await page.get_attribute("html", "dir") == "rtl"
    await fill(page, "أمل حسن")
    await page.fill("[name=patient_age]", "١٢")
    await page.fill("[name=guardian_name]", "سعاد حسن")
    await page.tap(".send")
    reference = await reference_on(page)
    assert await page.evaluate("document.documentElement.scrollWidth") <= 320
    (lead,) = await served.leads("أمل حسن")
    assert lead["reference"] == reference
    assert lead["inquiry"]["patient"]["age"] == 12


async def test_scripts_suggest_a_prefix_and_ask_for_a_guardian(context: BrowserContext, served: Served) -> None:
    page = await context.new_page()
    await page.goto(f"{served.url}/forms/default")
    await page.select_option("[name=country]", "ES")
    assert await page.get_attribute("[name=phone]", "placeholder") == "+34"
    assert await page.input_value("[name=phone]") == ""
    assert not await page.is_visible("[name=guardian_name]")
    await page.fill("[name=patient_age]", "١٧")
    assert await page.is_visible("[name=guardian_name]")
    await page.fill("[name=patient_age]", "18")
    assert not await page.is_visible("[name=guardian_name]")


async def test_what_was_shown_is_recorded_even_if_the_words_have_changed_since(
    context: BrowserContext, served: Served
) -> None:
    page = await context.new_page()
    old = {"language": "en", "privacy": "Old words.", "health_data": "Old.", "notice": "Careful.", "recipients": []}
    shown = await served.reword("clinic-es", **old)
    await page.goto(f"{served.url}/forms/clinic-es")
    await served.reword("clinic-es", **{**old, "privacy": "New words."})
    await fill(page, "Old Words")
    await page.click(".send")
    await reference_on(page)
    (lead,) = await served.leads("Old Words")
    assert {(one["wording"], one["wording_hash"], one["shown"]) for one in lead["consents"]} == {
        (shown["id"], shown["hash"], "shown")
    }


async def test_a_page_is_light_waits_for_nothing_and_asks_nobody_else(context: BrowserContext, served: Served) -> None:
    page = await context.new_page()
    weights: dict[str, int] = {}
    session = await context.new_cdp_session(page)
    await session.send("Network.enable")
    session.on("Network.loadingFinished", lambda told: weights.update({told["requestId"]: told["encodedDataLength"]}))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(f"{served.url}/forms/default?lang=ar", wait_until="networkidle")
    assert [url for url in asked if not url.startswith((served.url, "data:"))] == []
    assert 5_000 < sum(weights.values()) < 20_000
    held_up = """performance.getEntriesByType("resource")
      .filter((one) => one.renderBlockingStatus === "blocking").map((one) => one.name)"""
    assert await page.evaluate(held_up) == []
    assert await page.evaluate("document.styleSheets.length") == 1, "the policy lets the page's own styles in"
