"""The ledger of erasures in a file beside the database, so that a backup from before one does not bring anybody back.

It holds no more than the table: ids, reference, form, when, and by whom.
"""

import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Self
from uuid import UUID

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from app.clock import rfc3339
from app.errors import Refusal
from app.privacy.models import Erasure


class Entry(BaseModel):
    """One erasure. A line of the log that tells of one reads as an entry, too."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    lead_id: UUID
    reference: str
    form: str
    event_id: UUID
    by: str
    at: AwareDatetime

    @classmethod
    def of(cls, row: Erasure) -> Self:
        """Return the entry of a row."""
        return cls(
            lead_id=row.lead_id, reference=row.reference, form=row.form_key, event_id=row.event_id, by=row.by, at=row.at
        )

    def row(self) -> dict[str, Any]:
        """Return the row of the table that says the same."""
        return {**self.model_dump(exclude={"form"}), "form_key": self.form}

    def shown(self) -> dict[str, str]:
        """Return it as JSON shows it."""
        return {name: _text(value) for name, value in self.model_dump().items()}


class LedgerFile:
    """One line of JSON for each erasure, only ever added to; readable by its owner alone."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "erasures.ndjson"

    def append(self, entries: Iterable[Entry]) -> None:
        """Write entries so that they outlive the machine's next moment. Errors: `OSError`."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(handle, "r+b") as stream:
            lines = b"".join(orjson.dumps(entry.shown()) + b"\n" for entry in entries)
            # A line that was cut off by a full disk must not spoil the next one.
            stream.write((b"" if _ends_well(stream) else b"\n") + lines)
            stream.flush()
            os.fsync(stream.fileno())

    def read(self) -> dict[UUID, Entry]:
        """Return every entry by its lead; lines that are none are left out. Errors: `Refusal` if it cannot be read."""
        try:
            lines = self.path.read_bytes().splitlines()
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise Refusal(f"The ledger of erasures, {self.path}, cannot be read ({error.strerror}).") from None
        found: dict[UUID, Entry] = {}
        for line in lines:
            try:
                entry = Entry.model_validate_json(line)
            except ValidationError:
                continue
            found.setdefault(entry.lead_id, entry)
        return found


def _ends_well(stream: Any) -> bool:
    size = stream.seek(0, os.SEEK_END)
    if not size:
        return True
    stream.seek(size - 1)
    return bool(stream.read(1) == b"\n")


def _text(value: Any) -> str:
    return rfc3339(value) if isinstance(value, datetime) else str(value)
