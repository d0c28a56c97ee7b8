"""What is asked of a run."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.grounds import Kind


@dataclass(frozen=True, slots=True)
class Options:
    """The options of `python -m benchmarks`."""

    kinds: Sequence[Kind]
    connections: Sequence[int]
    contenders: Sequence[str]
    seconds: float
    rounds: int
    leads: int
    """How many leads are in the large table of `growth`."""
    sent: int
    """How many leads are sent in `memory`."""
    deliveries: int
    """How many deliveries a round of `delivery` sends."""
