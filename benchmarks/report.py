"""What a run found: figures, ratios beside their targets, and what must be said about them."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmarks.options import Options

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Target:
    """What a ratio is to be at least, or at most."""

    value: float
    at_most: bool = False

    def met(self, value: float) -> bool:
        """Say whether a value is good enough."""
        return value <= self.value if self.at_most else value >= self.value

    def __str__(self) -> str:
        return f"{'<=' if self.at_most else '>='} {self.value:g}"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table: a value for each round."""

    title: str
    unit: str
    values: Sequence[float]
    target: Target | None = None

    def __str__(self) -> str:
        middle = median(self.values)
        spread = f"{_short(min(self.values))} .. {_short(max(self.values))}" if len(self.values) > 1 else ""
        return f"{self.title:<58} {_short(middle):>9} {self.unit:<10} {spread:<20} {self._verdict(middle)}".rstrip()

    def _verdict(self, middle: float) -> str:
        if self.target is None:
            return ""
        if self.target.met(middle):
            return f"{self.target}  met"
        return f"{self.target}  MISSED by {abs(middle - self.target.value) / self.target.value:.0%}"


@dataclass(slots=True)
class Report:
    """Collects lines and prints each as it comes."""

    lines: list[Line] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    began: datetime = field(default_factory=lambda: datetime.now(UTC))

    def add(self, title: str, unit: str, values: Sequence[float], target: Target | None = None) -> None:
        """Add the values of all rounds."""
        self.lines.append(Line(title, unit, list(values), target))
        print(self.lines[-1], flush=True)

    def ratio(self, title: str, above: Sequence[float], below: Sequence[float], target: Target | None = None) -> None:
        """Add the ratio of two figures, taken within each round, since the machine drifts between rounds."""
        self.add(title, "x", [one / other for one, other in zip(above, below, strict=True)], target)

    def note(self, text: str) -> None:
        """Add something that must be said."""
        self.notes.append(text)
        print(f"note: {text}", flush=True)

    def print(self) -> None:
        """Print the table of ratios that have targets, and the notes."""
        print("\nRatios with targets (median of rounds, min .. max)\n")
        for line in self.lines:
            if line.target is not None:
                print(line)
        for note in self.notes:
            print(f"note: {note}")

    def write(self, options: Options) -> Path:
        """Write everything as JSON; return the file."""
        RESULTS.mkdir(exist_ok=True)
        file = RESULTS / f"{self.began:%Y-%m-%dT%H%M%S}.json"
        machine = {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.platform()}
        lines = [{**asdict(line), "median": median(line.values)} for line in self.lines]
        found = {
            "began": self.began.isoformat(),
            "machine": machine,
            "options": asdict(options),
            "lines": lines,
            "notes": self.notes,
        }
        file.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        return file


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"  # noqa: PLR2004 - three figures say enough
