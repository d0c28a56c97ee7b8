"""Too many leads from one address, or with one text: kept aside for staff to look at, never refused."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple
from uuid import UUID

from app.forms.models import Form
from app.forms.proofs import Proof
from app.rates import LONGEST_COUNT_SECONDS, Rate
from app.sealing.tokens import Tokens

FLOOD = "flood"
SAME_TEXT = "same-text"
SAME_TEXT_RATE = Rate("50/1h")
KEPT = timedelta(seconds=LONGEST_COUNT_SECONDS)
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


class Limits(NamedTuple):
    """How many leads of one address, and with one text, a form takes before it holds them."""

    per_address: Rate
    per_text: Rate


def limits_of(form: Form, flood: Rate) -> Limits:
    """Return a form's limits; `flood` is what the installation says of one address."""
    per_address, per_text = form.limits.get("flood"), form.limits.get("same_text")
    return Limits(_rate(per_address) if per_address else flood, _rate(per_text) if per_text else SAME_TEXT_RATE)


@cache
def _rate(text: str) -> Rate:
    return Rate(text)


def asked(marked: Iterable[tuple[Marks, Limits]]) -> dict[int, set[int]]:
    """Return which marks are to be counted before a batch, by how many seconds back they count."""
    windows: defaultdict[int, set[int]] = defaultdict(set)
    for marks, limits in marked:
        for token, seconds in (
            (marks.address, limits.per_address.seconds),
            (marks.text, limits.per_text.seconds),
            (marks.proof, LONGEST_COUNT_SECONDS),
        ):
            if token is not None:
                windows[seconds].add(token)
    return windows


class FloodCount:
    """What has been counted before a batch, by how many seconds back, and what the batch adds."""

    def __init__(self, counted: Mapping[int, Mapping[int, int]]) -> None:
        self._counted = counted
        self._added: Counter[int] = Counter()

    def judge(self, marks: Marks, limits: Limits) -> str | None:
        """Count a lead and return why it is to be held, or None.

        A held lead is not counted: an address gets as many through as its rate allows, whatever else it sends.
        """
        if self._is_reached(marks.address, limits.per_address):
            return FLOOD
        if self._is_reached(marks.text, limits.per_text):
            return SAME_TEXT
        self._added.update(token for token in (marks.address, marks.text, marks.proof) if token is not None)
        return None

    def has(self, proof: int | None) -> bool:
        """Say whether a proof of work has counted already."""
        return proof is not None and self._of(proof, LONGEST_COUNT_SECONDS) > 0

    def _is_reached(self, token: int | None, rate: Rate) -> bool:
        return token is not None and self._of(token, rate.seconds) >= rate.count

    def _of(self, token: int, seconds: int) -> int:
        return self._counted.get(seconds, {}).get(token, 0) + self._added[token]
