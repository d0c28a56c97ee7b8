"""With what a command ends: 0 done, 1 refused, 2 wrong usage (Typer's own), 3 something it needs is out of reach."""

from app.errors import Refusal

REFUSED = 1
OUT_OF_REACH = 3


class NotAvailable(Refusal):
    """Something that a command needs is out of reach: exit code 3."""
