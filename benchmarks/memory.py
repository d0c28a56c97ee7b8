"""Memory of the serving process at rest and after many leads; and what those leads take on disk."""

from benchmarks.contenders import arena
from benchmarks.options import Options
from benchmarks.processes import load, memory_bytes
from benchmarks.report import Report, Target
from tests.support.postgres import Postgres

_CROWD = 64
_FLAT = Target(1.1, at_most=True)
_DESTINATIONS = (("email", "front.desk@clinic.example"), ("webhook", "http://127.0.0.1:9/leads"))


def measure(report: Report, options: Options, server: Postgres) -> None:
    """Measure on each kind of database; flat means that ten times the leads take a tenth more memory at most."""
    for kind in options.kinds:
        with arena(kind, server) as place:
            ground = place.prepared(*_DESTINATIONS)
            empty = ground.size()
            with place.freequote(ground) as door:
                held = [memory_bytes(door.pid)]
                for leads in (options.sent // 10, options.sent - options.sent // 10):
                    load(door.url, _CROWD, most=leads)
                    held.append(memory_bytes(door.pid))
                door.prove(ground, options.sent)
            each = (ground.size() - empty) / options.sent
        moments = ("at rest", f"after {options.sent // 10:,} leads", f"after {options.sent:,} leads")
        for moment, held_then in zip(moments, held, strict=True):
            report.add(f"{kind}: resident memory {moment}", "MB", [held_then / 1e6])
        report.ratio(f"{kind}: memory {moments[2]}/{moments[1]}", held[2:], held[1:2], _FLAT)
        report.add(f"{kind}: on disk, a new lead with all that hangs on it", "bytes", [each])
