"""Fixtures: the real process on its own SQLite file, to be spoken to byte by byte."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.process import Service


@pytest.fixture
def service(free_port: int, tmp_path: Path) -> Iterator[Service]:
    """Give a deployment with all defaults that has never run, and that anybody may ask as often as they like."""
    deployed = Service(tmp_path, {"FREEQUOTE_BURST": "100000/1s", "FREEQUOTE_LOG_LEVEL": "debug"}, free_port)
    yield deployed
    deployed.stop()
