"""Filling in the form as a visitor does, on our page and in the widget alike: locators look into shadow trees."""

import re

from playwright.async_api import Page

REFERENCE = re.compile(r"FQ-[0-9A-Z]{5}-[0-9A-Z]{5}")


async def fill(page: Page, name: str, *, email: str = "ilse@mail.example") -> None:
    """Fill in all that is needed."""
    await page.fill("[name=condition]", "Multiple sclerosis")
    await page.fill("[name=name]", name)
    await page.select_option("[name=country]", "DE")
    await page.fill("[name=email]", email)
    await page.check("[name='consent.privacy']")
    await page.check("[name='consent.health_data']")


async def reference_on(page: Page) -> str:
    """Return the reference that the page shows."""
    shown = await page.locator(".reference strong").inner_text()
    assert REFERENCE.fullmatch(shown), shown
    return shown
