"""Who is measured: each a process of its own, on a database of its own."""

import asyncio
import base64
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.grounds import Ground, Kind, PostgresGround, SqliteGround
from benchmarks.load import Figures
from benchmarks.processes import ask, cpu_seconds, free_port, load, running
from tests.support.postgres import Postgres
from tests.support.process import Service

TITLES = {
    "a": "Freequote, whole door",
    "a2": "Freequote, two processes",
    "b1": "FastAPI + ORM, one row",
    "b2": "FastAPI + ORM, whole write set",
    "c": "FastAPI, no database",
    "d": "database alone, batches of 64",
}
_WARM_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Ran:
    """One run of one contender."""

    figures: Figures
    cpu_us: float | None
    """CPU of the serving process for each lead, in microseconds, without the database server's."""


@dataclass(frozen=True, slots=True)
class Door:
    """Something that takes quote requests over HTTP."""

    url: str
    pid: int
    ground: Ground | None = None
    table: str = "leads"

    def run(self, connections: int, seconds: float) -> Ran:
        """Measure once on an empty table, and prove that what was accepted is there."""
        if self.ground:
            self.ground.clear(None if self.table == "leads" else (self.table,))
        warm = load(self.url, connections, seconds=_WARM_SECONDS)
        ran = self.measure(connections, seconds)
        if self.ground:
            self.prove(self.ground, warm.accepted + ran.figures.accepted)
        return ran

    def measure(self, connections: int, seconds: float) -> Ran:
        """Measure on whatever is there."""
        before = cpu_seconds(self.pid)
        figures = load(self.url, connections, seconds=seconds)
        return Ran(figures, (cpu_seconds(self.pid) - before) / figures.accepted * 1e6)

    def prove(self, ground: Ground, accepted: int) -> None:
        """Hold the rows against what was accepted."""
        rows = ground.count(self.table)
        if rows != accepted:
            raise RuntimeError(f"{accepted} requests were accepted, but {rows} rows are there.")


@dataclass(frozen=True, slots=True)
class Limit:
    """The database without anything in front of it."""

    ground: Ground

    def run(self, connections: int, seconds: float) -> Ran:
        """Measure once; the number of connections is the limit's own affair."""
        del connections
        self.ground.clear()
        figures = Figures(**ask("benchmarks.limit", self.ground.url, str(seconds)))
        rows = self.ground.count("leads")
        if rows != figures.accepted:
            raise RuntimeError(f"{figures.accepted} leads were written, but {rows} rows are there.")
        return Ran(figures, None)


class Arena:
    """Makes databases and contenders of one kind; they end with it."""

    def __init__(self, kind: Kind, server: Postgres, folder: Path) -> None:
        self.kind = kind
        self._server = server
        self._folder = folder
        self._key = base64.b64encode(os.urandom(32)).decode()

    def empty(self) -> Ground:
        """Make an empty database."""
        return PostgresGround.new(self._server) if self.kind == "postgresql" else SqliteGround.new(self._folder)

    def service(self, ground: Ground) -> Service:
        """Return a deployment of Freequote on that database, not started."""
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        return Service(folder, self.environ(ground), free_port())

    def environ(self, ground: Ground) -> dict[str, str]:
        """Return the settings: the defaults behind a proxy, with logs as quiet as the rivals'."""
        return {
            "FREEQUOTE_DATABASE_URL": ground.url,
            "FREEQUOTE_SEALING_KEY": self._key,
            "FREEQUOTE_TRUSTED_PROXIES": "127.0.0.0/8",
            "FREEQUOTE_ALLOW_NETWORKS": "127.0.0.0/8",
            "FREEQUOTE_LOG_LEVEL": "warning",
        }

    def prepared(self, *destinations: tuple[str, str]) -> Ground:
        """Make a migrated database with destinations (kind and address), each told everything."""
        ground = self.empty()
        service = self.service(ground)
        service.run("migrate")
        for kind, address in destinations:
            service.run("destination", "add", kind, address, "--include", "full")
        return ground

    @contextmanager
    def freequote(self, ground: Ground, *options: str) -> Iterator[Door]:
        """Serve Freequote without a worker."""
        service = self.service(ground)
        try:
            process = asyncio.run(service.serve("--no-worker", *options))
            yield Door(service.url, process.pid, ground)
        finally:
            service.stop()

    @contextmanager
    def rival(self, name: str, ground: Ground | None = None, table: str = "leads") -> Iterator[Door]:
        """Serve a rival."""
        port = free_port()
        environ = self.environ(ground) if ground else {}
        with running("benchmarks.rivals", name, str(port), port=port, environ=environ) as pid:
            yield Door(f"http://127.0.0.1:{port}", pid, ground, table)


@contextmanager
def arena(kind: Kind, server: Postgres) -> Iterator[Arena]:
    """Make room for contenders."""
    with tempfile.TemporaryDirectory(prefix="freequote-bench-") as folder:
        yield Arena(kind, server, Path(folder))


@contextmanager
def contenders(place: Arena, names: list[str]) -> Iterator[dict[str, Door | Limit]]:
    """Start each of the named contenders on a database of its own."""
    told = [("email", "front.desk@clinic.example"), ("webhook", "http://127.0.0.1:9/leads")]
    prepared = place.prepared(*told)
    makers: dict[str, Callable[[], AbstractContextManager[Door]]] = {
        "a": lambda: place.freequote(prepared.copy()),
        "a2": lambda: place.freequote(prepared.copy(), "--processes", "2"),
        "b1": lambda: place.rival("one_row", place.empty(), "quote_requests"),
        "b2": lambda: place.rival("write_set", prepared.copy()),
        "c": lambda: place.rival("no_database"),
    }
    with ExitStack() as stack:
        made: dict[str, Door | Limit] = {}
        for name in names:
            made[name] = Limit(prepared.copy()) if name == "d" else stack.enter_context(makers[name]())
        yield made


def serves_in_processes() -> bool:
    """Say whether this Freequote can serve in several processes."""
    told = subprocess.run(
        [Path(sys.executable).with_name("freequote"), "serve", "--help"], check=True, capture_output=True, text=True
    )
    return "--processes" in told.stdout
