"""Fixtures: a browser."""

import os
import shutil

import pytest

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
