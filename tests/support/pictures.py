"""Pictures of the pages, for people to look at after a run; `build/` is no part of the repository."""

import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Page

FOLDER = Path(__file__).parents[2] / "build" / "screenshots"
_STARTED = time.time()
Take = Callable[[Page, str], Awaitable[None]]


@pytest.fixture
def take_picture() -> Take:
    """Give what puts a picture of a whole page, under a name, into the folder."""

    async def take(page: Page, name: str) -> None:
        FOLDER.mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=FOLDER / f"{name}.png", full_page=True, animations="disabled")

    return take


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say where they are."""
    taken = [file for file in FOLDER.glob("*.png") if file.stat().st_mtime >= _STARTED]
    if taken:
        terminalreporter.section("pictures")
        terminalreporter.line(f"{len(taken)} of the pages are in {FOLDER}")
