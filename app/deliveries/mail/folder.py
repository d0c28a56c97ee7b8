"""Writes letters into a folder, for development."""

import asyncio
import os
import re
from contextlib import suppress
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

from app.deliveries.policy import Outcome, Verdict


class FolderChannel:
    """Writes letters into a folder that only its owner reads, for development."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def send(self, message: EmailMessage, recipient: str) -> Outcome:
        """Write the letter as `<time>-<id>.eml`; the same letter again takes the same place."""
        del recipient  # the letter's own To says it
        try:
            await asyncio.to_thread(self._write, message)
        except OSError:
            return Outcome(Verdict.CHANNEL_DOWN, reason="the mail folder cannot be written")
        return Outcome(Verdict.DELIVERED, reason="written to the mail folder")

    async def check(self) -> str:
        """Say where letters go."""
        return f"Mail is written to {self._directory}; no mail server is set (FREEQUOTE_SMTP_URL)."

    async def aclose(self) -> None:
        """Close nothing: each letter's file is closed as it is written."""

    def _write(self, message: EmailMessage) -> None:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._directory.chmod(0o700)
        path = self._directory / f"{_file_stem(message)}.eml"
        temporary = path.with_suffix(".part")
        temporary.unlink(missing_ok=True)
        # Exclusive, so that nobody's link is followed; nobody else reads it for even a moment.
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(message.as_bytes())
        temporary.replace(path)


def _file_stem(message: EmailMessage) -> str:
    moment = "undated"
    with suppress(TypeError, ValueError):
        moment = parsedate_to_datetime(message["Date"]).strftime("%Y%m%dT%H%M%SZ")
    name = re.sub(r"[^A-Za-z0-9-]", "", str(message["Message-ID"]).partition("@")[0])
    return f"{moment}-{name}"
