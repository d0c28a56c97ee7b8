"""What every test may ask for: databases, a clock, the outside world on loopback, a browser."""

import os

import pytest
import structlog

from app.telemetry import describe_exception
from tests.support.clock import FakeClock

# In the order of their own imports: pytest rewrites a module's asserts only if it imports it first.
pytest_plugins = [
    "tests.support.browser",
    "tests.support.cloudflare",
    "tests.support.pictures",
    "tests.support.network",
    "tests.support.postgres",
    "tests.support.databases",
    "tests.support.house",
    "tests.support.provider",
    "tests.support.service",
]

# Unconfigured, structlog draws every local variable of every frame of a fault: seconds for each.
structlog.configure(processors=[describe_exception, structlog.processors.KeyValueRenderer()])

LONG = {"soak", "faults", "end_to_end"}
"""Rooms of tests that start real processes, and wait for them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long; what is short is shared out until the end, and no worker is left with a long one."""
    items.sort(key=lambda item: LONG.isdisjoint(item.path.parts))


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the settings of whoever runs the tests."""
    for name in os.environ:
        if name.startswith("FREEQUOTE_") and not name.startswith("FREEQUOTE_TEST"):
            monkeypatch.delenv(name)


@pytest.fixture
def clock() -> FakeClock:
    """Give a clock that stands still until the test moves it."""
    return FakeClock()
