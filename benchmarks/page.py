"""How long a visitor on a slow network waits for the hosted form, with nothing of it kept from before."""

import asyncio
import shutil
from collections.abc import Sequence
from dataclasses import dataclass

from playwright.async_api import Browser, async_playwright

from benchmarks.contenders import arena
from benchmarks.link import Profile, linked
from benchmarks.options import Options
from benchmarks.report import Report, Target
from tests.support.postgres import Postgres

PROFILES = (
    Profile("slow 3G (400 ms, 400 kbit/s)", 0.4, 50_000),
    Profile("slow 4G (150 ms, 1.6 Mbit/s)", 0.15, 200_000),
    Profile("no delay", 0, 1e9),
)
_USABLE_MS = Target(1_000, at_most=True)
_LANGUAGE = "ru"
"""The one whose page is the largest."""
# A field that is laid out, drawn and styled; the page's own clock begins when its address is opened.
_WATCH = """(function look() {
  const field = document.querySelector("[name=condition]");
  if (field && field.offsetHeight >= 44) requestAnimationFrame(() => { window.usableAt ??= performance.now(); });
  if (!window.usableAt) requestAnimationFrame(look);
})();"""
_TOLD = """() => {
  const [page] = performance.getEntriesByType("navigation");
  const files = performance.getEntriesByType("resource");
  return {
    usable: window.usableAt, connected: page.connectEnd - page.connectStart, complete: page.loadEventEnd,
    weight: page.transferSize + files.reduce((sum, file) => sum + file.transferSize, 0),
    holding: files.filter((file) => file.renderBlockingStatus === "blocking").length,
  };
}"""


@dataclass(frozen=True, slots=True)
class Visit:
    """One first visit, in milliseconds and bytes."""

    usable: float
    complete: float
    weight: float
    holding: float


def measure(report: Report, options: Options, server: Postgres) -> None:
    """Visit the form over each kind of link; the database is SQLite, since one page is one short reading."""
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser is None:
        report.note("page: no Chromium here")
        return
    with arena("sqlite", server) as place, place.freequote(place.prepared()) as door:
        asyncio.run(visit_all(report, options.rounds, int(door.url.rpartition(":")[2]), browser))


async def visit_all(report: Report, rounds: int, port: int, chromium: str) -> None:
    """Visit a service that listens on a port of loopback."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--headless"])
        await _visit(browser, port)
        for profile in PROFILES:
            async with linked(profile, port) as far:
                visits = [await _visit(browser, far) for _ in range(rounds)]
            _tell(report, profile, visits)
        await browser.close()


def _tell(report: Report, profile: Profile, visits: Sequence[Visit]) -> None:
    opening = profile.round_trip * 1_000
    report.add(f"{profile.name}: usable, on an open connection", "ms", [v.usable - opening for v in visits], _USABLE_MS)
    report.add("    usable, the connection to be opened first", "ms", [visit.usable for visit in visits])
    report.add("    complete", "ms", [visit.complete for visit in visits])
    report.add("    weight", "bytes", [visit.weight for visit in visits], Target(60_000, at_most=True))
    report.add("    files that hold up the drawing", "", [visit.holding for visit in visits])


async def _visit(browser: Browser, port: int) -> Visit:
    """Open the form in a profile that has never been anywhere, and type into it as soon as that is possible."""
    context = await browser.new_context(viewport={"width": 360, "height": 640})
    page = await context.new_page()
    await page.add_init_script(_WATCH)
    await page.goto(f"http://127.0.0.1:{port}/forms/default?lang={_LANGUAGE}", wait_until="commit")
    await page.wait_for_selector("[name=condition]")
    await page.type("[name=condition]", "MS")
    if await page.input_value("[name=condition]") != "MS":
        raise RuntimeError("The field was drawn, and took no letters.")
    await page.wait_for_load_state("load")
    told = await page.evaluate(_TOLD)
    await context.close()
    return Visit(told["usable"], told["complete"], told["weight"], told["holding"])
