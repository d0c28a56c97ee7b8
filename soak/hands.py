"""The folder through which a soak moves what its processes take from outside: time, names, and sudden death."""

import json
import os
import signal
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

FOLDER = "SOAK_FOLDER"
"""The environment variable that tells a process where the folder is."""
POINTS = ("claim", "send", "settle")
"""Where a process can be made to die: claimed and nothing sent; sent and nothing written; written, not committed."""


@dataclass(frozen=True, slots=True)
class Hands:
    """Both sides hold on to the same folder: the soak writes, its processes read."""

    folder: Path

    def set_clock(self, ahead: timedelta) -> None:
        """Set every process's clock so far ahead of the machine's, or behind it."""
        self._write("ahead", str(ahead.total_seconds()))

    def ahead(self) -> timedelta:
        """Return how far ahead the clock is."""
        return timedelta(seconds=float(self._read("ahead") or 0))

    def set_name(self, name: str, answer: str) -> None:
        """Have a host name lead to an address, be `unknown`, or get no answer (`silence`)."""
        self._write("names", json.dumps({**self.names(), name: answer}))

    def names(self) -> dict[str, str]:
        """Return what each name leads to."""
        found: dict[str, str] = json.loads(self._read("names") or "{}")
        return found

    def arm(self, point: str) -> None:
        """Let the next process that comes to this point die there."""
        self._write(f"trap-{point}", "")

    def disarm(self, point: str) -> bool:
        """Take a trap away; return whether it was still there."""
        with suppress(FileNotFoundError):
            (self.folder / f"trap-{point}").unlink()
            return True
        return False

    def spring(self, point: str) -> None:
        """Die here, without a word, if that is wanted of the first one that comes."""
        if self.disarm(point):
            os.kill(os.getpid(), signal.SIGKILL)

    def note_claims(self, claims: Iterable[str]) -> None:
        """Write down what this process claimed, so that what it leaves behind is known to be its own."""
        with (self.folder / f"claims-{os.getpid()}").open("a", encoding="ascii") as file:
            file.writelines(f"{claim}\n" for claim in claims)

    def claims(self) -> dict[int, set[str]]:
        """Return what each process claimed, by its id."""
        return {
            int(file.name.partition("-")[2]): set(file.read_text(encoding="ascii").split())
            for file in self.folder.glob("claims-*")
        }

    def _read(self, name: str) -> str:
        try:
            return (self.folder / name).read_text(encoding="ascii")
        except FileNotFoundError:
            return ""

    def _write(self, name: str, text: str) -> None:
        # In one step, since a process may read it in between.
        draft = self.folder / f"{name}.draft"
        draft.write_text(text, encoding="ascii")
        draft.replace(self.folder / name)
