"""The pages as visitors see them, put where somebody can look at them; what is asserted is only that each is there."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.pages.conftest import Served
from tests.pages.filling import fill, reference_on
from tests.pages.test_themes import THEMES
from tests.support.pictures import FOLDER, Take

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
DESKTOP, PHONE = {"width": 1200, "height": 900}, {"width": 320, "height": 640}


@pytest_asyncio.fixture(loop_scope="session")
async def page(shared_browser: Browser, served: Served) -> AsyncIterator[Page]:
    """Give one page, that takes every size and scheme in its turn, and forms in three themes."""
    context = await shared_browser.new_context(viewport=DESKTOP, reduced_motion="reduce")  # type: ignore[arg-type]
    async with httpx.AsyncClient(base_url=served.url, headers=served.staff) as client:
        for key, theme in THEMES.items():
            form = {"key": f"pictured-{key}", "name": "Clínica Aurora", "theme": theme, "answer_within": "24_hours"}
            await client.post("/v1/forms", json={**form, "origins": [served.clinic]})
    yield await context.new_page()
    await context.close()


async def test_every_page_has_its_picture_taken(page: Page, served: Served, take_picture: Take) -> None:
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)
        await page.goto(f"{served.url}/forms/default?lang=en")
        await take_picture(page, f"hosted-{scheme}")
    for key in THEMES:
        await page.emulate_media(color_scheme="light")
        await page.goto(f"{served.url}/forms/pictured-{key}")
        await take_picture(page, f"themed-{key}")
    await page.click(".send")
    await page.wait_for_selector("[role=alert]")
    await take_picture(page, "themed-night-mistakes")
    await page.goto(f"{served.clinic}/?form=pictured-plum&lang=es")
    await page.wait_for_selector("[name=condition]")
    await take_picture(page, "widget")
    await page.goto(f"{served.url}/forms/default?lang=en")
    await page.click(".languages summary")
    await page.click(".more summary")
    await page.focus("[name=treatment]")
    await take_picture(page, "unfolded")
    await page.fill("[name=patient_age]", "200")
    await page.check("[name=relationship][value=parent]")
    await page.fill("[name=email]", "ilse@")
    await page.click(".send")
    await page.wait_for_selector("[role=alert]")
    await take_picture(page, "mistakes")
    await page.fill("[name=patient_age]", "40")
    await fill(page, "Picture")
    await page.click(".send")
    await reference_on(page)
    await take_picture(page, "thanks")
    async with httpx.AsyncClient(base_url=served.url, headers=served.staff) as client:
        preview = (await client.post("/v1/forms/pictured-sun/preview", json={"language": "en"})).json()
    await page.goto(preview["address"])
    await take_picture(page, "preview")
    await page.goto(f"{served.url}/forms/nowhere")
    await take_picture(page, "absent")
    await page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    await page.goto(f"{served.url}/forms/default?lang=ar")
    await take_picture(page, "phone-arabic")
    await page.click(".send")
    await page.wait_for_selector("[role=alert]")
    await take_picture(page, "phone-arabic-mistakes")
    assert len(list(FOLDER.glob("*.png"))) >= 14
