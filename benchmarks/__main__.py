"""`python -m benchmarks`: run the parts that are asked for, print a table, write JSON."""

import argparse
from collections.abc import Callable, Sequence

from benchmarks import beside, delivery, door, growth, lists, memory, page, selfcheck
from benchmarks.contenders import TITLES
from benchmarks.grounds import KINDS, postgres
from benchmarks.options import Options
from benchmarks.report import Report
from tests.support.postgres import Postgres

_PARTS: dict[str, Callable[[Report, Options, Postgres], None]] = {
    "load": lambda report, options, _: selfcheck.measure(report, options),
    "door": door.measure,
    "delivery": delivery.measure,
    "beside": beside.measure,
    "growth": growth.measure,
    "memory": memory.measure,
    "lists": lists.measure,
    "page": page.measure,
}


def _words(text: str) -> Sequence[str]:
    return text.split(",")


def _numbers(text: str) -> Sequence[int]:
    return [int(word) for word in text.split(",")]


def _read() -> tuple[Sequence[str], Options]:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"{', '.join(_PARTS)}; none: all of them")
    parser.add_argument("--only", choices=KINDS, help="one kind of database")
    parser.add_argument("--connections", type=_numbers, default=[1, 16, 64], metavar="1,16,64")
    parser.add_argument("--contenders", type=_words, default=list(TITLES), metavar=",".join(TITLES))
    parser.add_argument("--seconds", type=float, default=3.0, help="how long each run lasts")
    parser.add_argument("--rounds", type=int, default=5, help="how often each contender runs")
    parser.add_argument("--leads", type=int, default=1_000_000, help="how many are in the large table of `growth`")
    parser.add_argument("--sent", type=int, default=100_000, help="how many are sent in `memory`")
    parser.add_argument("--deliveries", type=int, default=2_000, help="how many each round of `delivery` sends")
    given = parser.parse_args()
    if unknown := set(given.parts) - {*_PARTS, "all"} | set(given.contenders) - set(TITLES):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    options = Options(
        kinds=[given.only] if given.only else KINDS,
        connections=given.connections,
        contenders=given.contenders,
        seconds=given.seconds,
        rounds=given.rounds,
        leads=given.leads,
        sent=given.sent,
        deliveries=given.deliveries,
    )
    parts = list(_PARTS) if not given.parts or "all" in given.parts else given.parts
    return parts, options


def main() -> None:
    """Run."""
    parts, options = _read()
    report = Report()
    with postgres() as server:
        for part in parts:
            print(f"\n{part}\n", flush=True)
            _PARTS[part](report, options, server)
    report.print()
    print(f"\nWritten to {report.write(options)}")


main()
