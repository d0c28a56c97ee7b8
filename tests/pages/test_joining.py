"""The page behind an invitation's link, as whoever is invited opens it."""

import pytest
from playwright.async_api import BrowserContext

from tests.pages.conftest import Served

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_whoever_is_invited_sets_a_password_on_a_page_and_the_link_is_used_up(
    context: BrowserContext, served: Served
) -> None:
    hers = ("ines.ortega@clinic.example", "--name", "Inés", "--role", "viewer")
    link = f"{served.url}/console/join#{served.service.run('staff', 'add', *hers)['link'].partition('#')[2]}"
    page = await context.new_page()
    await page.goto(link)
    await page.fill("[name=password]", "password1234")
    await page.click(".send")
    await page.wait_for_selector("[role=status]:not([hidden])")
    assert "Others guess this one" in await page.inner_text("[role=status]")
    await page.fill("[name=password]", "quiet lantern over harbours")
    await page.press("[name=password]", "Enter")
    await page.wait_for_selector("text=Your password is set. You log in as ines.ortega@clinic.example.")
    assert page.url == f"{served.url}/console/join"
    again = await context.new_page()
    await again.goto(link)
    await again.fill("[name=password]", "quiet lantern over harbours")
    await again.click(".send")
    await again.wait_for_selector("text=There is no such invitation any more.")
