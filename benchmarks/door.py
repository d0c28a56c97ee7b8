"""The door beside its rivals: leads a second, waiting time, CPU."""

from benchmarks.contenders import TITLES, Arena, Door, Limit, Ran, arena, contenders, serves_in_processes
from benchmarks.options import Options
from benchmarks.report import Report, Target
from tests.support.postgres import Postgres

CROWD = 64
_ALONE = 1
_TARGETS = {
    "postgresql": {"b1": 7.0, "b2": 11.0, "c": 0.9},
    "sqlite": {"b1": 6.0, "b2": 8.0, "c": 0.8},
}
_ALONE_TARGET = 1.5
_TWO_PROCESSES_TARGET = 1.3
_P99_TARGET = 0.1


def measure(report: Report, options: Options, server: Postgres) -> None:
    """Measure every contender on each kind of database, interleaved."""
    for kind in options.kinds:
        with arena(kind, server) as place, contenders(place, _names(report, options, place)) as made:
            for connections in options.connections:
                _level(report, options, place, made, connections)


def _names(report: Report, options: Options, place: Arena) -> list[str]:
    names = [name for name in options.contenders if name != "a2" or place.kind == "postgresql"]
    if "a2" in names and not serves_in_processes():
        report.note("two processes: not measured, `freequote serve` has no --processes yet")
        names.remove("a2")
    return names


def _level(report: Report, options: Options, place: Arena, made: dict[str, Door | Limit], connections: int) -> None:
    """Measure at one number of connections."""
    names = [name for name in made if connections == CROWD or name not in {"a2", "d"}]
    ran: dict[str, list[Ran]] = {name: [] for name in names}
    for number in range(options.rounds):
        # Each is first once, so that drift and leftovers hit all.
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            ran[name].append(made[name].run(connections, options.seconds))
    where = f"{place.kind}, {connections}"
    for name, runs in ran.items():
        _figures(report, f"{where}: ({name}) {TITLES[name]}", runs)
    _ratios(report, place.kind, connections, ran)


def _figures(report: Report, title: str, runs: list[Ran]) -> None:
    report.add(title, "leads/s", [run.figures.rate for run in runs])
    report.add("    p50", "ms", [run.figures.p50_ms for run in runs])
    report.add("    p99", "ms", [run.figures.p99_ms for run in runs])
    cpu = [run.cpu_us for run in runs if run.cpu_us is not None]
    if cpu:
        report.add("    CPU of the serving process", "us/lead", cpu)


def _ratios(report: Report, kind: str, connections: int, ran: dict[str, list[Ran]]) -> None:
    if "a" not in ran:
        return
    where = f"{kind}, {connections}"
    rates = {name: [run.figures.rate for run in runs] for name, runs in ran.items()}
    for rival in ("b1", "b2", "c", "d"):
        if rival in ran:
            report.ratio(f"{where}: (a)/({rival})", rates["a"], rates[rival], _target(kind, rival, connections))
    if "b1" in ran:
        slow = {name: [run.figures.p99_ms for run in ran[name]] for name in ("a", "b1")}
        target = Target(_P99_TARGET, at_most=True) if connections == CROWD else None
        report.ratio(f"{where}: p99 of (a)/(b1)", slow["a"], slow["b1"], target)
    if "a2" in ran:
        report.ratio(f"{where}: (a2)/(a)", rates["a2"], rates["a"], Target(_TWO_PROCESSES_TARGET))


def _target(kind: str, rival: str, connections: int) -> Target | None:
    if connections == CROWD and rival in _TARGETS[kind]:
        return Target(_TARGETS[kind][rival])
    return Target(_ALONE_TARGET) if (connections, rival) == (_ALONE, "b1") else None
