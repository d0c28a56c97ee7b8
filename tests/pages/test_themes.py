"""Whatever colour a form has, what stands on it and beside it can be read."""

import re

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from playwright.async_api import Browser, BrowserContext, expect

from app.forms.themes import Theme
from app.pages.assets import STYLES
from app.pages.colours import contrast
from app.pages.themes import shades, widget_rules, worn
from tests.pages.conftest import Served
from tests.pages.test_accessibility import findings

in_browser = pytest.mark.asyncio(loop_scope="session")
COLOURS = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Give one kind of database: that a theme is kept is proved with the form's other settings."""
    return sqlite_url


def _own(name: str, *, dark: bool) -> str:
    """Return a colour of the style sheet that no theme changes."""
    (pair,) = re.findall(rf"--{name}: (?:var\(--fq-{name}, )?light-dark\((#\w+), (#\w+)\)", STYLES)
    colour: str = pair[dark]
    return colour


@given(COLOURS)
@example("#ffffff")
@example("#000000")
@example("#ffd400")
@example("#777777")
@example("#0000ff")
def test_every_colour_has_shades_that_can_be_read(accent: str) -> None:
    for dark, colours in enumerate(shades(accent)):
        grounds = [_own("surface", dark=bool(dark)), colours["page"], colours["tint"]]
        for ink in (colours["accent"], _own("ink", dark=bool(dark)), _own("soft", dark=bool(dark))):
            assert min(contrast(ink, ground) for ground in grounds) >= 4.5
        assert contrast(colours["on-fill"], colours["fill"]) >= 4.5
        assert contrast(colours["on-fill"], colours["fill-deep"]) >= 4.5
        assert min(contrast(colours["accent-deep"], ground) for ground in grounds) >= 4.5


def test_a_colour_that_can_be_read_is_left_as_it_is() -> None:
    light, _ = shades("#7a1f5c")
    assert light["accent"] == light["fill"] == "#7a1f5c"
    yellow, _ = shades("#ffd400")
    assert (yellow["fill"], yellow["on-fill"]) == ("#ffd400", "#16262b")
    assert yellow["fill-edge"] == yellow["accent"] != "#ffd400"


@pytest.mark.parametrize(("one", "other", "ratio"), [("#000000", "#ffffff", 21), ("#777777", "#ffffff", 4.48)])
def test_contrast_is_what_the_guidelines_say(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == contrast(other, one) == pytest.approx(ratio, abs=0.01)


def test_a_form_without_a_theme_wears_what_all_wear() -> None:
    assert worn(Theme()).text == STYLES
    assert not widget_rules(Theme(scheme="dark", font="serif"))


async def test_a_theme_changes_by_the_piece_and_goes_back(staff: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    async def change(**theme: str | None) -> dict[str, str | None]:
        answer = await staff.patch("/v1/forms/default", json={"theme": theme})
        assert answer.status_code == httpx.codes.OK, answer.text
        told: dict[str, str | None] = answer.json()["theme"]
        return told

    assert (await change(accent="#7A1F5C", font="serif"))["accent"] == "#7a1f5c"
    assert await change(corners="round") == {
        "accent": "#7a1f5c",
        "scheme": "auto",
        "corners": "round",
        "font": "serif",
    }
    page = await client.get("/forms/default")
    assert "--fill: var(--fq-accent, #7a1f5c)" in page.text
    assert (
        worn(Theme(accent="#7a1f5c", corners="round", font="serif")).source in page.headers["content-security-policy"]
    )
    assert '<meta name="theme-color" content="#7a1f5c">' in page.text
    assert "--fill: var(--fq-accent, #7a1f5c)" in (await client.get("/forms/default/thanks")).text
    refused = await client.post(
        "/v1/quote-requests?form=default",
        data={"name": "Ilse"},
        headers={"Accept": "text/html", "Sec-Fetch-Site": "same-origin"},
    )
    assert refused.status_code == 422
    assert "--fill: var(--fq-accent, #7a1f5c)" in refused.text
    await staff.patch("/v1/forms/default", json={"is_open": False})
    closed = await client.get("/forms/default")
    assert (closed.status_code, "--fill: var(--fq-accent, #7a1f5c)" in closed.text) == (410, True)
    assert await change(accent=None, font=None, corners=None) == Theme().model_dump()


THEMES = {
    "plum": {"accent": "#7a1f5c", "corners": "round", "font": "serif"},
    "sun": {"accent": "#ffd400", "corners": "square", "font": "humanist"},
    "night": {"accent": "#101840", "scheme": "dark", "font": "rounded"},
}


@pytest.mark.browser
@in_browser
async def test_axe_finds_nothing_in_three_themes_in_light_and_dark(shared_browser: Browser, served: Served) -> None:
    context = await shared_browser.new_context(reduced_motion="reduce")
    page = await context.new_page()
    async with httpx.AsyncClient(base_url=served.url, headers=served.staff) as client:
        for key, theme in THEMES.items():
            await client.post("/v1/forms", json={"key": key, "name": "Clínica Aurora", "theme": theme})
            await page.goto(f"{served.url}/forms/{key}")
            await page.click(".send")
            await page.wait_for_selector("[role=alert]")
            await page.check("[name=relationship][value=carer]")
            for scheme in ("light", "dark"):
                await page.emulate_media(color_scheme=scheme)
                assert await findings(page, "color-contrast", "target-size") == [], (key, scheme)
                surface = await page.locator("[name=name]").evaluate("(e) => getComputedStyle(e).backgroundColor")
                is_dark = scheme == "dark" or theme.get("scheme") == "dark"
                assert surface == ("rgb(20, 34, 37)" if is_dark else "rgb(255, 255, 255)")
    await context.close()


@pytest.mark.browser
@in_browser
async def test_the_widget_takes_the_theme_and_its_site_s_colour_counts_more(
    context: BrowserContext, served: Served
) -> None:
    async with httpx.AsyncClient(base_url=served.url, headers=served.staff) as client:
        theme = {"accent": "#7a1f5c", "corners": "square", "scheme": "dark"}
        form = {"key": "themed", "name": "Themed", "origins": [served.clinic], "theme": theme}
        assert (await client.post("/v1/forms", json=form)).status_code == httpx.codes.CREATED
    page = await context.new_page()
    await page.goto(f"{served.clinic}/?form=themed")
    send, style = page.locator(".send"), "(e, name) => getComputedStyle(e)[name]"
    # The site's style sheet sets --fq-accent.
    assert await send.evaluate(style, "backgroundColor") == "rgb(120, 0, 80)"
    assert await send.evaluate(style, "borderTopLeftRadius") == "0px"
    await page.evaluate("document.body.style.setProperty('--fq-accent', 'initial')")
    await expect(send).to_have_css("background-color", "rgb(122, 31, 92)")
    assert await page.locator("[name=name]").evaluate(style, "backgroundColor") == "rgb(255, 255, 255)"
