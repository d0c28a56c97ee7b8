"""The load generator against a server that does nothing: it must not be what is measured."""

from benchmarks.contenders import Door
from benchmarks.options import Options
from benchmarks.processes import free_port, running
from benchmarks.report import Report, Target

_TARGET = 3.0


def measure(report: Report, options: Options) -> None:
    """Measure the generator beside the fastest contender, the one without a database."""
    idle, rival = free_port(), free_port()
    with (
        running("benchmarks.sink", str(idle), "201", port=idle) as sink,
        running("benchmarks.rivals", "no_database", str(rival), port=rival) as usual,
    ):
        doors = {"sink": Door(f"http://127.0.0.1:{idle}", sink), "c": Door(f"http://127.0.0.1:{rival}", usual)}
        for connections in options.connections:
            runs = [
                {name: door.run(connections, options.seconds).figures for name, door in doors.items()}
                for _ in range(options.rounds)
            ]
            alone, beside = [run["sink"].rate for run in runs], [run["c"].rate for run in runs]
            report.add(f"load generator, {connections}: a server that does nothing", "answers/s", alone)
            report.add("    CPU of the generator", "us/request", [run["sink"].cpu_us for run in runs])
            report.ratio(f"load generator, {connections}: beside (c)", alone, beside, Target(_TARGET))
