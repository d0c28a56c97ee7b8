"""`python -m soak`: break everything around deliveries for some minutes, print what was injected and what was seen."""

import argparse
import asyncio
import secrets
import sys
import tempfile
from pathlib import Path

from soak.databases import KINDS, Kind
from soak.deployment import Pace
from soak.run import soak
from soak.tally import Tally

_KILLS_IN_TEN_MINUTES = 20
"""At each point, on both databases together."""
_LEASE = "15,4"
"""A process dies every ten seconds: with the product's own lease and deadline none would see a slow answer end."""


def main() -> int:
    """Run on each kind of database, half of the time each; return 1 if anything was violated."""
    parser = argparse.ArgumentParser(prog="python -m soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="how long in all; more for what drains afterwards")
    parser.add_argument("--seed", default="", help="repeats a run's order of faults")
    parser.add_argument("--only", choices=KINDS, help="one kind of database")
    given = parser.parse_args()
    seed = given.seed or secrets.token_hex(4)
    kinds: tuple[Kind, ...] = (given.only,) if given.only else KINDS
    # As short a run as may be still kills at each point once.
    kills = max(round(_KILLS_IN_TEN_MINUTES / len(kinds) * min(given.minutes, 10) / 10), 1)
    pace = Pace(seconds=given.minutes * 60 / len(kinds), kills=kills, rate=8, hold=2, lease=_LEASE)
    violations = [violation for kind in kinds for violation in _run(kind, pace, seed)]
    print(f"\n{len(violations)} violations; SEED={seed} repeats this order of faults.")
    return 1 if violations else 0


def _run(kind: Kind, pace: Pace, seed: str) -> list[str]:
    folder = Path(tempfile.mkdtemp(prefix=f"freequote-soak-{kind}-"))
    print(f"\n{kind}, SEED={seed}, everything under {folder}\n", flush=True)
    tally = Tally(say=lambda line: print(line, flush=True))
    asyncio.run(soak(kind, pace, seed, folder, tally))
    print(f"\n{tally.table()}\n")
    for violation in tally.violations:
        print(f"VIOLATED {violation}")
    return tally.violations


if __name__ == "__main__":
    sys.exit(main())
