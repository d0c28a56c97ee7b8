"""What a page wears: its style sheet stands in the page itself, and its policy names it by its hash.

A visitor on a slow network sees the form as soon as the page is there; a file would cost one more way there and back.
"""

import base64
from dataclasses import dataclass
from hashlib import sha256

from app.pages.assets import STYLES


@dataclass(frozen=True, slots=True)
class Styles:
    """A style sheet, as it stands in a page, and what a policy calls it by."""

    text: str
    source: str
    """A hash-source of CSP, quotes and all."""

    @classmethod
    def of(cls, text: str) -> "Styles":
        """Take a style sheet of our own making; nothing that was sent may stand in it."""
        digest = base64.b64encode(sha256(text.encode()).digest()).decode("ascii")
        return cls(text, f"'sha256-{digest}'")


PLAIN = Styles.of(STYLES)
"""What pages wear that belong to no form."""
