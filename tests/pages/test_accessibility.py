"""Axe finds nothing (WCAG 2.2, A and AA): every state in English and Arabic, every other language once."""

from importlib.resources import files

import pytest
from playwright.async_api import Browser, BrowserContext, Page

from app.languages.countries import SPOKEN
from tests.pages.conftest import Served
from tests.pages.filling import fill, reference_on

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
_AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
_ALL = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_FINDINGS = """async (runOnly) => (await axe.run(document, { runOnly, resultTypes: ["violations"] })).violations
  .map((found) => found.id + ": " + found.nodes.map((node) => node.html).join(" | ").slice(0, 300))"""


async def findings(page: Page, *rules: str) -> list[str]:
    """Return what axe finds, by all its rules or by those that are named."""
    if not await page.evaluate("typeof axe === 'object'"):
        await page.evaluate(_AXE)
    found: list[str] = await page.evaluate(_FINDINGS, list(rules) or _ALL)
    return found


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("ar", "dark")])
async def test_every_state_of_the_hosted_form(
    shared_browser: Browser, served: Served, language: str, scheme: str
) -> None:
    context = await shared_browser.new_context(color_scheme="dark" if scheme == "dark" else "light")
    context.set_default_timeout(10_000)
    page = await context.new_page()
    await page.goto(f"{served.url}/forms/default?lang={language}")
    assert await findings(page) == []
    for fold in (".languages", ".more", ".guardian"):
        await page.click(f"{fold} summary")
    await page.check("[name=relationship][value=carer]")
    assert await findings(page) == [], "with all unfolded"
    await page.fill("[name=email]", "ilse@")
    await page.click(".send")
    await page.wait_for_selector("[role=alert]")
    assert await findings(page) == [], "with mistakes"
    await fill(page, "Axe")
    await page.click(".send")
    await reference_on(page)
    assert await findings(page) == [], "with thanks"
    await page.goto(f"{served.url}/forms/nowhere?lang={language}")
    assert await findings(page) == [], "without a form"
    await page.goto(f"{served.url}/withdraw/broken?lang={language}")
    assert await findings(page) == [], "behind a broken link"
    await context.close()


@pytest.mark.parametrize("language", [language for language in SPOKEN if language not in {"en", "ar"}])
async def test_the_form_in_every_other_language(context: BrowserContext, served: Served, language: str) -> None:
    page = await context.new_page()
    await page.goto(f"{served.url}/forms/default?lang={language}")
    assert await findings(page) == []
    await page.set_viewport_size({"width": 320, "height": 640})
    assert await page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_every_state_of_the_widget(context: BrowserContext, served: Served, language: str) -> None:
    page = await context.new_page()
    await page.goto(f"{served.clinic}/?lang={language}")
    await page.wait_for_selector("[name=condition]")
    assert await findings(page) == []
    await page.click(".send")
    await page.wait_for_selector("[role=alert]")
    assert await findings(page) == [], "with mistakes"
    await fill(page, "Axe Widget")
    await page.click(".send")
    await reference_on(page)
    assert await findings(page) == [], "with thanks"


async def test_nothing_moves_for_whoever_wants_no_motion(context: BrowserContext, served: Served) -> None:
    page = await context.new_page()
    await page.emulate_media(reduced_motion="reduce")
    await page.goto(f"{served.url}/forms/default")
    moving = """[...document.querySelectorAll("*")]
      .filter((e) => parseFloat(getComputedStyle(e).transitionDuration) || getComputedStyle(e).animationName !== "none")
      .length"""
    assert await page.evaluate(moving) == 0


async def test_forced_colours_keep_every_frame(context: BrowserContext, served: Served) -> None:
    page = await context.new_page()
    await page.emulate_media(forced_colors="active")
    await page.goto(f"{served.url}/forms/default")
    assert await page.locator(".send").evaluate("(e) => getComputedStyle(e).borderTopWidth") == "2px"
    assert await findings(page) == []
