"""From signs to a decision: hold, or not."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple, Self

from app.forms.proofs import Proof
from app.intake.spam.table import THRESHOLD, WEIGHTS


class Doubt(NamedTuple):
    """What speaks against a request."""

    signs: tuple[str, ...] = ()
    """Their codes; a pitch's code for each of its phrases."""
    score: int = 0
    """How much they weigh together."""
    proof: Proof | None = None
    """The proof of work that the request uses up."""

    @classmethod
    def of(cls, signs: Iterable[str], proof: Proof | None = None) -> Self:
        """Weigh signs."""
        found = tuple(signs)
        return cls(found, sum(WEIGHTS[sign] for sign in found), proof)

    @property
    def holds(self) -> bool:
        """Whether the request is to be held."""
        return self.score >= THRESHOLD

    @property
    def reasons(self) -> list[str]:
        """Why the request is to be held, the heaviest first; empty: it is not."""
        if not self.holds:
            return []
        weights = Counter[str]()
        for sign in self.signs:
            weights[sign] += WEIGHTS[sign]
        return [sign for sign, _ in weights.most_common()]

    def plus(self, sign: str) -> Self:
        """Return the doubt with one sign more."""
        return self._replace(signs=(*self.signs, sign), score=self.score + WEIGHTS[sign])


NO_DOUBT = Doubt()
