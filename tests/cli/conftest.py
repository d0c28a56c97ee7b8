"""Fixtures: the command line in this process, in the house that the tests look into as well."""

import asyncio
import io
import json
import logging
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any

import pytest

from app.cli import main
from app.database import Database
from app.house import open_house
from app.parts import Parts, nobody_listens
from app.settings import Settings
from tests.support.clock import FakeClock


@dataclass(frozen=True, slots=True)
class Ended:
    """What a command printed, and its exit code."""

    out: str
    err: str
    code: int


class CommandLine:
    """Runs commands on a thread, since each has an event loop of its own."""

    async def __call__(self, *arguments: str) -> Ended:
        """Run a command."""
        return await asyncio.to_thread(self.run, *arguments)

    async def json(self, *arguments: str) -> Any:
        """Run a command that must succeed, with `--json`; return the document it printed."""
        ended = await self(*arguments, "--json")
        assert ended.code == 0, ended.err
        return json.loads(ended.out)

    def run(self, *arguments: str) -> Ended:
        """Run a command where no loop runs."""
        streams = redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO())
        with streams[0] as out, streams[1] as err, pytest.raises(SystemExit) as ended:
            main(arguments)
        code = ended.value.code
        assert isinstance(code, int)
        return Ended(out.getvalue(), err.getvalue(), code)


@pytest.fixture
def own_hooks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give back afterwards what a command takes over in its process: logs, warnings, crashes."""
    taken = [(sys, "excepthook"), (sys, "unraisablehook"), (threading, "excepthook"), (warnings, "showwarning")]
    for owner, name in [*taken, (logging, "raiseExceptions")]:
        monkeypatch.setattr(owner, name, getattr(owner, name))
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def cli(own_hooks: None) -> CommandLine:
    """Give the command line; its settings are those of the environment."""
    return CommandLine()


@pytest.fixture
def environ(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Give the environment of the house, in which the commands run."""
    described = {
        "FREEQUOTE_DATABASE_URL": settings.database_url.get_secret_value(),
        "FREEQUOTE_DATA_DIR": str(settings.data_dir),
        "FREEQUOTE_ALLOW_NETWORKS": "127.0.0.0/8",
    }
    for name, value in described.items():
        monkeypatch.setenv(name, value)
    return described


@pytest.fixture
async def house(environ: dict[str, str], settings: Settings, database: Database, clock: FakeClock) -> Parts:
    """Give the house as the commands open it: the sealing key is in the data folder."""
    return await open_house(settings, database, clock, nobody_listens)
