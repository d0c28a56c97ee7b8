"""A healthy destination alone, and beside a slow and a dead one: from a lead's commit to its arrival."""

import asyncio
import itertools
from statistics import quantiles

from benchmarks.contenders import Arena, arena
from benchmarks.grounds import Ground
from benchmarks.options import Options
from benchmarks.processes import ask, free_port
from benchmarks.report import Report, Target
from tests.support.postgres import Postgres

_TARGET = Target(1.5, at_most=True)
# Long enough for the slow one to fill its places, and for a 99th percentile that means something.
_STRETCH = 5
_STOP_SECONDS = 30
_NUMBERS = itertools.count(1, 20_000)


def measure(report: Report, options: Options, server: Postgres) -> None:
    """Measure on each kind of database; within a round first alone, then beside the others."""
    for kind in options.kinds:
        with arena(kind, server) as place:
            port, nobody = free_port(), free_port()
            healthy = ("webhook", f"http://127.0.0.1:{port}/healthy")
            others = [("webhook", f"http://127.0.0.1:{port}/slow"), ("webhook", f"http://127.0.0.1:{nobody}/")]
            grounds = [place.prepared(healthy), place.prepared(healthy, *others)]
            seconds = options.seconds * _STRETCH
            rounds = [[_times(place, ground, port, seconds) for ground in grounds] for _ in range(options.rounds)]
        alone, beside = ([_p99(times[place]) for times in rounds] for place in (0, 1))
        report.add(f"{kind}: healthy destination alone, p99", "ms", alone)
        report.add(f"{kind}: the same beside a slow and a dead one, p99", "ms", beside)
        report.ratio(f"{kind}: commit to arrival, beside/alone, p99", beside, alone, _TARGET)


def _times(place: Arena, ground: Ground, port: int, seconds: float) -> list[float]:
    """Return milliseconds from commit to arrival, lead by lead."""
    ground.clear()
    service = place.service(ground)
    # On SQLite one process is both: a worker of its own would hear of nothing, and the poll would be what is measured.
    options = ["--no-worker"] if place.kind == "postgresql" else []
    try:
        asyncio.run(service.serve(*options))
        if place.kind == "postgresql":
            service.start("worker")
        found: list[float] = ask("benchmarks.arrivals", service.url, str(port), str(seconds), str(next(_NUMBERS)))
        return found
    finally:
        # The slow destination's answers are not waited for.
        for process in service.processes:
            process.kill()
            process.wait(_STOP_SECONDS)


def _p99(times: list[float]) -> float:
    return quantiles(times, n=100)[-1]
