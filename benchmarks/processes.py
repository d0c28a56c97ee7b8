"""Processes of a benchmark: start, measure, stop."""

import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.load import Figures

ROOT = Path(__file__).parent.parent
_START_SECONDS = 60
_STOP_SECONDS = 30
_TICKS = os.sysconf("SC_CLK_TCK")
_NUMBERS = itertools.count(0, 200_000)
"""Where each run of the load generator begins to count, so that no two runs send the same request."""


def free_port() -> int:
    """Return a port of loopback that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port


@contextmanager
def running(*arguments: str, port: int, environ: Mapping[str, str] | None = None) -> Iterator[int]:
    """Run a Python module that listens on that port; yield its process id."""
    process = subprocess.Popen([sys.executable, "-m", *arguments], cwd=ROOT, env={**os.environ, **(environ or {})})
    try:
        _wait_for(port, process)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(_STOP_SECONDS)


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode}.")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args!r} did not begin to listen.")


def ask(*arguments: str, environ: Mapping[str, str] | None = None) -> Any:
    """Run a Python module to its end and return what it printed, as JSON."""
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env={**os.environ, **(environ or {})},
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(done.stdout)


def load(url: str, connections: int, *, seconds: float = 600, most: int = -1) -> Figures:
    """Post requests to a door, for so long or so often."""
    options = {"--connections": connections, "--seconds": seconds, "--most": most, "--first": next(_NUMBERS)}
    words = [str(word) for option in options.items() for word in option]
    return Figures(**ask("benchmarks.load", url, *words))


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process and those it started have used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS + sum(cpu_seconds(child) for child in _children(pid))


def memory_bytes(pid: int) -> int:
    """Return the resident memory of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]
