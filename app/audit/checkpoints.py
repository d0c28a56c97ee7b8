"""Checkpoints in a file beside the database: what is cut off or rewritten in there is missed here."""

import os
from pathlib import Path

import orjson

from app.audit.chain import Checkpoint


class CheckpointFile:
    """One line of JSON for each checkpoint, only ever added to; readable by its owner alone."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "checkpoints.ndjson"

    def append(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint so that it outlives the machine's next moment."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(handle, "ab") as stream:
            stream.write(orjson.dumps(checkpoint.shown()) + b"\n")
            stream.flush()
            os.fsync(stream.fileno())

    def read(self) -> list[Checkpoint]:
        """Return every checkpoint; lines that are none, the last one half written for instance, are left out."""
        if not self.path.exists():
            return []
        found = []
        for line in self.path.read_bytes().splitlines():
            try:
                found.append(Checkpoint.read(line))
            except ValueError:
                continue
        return found
