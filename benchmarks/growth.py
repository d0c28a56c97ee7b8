"""What a lead costs, and what it costs when a million are there already."""

from benchmarks.contenders import Arena, Ran, arena
from benchmarks.grounds import Ground, PostgresGround
from benchmarks.options import Options
from benchmarks.processes import load
from benchmarks.report import Report, Target
from benchmarks.stores import fill
from tests.support.postgres import Postgres

_SMALL = 1_000
_CROWD = 64
_TARGET = Target(1.3, at_most=True)
_TELLING = 100_000
_COUNTED = 512
_DESTINATIONS = (("email", "front.desk@clinic.example"), ("webhook", "http://127.0.0.1:9/leads"))


def measure(report: Report, options: Options, server: Postgres) -> None:
    """Measure on each kind of database, with few and with many leads by turns."""
    for kind in options.kinds:
        with arena(kind, server) as place:
            sizes = {_SMALL: _filled(place, _SMALL), options.leads: _filled(place, options.leads)}
            each = (sizes[options.leads].size() - sizes[_SMALL].size()) / (options.leads - _SMALL)
            report.add(f"{kind}: on disk, a delivered lead with all that hangs on it", "bytes", [each])
            ran = _run(place, sizes, options)
            _statements(report, options, place)
        _report(report, options, kind, ran)


def _filled(place: Arena, leads: int) -> Ground:
    def tell(written: int) -> None:
        if written % _TELLING == 0:
            print(f"... {place.kind}: {written:,} leads are there", flush=True)

    ground = place.prepared(*_DESTINATIONS)
    fill(ground.url, leads, tell)
    return ground


def _run(place: Arena, sizes: dict[int, Ground], options: Options) -> dict[int, list[Ran]]:
    ran: dict[int, list[Ran]] = {size: [] for size in sizes}
    with place.freequote(sizes[_SMALL]) as small, place.freequote(sizes[options.leads]) as large:
        doors = {_SMALL: small, options.leads: large}
        for door in doors.values():
            door.measure(_CROWD, 1.0)
        for number in range(options.rounds):
            for size in sorted(sizes, reverse=bool(number % 2)):
                before = sizes[size].count("leads")
                sizes[size].size()  # writes everything out
                one = doors[size].measure(_CROWD, options.seconds)
                doors[size].prove(sizes[size], before + one.figures.accepted)
                ran[size].append(one)
    return ran


def _statements(report: Report, options: Options, place: Arena) -> None:
    """Count what the door asks of the database, from the server's log; SQLite keeps none."""
    ground = place.prepared(*_DESTINATIONS)
    if not isinstance(ground, PostgresGround):
        report.note("sqlite: statements a lead are not counted, since nothing outside the process sees them")
        return
    ground.log_statements()
    with place.freequote(ground) as door:
        for connections in options.connections:
            load(door.url, connections, most=connections)
            before = ground.statements()
            load(door.url, connections, most=_COUNTED)
            each = (ground.statements() - before) / _COUNTED
            report.add(f"{place.kind}: statements a lead, {connections} connections", "", [each])


def _report(report: Report, options: Options, kind: str, ran: dict[int, list[Ran]]) -> None:
    cost = {size: [1e6 / one.figures.rate for one in runs] for size, runs in ran.items()}
    cpu = {size: [one.cpu_us or 0.0 for one in runs] for size, runs in ran.items()}
    for size in ran:
        report.add(f"{kind}: a lead with {size:,} there, {_CROWD} connections", "us", cost[size])
        report.add("    CPU of the serving process", "us", cpu[size])
    title = f"{kind}: accept cost with {options.leads:,} leads/with {_SMALL:,}"
    report.ratio(title, cost[options.leads], cost[_SMALL], _TARGET)
    report.ratio("    the same, CPU of the serving process", cpu[options.leads], cpu[_SMALL])
