"""What was injected, and what was seen of it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Line:
    injected: int = 0
    seen: int = 0
    slowest: float = 0.0


@dataclass
class Tally:
    """Counts by room and fault, and keeps what must not be."""

    say: Callable[[str], None] = lambda _line: None
    """Is told of each fault as it comes."""
    lines: dict[tuple[str, str], _Line] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)
    _began: float = field(default_factory=time.monotonic)

    def count(self, where: str, what: str, *, seen: bool, seconds: float = 0.0) -> None:
        """Count a fault that was injected, whether its effect was seen, and after how many seconds."""
        line = self.lines.setdefault((where, what), _Line())
        line.injected += 1
        line.seen += seen
        line.slowest = max(line.slowest, seconds)
        at = time.monotonic() - self._began
        self.say(f"{at:>6.1f} s  {where}: {what}{'' if seen else ': NOTHING SEEN'} ({seconds:.1f} s)")

    def violated(self, what: str) -> None:
        """Write down what must not be."""
        self.violations.append(f"[{time.monotonic() - self._began:.0f} s] {what}")

    def require(self, statement: str, wrong: Sequence[object]) -> None:
        """Hold a statement against those that break it."""
        if wrong:
            self.violated(f"{statement}: {len(wrong)}, first {[str(one) for one in wrong[:3]]}")

    def unseen(self) -> list[str]:
        """Return the faults of which nothing was seen: they proved nothing."""
        return [f"{where}: {what}" for (where, what), line in self.lines.items() if not line.seen]

    def table(self) -> str:
        """Write it as a table."""
        head = f"{'where':<12} {'what':<34} {'injected':>8} {'seen':>6} {'slowest':>9}"
        rows = [
            f"{where:<12} {what:<34} {line.injected:>8} {line.seen:>6} {line.slowest:>7.1f} s"
            for (where, what), line in sorted(self.lines.items())
        ]
        return "\n".join([head, *rows, "", *self.facts])
