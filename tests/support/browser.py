"""Fixtures: a browser, one for all tests of a worker, each with pages of its own."""

import os
import shutil
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, async_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def chromium() -> str:
    """Give the path of a Chromium; without one skip, or fail where FREEQUOTE_TESTS_REQUIRE_BROWSER is set."""
    for name in _NAMES:
        if path := shutil.which(name):
            return path
    reason = "No Chromium on the PATH: browser tests cannot run."
    if os.environ.get("FREEQUOTE_TESTS_REQUIRE_BROWSER"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_browser(chromium: str) -> AsyncIterator[Browser]:
    """Give the worker's browser; tests that use it run in the session's loop."""
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--headless"])
        yield opened
        await opened.close()


@pytest_asyncio.fixture(loop_scope="session")
async def context(shared_browser: Browser) -> AsyncIterator[BrowserContext]:
    """Give a browser profile that has never been anywhere."""
    opened = await shared_browser.new_context()
    opened.set_default_timeout(10_000)
    yield opened
    await opened.close()
