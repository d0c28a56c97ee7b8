"""Who asks: a key or a member of staff, judged by the same scopes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks, and what they may do."""

    id: UUID
    name: str
    scopes: frozenset[str]
    forms: frozenset[str]
    """Keys of the forms they may see; empty: all."""
    expires_at: datetime | None = None
    kind: Literal["key", "staff"] = "key"

    @property
    def actor(self) -> str:
        """Their name in the audit."""
        return f"{self.kind}:{self.id}"

    def sees(self, form_key: str) -> bool:
        """Say whether a form, and all that came through it, exists for them."""
        return not self.forms or form_key in self.forms
