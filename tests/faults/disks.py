"""Disks that fill up: a small one where the tests run as root, a limit on file sizes anywhere."""

import os
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import pytest

_MEGABYTE = 1 << 20
_SIZE = 48 * _MEGABYTE


class Disk(Protocol):
    """Something that a test fills and frees while a process writes to it."""

    def fill(self, process: int) -> None:
        """Leave no room for what the process, by its id, wants to write."""

    def free(self, process: int) -> None:
        """Make room again."""


class SmallDisk:
    """A file system in memory, of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self, process: int) -> None:
        """Write until there is no room for another byte."""
        del process
        with self._ballast.open("wb", buffering=0) as file:
            try:
                while file.write(bytes(4096)) > 0:
                    pass
            except OSError:
                return

    def free(self, process: int) -> None:
        """Delete what fills it."""
        del process
        self._ballast.unlink()


class FileLimit:
    """No file of the process may grow: what an account without rights can do to itself."""

    def __init__(self, database: Path) -> None:
        self._log = Path(f"{database}-wal")

    def fill(self, process: int) -> None:
        """Let no file grow beyond what the database's log is now."""
        limits = (self._log.stat().st_size, resource.RLIM_INFINITY)
        resource.prlimit(process, resource.RLIMIT_FSIZE, limits)

    def free(self, process: int) -> None:
        """Let files grow again."""
        resource.prlimit(process, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@contextmanager
def small_disk() -> Iterator[SmallDisk]:
    """Mount a small disk; skip the test, and say why, where that is not allowed."""
    folder = Path(tempfile.mkdtemp(prefix="freequote-disk-"))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_SIZE},mode=0755", "tmpfs", str(folder)]
    # Lazily: what still has a file open there, a server that a failed test left, must not keep it.
    unmount = ["umount", "--lazy", str(folder)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        folder.rmdir()
        pytest.skip("a small disk can only be mounted by root, with the right to")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(unmount, check=True)
        shutil.rmtree(folder, ignore_errors=True)
