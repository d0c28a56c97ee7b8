"""What invented visitors ask for while something breaks around them, and what each was told."""

from dataclasses import dataclass, field
from typing import Any

CANARIES = ("quillfeather", "canarybird", "feather.example", "hush-hush")
"""Words of theirs that no log may hold."""


@dataclass
class Wish:
    """One visitor's request, and everything they were told about it."""

    number: int
    key: str | None
    """Its Idempotency-Key; None: it may be sent once only."""
    told: list[int | str] = field(default_factory=list)
    """Statuses, or `cut`, in the order in which they came."""
    references: set[str] = field(default_factory=set)

    @property
    def body(self) -> dict[str, Any]:
        """The request: the same bytes each time, and nobody else's."""
        return {
            "name": f"Quillfeather Canarybird {self.number}",
            "email": f"visitor{self.number}@feather.example",
            "country": "ES",
            "condition": "multiple sclerosis",
            "message": f"hush-hush {self.number}",
            "consent": {"privacy": True, "health_data": True},
        }

    @property
    def acknowledged(self) -> bool:
        """Whether the visitor was ever told that it is on disk."""
        return 201 in self.told
