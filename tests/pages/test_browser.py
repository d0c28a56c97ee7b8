"""The pages in a real browser."""

import socket
from collections.abc import Iterator
from threading import Thread

import pytest
import uvicorn
from playwright.async_api import Browser, BrowserContext, Page

from tests.pages.site import EVERY_FIELD, make_site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

# Texts whose colour differs too little from what is behind them (WCAG 2.2, 1.4.3: 4.5 to 1).
_PALE_TEXTS = """() => {
  const numbers = (c) => c.match(/[\\d.]+/g).map(Number);
  const light = (c) => { const [r, g, b] = numbers(c).slice(0, 3).map((v) => v / 255)
    .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = (e) => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
    if ((numbers(c)[3] ?? 1) > 0) return c; } return "rgb(255, 255, 255)"; };
  return [...document.querySelectorAll("body *")]
    .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) && e.checkVisibility())
    .filter((e) => { const [a, b] = [light(getComputedStyle(e).color), light(behind(e))];
      return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5; })
    .map((e) => e.outerHTML.slice(0, 120));
}"""
_SMALL_TARGETS = """() => [...document.querySelectorAll("button, select, textarea, summary, .choice, .control > input")]
  .filter((e) => e.checkVisibility() && !e.closest("[aria-hidden]"))
  .filter((e) => e.getBoundingClientRect().height < 44 || e.getBoundingClientRect().width < 44)
  .map((e) => e.outerHTML.slice(0, 120))"""
PAGES = ("/form", "/tricks", "/thanks?reference=FQ-7K3M9-QXD4H", "/refusal", "/refused-tricks")


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(make_site(), log_level="warning", ws="none"))
    thread = Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listener.close()


async def test_every_page_fits_a_narrow_screen_with_strong_contrast_and_room_for_a_thumb(
    shared_browser: Browser, site: str
) -> None:
    for scheme in ("light", "dark"):
        page = await shared_browser.new_page(viewport={"width": 320, "height": 640}, color_scheme=scheme)
        backgrounds = set()
        for path in PAGES:
            await page.goto(site + path)
            assert await page.evaluate("document.documentElement.scrollWidth") <= 320, path
            assert await page.evaluate(_PALE_TEXTS) == [], (path, scheme)
            assert await page.evaluate(_SMALL_TARGETS) == [], path
            backgrounds.add(await page.evaluate("getComputedStyle(document.body).backgroundColor"))
        assert backgrounds == {"rgb(243, 246, 245)" if scheme == "light" else "rgb(13, 23, 25)"}
        await page.close()


async def test_the_keyboard_reaches_every_field_and_never_the_trap(context: BrowserContext, site: str) -> None:
    page = await context.new_page()
    await page.goto(f"{site}/form")
    await page.check("[name=relationship][value=carer]")
    await page.click(".more summary")
    await page.click(".guardian summary")
    await page.evaluate("document.body.tabIndex = -1; document.body.focus()")
    reached: list[str] = []
    for _ in range(60):
        await page.keyboard.press("Tab")
        reached.append(
            await page.evaluate(
                "document.activeElement.name || document.activeElement.className || document.activeElement.localName"
            )
        )
        if reached[-1] == "send":
            break
    fields = [*EVERY_FIELD, "consent.privacy", "consent.health_data", "consent.sharing", "consent.marketing"]
    assert [name for name in dict.fromkeys(reached) if name != "summary"] == [*fields, "send"]


async def test_questions_about_somebody_else_wait_until_they_are_needed(context: BrowserContext, site: str) -> None:
    page = await context.new_page()
    await page.goto(f"{site}/form")
    assert not await page.is_visible("[name=patient_name]")
    await page.check("[name=relationship][value=carer]")
    assert await page.is_visible("[name=patient_name]")


async def test_what_was_typed_comes_back_and_the_summary_leads_to_the_field(context: BrowserContext, site: str) -> None:
    page = await context.new_page()
    await page.goto(f"{site}/form")
    await page.click(".more summary")
    await page.click(".guardian summary")
    for name, value in EVERY_FIELD.items():
        await _fill(page, name, value)
    await page.check("[name='consent.privacy']")
    await page.check("[name='consent.sharing'] >> nth=1")
    await page.click(".send")
    await page.wait_for_selector("[role=alert]")
    assert {name: await _value(page, name) for name in EVERY_FIELD} == EVERY_FIELD
    ticked = await page.evaluate("[...document.querySelectorAll('[type=checkbox]:checked')].map((e) => e.name)")
    assert ticked == ["consent.privacy", "consent.sharing"]
    assert await page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.name") == "patient_age"


async def test_tricks_in_every_field_are_inert(context: BrowserContext, site: str) -> None:
    page = await context.new_page()
    seen: list[str] = []
    page.on("dialog", lambda dialog: seen.append(dialog.message))
    page.on("console", lambda message: seen.append(message.text))
    page.on("pageerror", lambda error: seen.append(str(error)))
    for path, places in (("/tricks", 50), ("/refused-tricks", 2)):
        answer = await page.goto(site + path)
        assert answer is not None
        assert (await answer.text()).count("&lt;script&gt;alert(1)&lt;/script&gt;") > places
        assert await page.locator("script:not([src]), img, iframe").count() == 0
        assert "49" not in await page.inner_text("body")
    assert [text for text in seen if "429" not in text] == []


async def test_the_documentation_is_drawn_under_its_policy(context: BrowserContext, site: str) -> None:
    page = await context.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    await page.goto(f"{site}/docs")
    await page.wait_for_selector("#operations-default-listKeys")
    assert [url for url in asked if not url.startswith((site, "data:"))] == []
    assert [text for text in complaints if "Content Security Policy" in text] == []


async def _fill(page: Page, name: str, value: str) -> None:
    field = page.locator(f"[name='{name}']").first
    kind = await field.evaluate("(e) => e.type")
    if kind == "radio":
        await page.check(f"[name='{name}'][value='{value}']")
    elif kind == "select-one":
        await field.select_option(value)
    else:
        await field.fill(value)


async def _value(page: Page, name: str) -> str:
    value: str = await page.evaluate(
        "(name) => new FormData(document.forms[0]).get(name).replaceAll('\\r\\n', '\\n')", name
    )
    return value
