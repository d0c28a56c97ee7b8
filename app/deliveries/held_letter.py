"""Letters to staff that leads are held and wait for somebody's judgement. They hold nothing of a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage

from app.deliveries.writing import Posting, write
from app.languages.letters import direction, staff_words
from app.languages.names import moment_in


@dataclass(frozen=True, slots=True)
class Digest:
    """What waits."""

    forms: Sequence[tuple[str, int]]
    """The name of each form, and how many of its leads wait."""
    oldest: datetime
    """When the one that waits longest was received."""


def held_letter(digest: Digest, posting: Posting, *, language: str, base_url: str) -> EmailMessage:
    """Write the letter. Errors: `Refusal` for a sender and `ValueError` for a recipient that is not an address."""
    words = staff_words()[language]
    headline = f"{words['held']}: {sum(count for _, count in digest.forms)}"
    rows = [
        *((name, str(count)) for name, count in digest.forms),
        (words["oldest"], moment_in(digest.oldest, language)),
    ]
    message = write(
        posting,
        subject=headline,
        reply_to=None,
        auto_submitted="auto-generated",
        template="held",
        values={
            "lang": language,
            "dir": direction(language),
            "headline": headline,
            "why": words["held_why"],
            "rows": rows,
            "ways": ("freequote lead list --held", f"GET {base_url}/v1/leads?held=true"),
        },
    )
    message["Content-Language"] = language
    return message
