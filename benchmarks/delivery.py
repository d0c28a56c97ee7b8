"""One worker, the whole path (claim, open, sign, send, settle), beside bare httpx on the same transport."""

import signal
import time
from typing import Any

import httpx

from app.deliveries.places import IN_FLIGHT, IN_FLIGHT_EACH
from benchmarks.contenders import Arena, Door, arena
from benchmarks.grounds import Ground
from benchmarks.options import Options
from benchmarks.processes import ask, cpu_seconds, free_port, load, running
from benchmarks.report import Report, Target
from tests.support.postgres import Postgres

_TARGET = 0.5
_PATIENCE_SECONDS = 300
_CROWD = 64
# As many as it takes to fill a worker's places.
_DESTINATIONS = IN_FLIGHT // IN_FLIGHT_EACH


def measure(report: Report, options: Options, server: Postgres) -> None:
    """Measure on each kind of database, the two by turns."""
    for kind in options.kinds:
        port = free_port()
        with arena(kind, server) as place, running("benchmarks.sink", str(port), "200", port=port):
            sink = f"http://127.0.0.1:{port}"
            ground = place.prepared(*(("webhook", f"{sink}/leads/{number}") for number in range(_DESTINATIONS)))
            with place.freequote(ground) as door:
                rounds = [
                    _round(place, ground, door, sink, options.deliveries // _DESTINATIONS * _DESTINATIONS)
                    for _ in range(options.rounds)
                ]
        whole, bare, cpu = ([one[place] for one in rounds] for place in range(3))
        report.add(f"{kind}: one worker, whole path", "sent/s", whole)
        report.add("    CPU of the worker", "us/sent", cpu)
        report.add(f"{kind}: bare httpx, the same transport, nothing signed", "sent/s", bare)
        report.ratio(f"{kind}: delivery, whole path/bare httpx", whole, bare, Target(_TARGET))


def _round(place: Arena, ground: Ground, door: Door, sink: str, count: int) -> tuple[float, float, float]:
    """Return deliveries a second by a worker, posts a second by bare httpx, and CPU a delivery."""
    ground.clear()
    load(door.url, _CROWD, most=count // _DESTINATIONS)
    _figures(sink)
    cpu = _work(place, ground, count)
    worked = _figures(sink)
    if worked["arrived"] != count:
        raise RuntimeError(f"{count} deliveries were promised, but {worked['arrived']} came.")
    ask("benchmarks.bare", f"{sink}/leads", str(count), str(worked["length"]))
    return _rate(worked), _rate(_figures(sink)), cpu


def _work(place: Arena, ground: Ground, count: int) -> float:
    """Let one worker do everything that is due; return its CPU for each delivery, in microseconds."""
    worker = place.service(ground).start("worker")
    try:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while ground.count("deliveries", "state = 'delivered'") < count:
            if time.monotonic() > deadline or worker.poll() is not None:
                raise RuntimeError("The worker did not do its work.")
            time.sleep(0.5)
        return cpu_seconds(worker.pid) / count * 1e6
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait(_PATIENCE_SECONDS)


def _figures(sink: str) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{sink}/figures").json()
    return found


def _rate(figures: dict[str, Any]) -> float:
    return float((figures["arrived"] - 1) / figures["seconds"])
