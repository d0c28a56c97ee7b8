"""The real service, started by its own command line."""

import asyncio
import os
import pty
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson

_COMMAND = (str(Path(sys.executable).with_name("freequote")),)
# Generous: a starved machine is no failure.
_START_SECONDS = 120
_STOP_SECONDS = 60


@dataclass
class Service:
    """One deployment: its settings, and the processes started for it."""

    folder: Path
    environ: Mapping[str, str]
    port: int
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    command: Sequence[str] = _COMMAND

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """Everything that its processes and commands printed."""
        return self.folder / "output.log"

    @property
    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("FREEQUOTE_")}
        return {**kept, **self.environ, "FREEQUOTE_DATA_DIR": str(self.folder / "data")}

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a command that stays."""
        with self.log.open("ab") as output:
            process = subprocess.Popen(
                [*self.command, *arguments], env=self._environment, stdout=output, stderr=output, cwd=self.folder
            )
        self.processes.append(process)
        return process

    async def serve(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start `freequote serve`, and return when it answers."""
        process = self.start("serve", "--port", str(self.port), *arguments)
        deadline = time.monotonic() + _START_SECONDS
        async with httpx.AsyncClient() as client:
            while time.monotonic() < deadline:
                assert process.poll() is None, self.log.read_text(encoding="utf-8")
                try:
                    if (await client.get(f"{self.url}/healthz")).status_code == httpx.codes.OK:
                        return process
                except httpx.TransportError:
                    await asyncio.sleep(0.05)
        raise AssertionError("The service did not come up:\n" + self.log.read_text(encoding="utf-8"))

    def run(self, *arguments: str, code: int = 0) -> Any:
        """Run a command that ends, with `--json`; return what it printed."""
        done = subprocess.run(
            [*self.command, *arguments, "--json"],
            env=self._environment,
            capture_output=True,
            cwd=self.folder,
            check=False,
        )
        with self.log.open("ab") as output:
            output.write(done.stderr)
        assert done.returncode == code, done.stderr.decode()
        return orjson.loads(done.stdout) if done.stdout else None

    def on_terminal(self, *arguments: str, columns: int, typed: str = "", code: int = 0) -> str:
        """Run a command that ends on a terminal of that width, where somebody types; return what it printed there."""
        ours, its_own = pty.openpty()
        termios.tcsetwinsize(its_own, (40, columns))
        environ = {name: value for name, value in self._environment.items() if name not in {"COLUMNS", "LINES"}}
        process = subprocess.Popen(
            [*self.command, *arguments], env=environ, stdin=its_own, stdout=its_own, stderr=its_own, cwd=self.folder
        )
        os.close(its_own)
        os.write(ours, typed.encode())
        printed = b""
        # Linux says that the other end is closed by an error of input and output.
        with suppress(OSError), os.fdopen(ours, "rb", buffering=0) as terminal:
            while part := terminal.read(4096):
                printed += part
        assert process.wait(_STOP_SECONDS) == code, printed
        return printed.decode().replace("\r\n", "\n")

    def first_key(self) -> str:
        """Return the API key that the first run left."""
        return (self.folder / "data" / "first-key").read_text(encoding="ascii").strip()

    def stop(self) -> None:
        """Stop every process as an operator would."""
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            process.wait(_STOP_SECONDS)
