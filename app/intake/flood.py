"""Too many leads from one address, or with one text: kept aside for staff to look at, never refused."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from app.forms.proofs import Proof
from app.sealing.tokens import Tokens
from app.settings import Rate

FLOOD = "flood"
SAME_TEXT = "same-text"
SAME_TEXT_RATE = Rate("50/1h")
KEPT = timedelta(hours=1)
"""How long a mark is kept; no window is longer."""
_SHORTEST_TEXT = 40
"""Letters under which a text says so little that different people write the same."""


@dataclass(frozen=True, slots=True)
class Marks:
    """Where a request came from and what it said, as keyed tokens; None where that says nothing."""

    address: int | None
    text: int | None
    proof: int | None = None
    """Of the proof of work that came with it: it counts once."""
    proof_until: datetime | None = None
    """When that proof expires, and its mark with it."""

    def rows(self, lead_id: UUID, at: datetime) -> list[dict[str, object]]:
        """Return the rows of a lead that counts. A proof's mark stands at its end, so that it outlives the proof."""
        marks = ((self.address, at), (self.text, at), (self.proof, self.proof_until))
        return [{"token": token, "at": moment, "lead_id": lead_id} for token, moment in marks if token is not None]


def marks_of(
    tokens: Tokens, client: str | None, form_key: str, message: str | None, proof: Proof | None = None
) -> Marks:
    """Make the marks of a request. The text counts for its form only; blanks and case make no other text."""
    text = " ".join((message or "").casefold().split())
    return Marks(
        address=tokens.of("flood-address", client) if client else None,
        text=tokens.of("flood-text", f"{form_key}\0{text}") if len(text) >= _SHORTEST_TEXT else None,
        proof=tokens.of("proof", proof.signature) if proof else None,
        proof_until=proof.expires_at if proof else None,
    )


class FloodCount:
    """What has been counted before a batch, and what the batch adds."""

    def __init__(self, counted: Mapping[int, int], per_address: Rate) -> None:
        self._counted = Counter(counted)
        self._per_address = per_address

    def judge(self, marks: Marks) -> str | None:
        """Count a lead and return why it is to be held, or None.

        A held lead is not counted: an address gets as many through as its rate allows, whatever else it sends.
        """
        if marks.address is not None and self._counted[marks.address] >= self._per_address.count:
            return FLOOD
        if marks.text is not None and self._counted[marks.text] >= SAME_TEXT_RATE.count:
            return SAME_TEXT
        self._counted.update(token for token in (marks.address, marks.text, marks.proof) if token is not None)
        return None

    def has(self, token: int | None) -> bool:
        """Say whether a mark is there already."""
        return token is not None and self._counted[token] > 0


def since(now: datetime, rate: Rate) -> datetime:
    """Return the moment since when marks count for a rate."""
    return now - timedelta(seconds=rate.seconds)
