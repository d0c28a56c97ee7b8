"""Figures of one process for Prometheus, counted where things happen: no personal data, and no label without bounds.

Whoever counts is handed its part, or None where nobody asks for figures.
"""

from collections.abc import Callable
from dataclasses import dataclass

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)

_REQUEST_SECONDS = (0.005, 0.02, 0.05, 0.1, 0.25, 1, 5, 15)
_COMMIT_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5)
_ATTEMPT_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 60)
_Noting = tuple[Callable[[], None], Callable[[float], None]]


class RequestFigures:
    """What was asked over HTTP, by the template of the route."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._answered = Counter(
            "freequote_http_requests", "Requests answered.", ("method", "route", "status"), registry=registry
        )
        self._seconds = Histogram(
            "freequote_http_request_seconds",
            "From a request's first line to the end of its answer.",
            ("route",),
            registry=registry,
            buckets=_REQUEST_SECONDS,
        )
        self._known: dict[tuple[str, str, int], _Noting] = {}

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request; `method` and `route` are of our own spelling, never of the caller's."""
        known = self._known.get((method, route, status))
        if known is None:
            known = self._answered.labels(method, route, status).inc, self._seconds.labels(route).observe
            self._known[method, route, status] = known
        known[0]()
        known[1](seconds)


class DoorFigures:
    """What the door wrote."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._accepted = Counter("freequote_leads_accepted", "Leads that came in through the door.", registry=registry)
        self._held = Counter("freequote_leads_held", "Those among them that were held.", registry=registry)
        self._waiting = Gauge("freequote_door_waiting", "Requests that wait to be written.", registry=registry)
        self._seconds = Histogram(
            "freequote_door_commit_seconds",
            "To write one batch of requests.",
            registry=registry,
            buckets=_COMMIT_SECONDS,
        )
        self._unwritten = Counter("freequote_door_unwritten", "Batches that could not be written.", registry=registry)

    def watch(self, waiting: Callable[[], int]) -> None:
        """Learn whom to ask how many requests wait."""
        self._waiting.set_function(waiting)

    def note(self, accepted: int, held: int, seconds: float) -> None:
        """Count a batch that was written, and the new leads in it."""
        self._accepted.inc(accepted)
        self._held.inc(held)
        self._seconds.observe(seconds)

    def note_unwritten(self) -> None:
        """Count a batch that could not be written."""
        self._unwritten.inc()


class AttemptFigures:
    """What was tried to keep promises."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._ended = Counter(
            "freequote_attempts", "Attempts at deliveries that ended.", ("kind", "outcome"), registry=registry
        )
        self._seconds = Histogram(
            "freequote_attempt_seconds", "One attempt.", ("kind",), registry=registry, buckets=_ATTEMPT_SECONDS
        )
        self._in_flight = Gauge(
            "freequote_attempts_in_flight", "Deliveries that are sent or settled just now.", registry=registry
        )
        self._known: dict[tuple[str, str], _Noting] = {}

    def watch(self, in_flight: Callable[[], int]) -> None:
        """Learn whom to ask how many attempts are under way."""
        self._in_flight.set_function(in_flight)

    def note(self, kind: str, outcome: str, seconds: float) -> None:
        """Count an attempt, by the kind of its destination and the word for what came of it."""
        known = self._known.get((kind, outcome))
        if known is None:
            known = self._ended.labels(kind, outcome).inc, self._seconds.labels(kind).observe
            self._known[kind, outcome] = known
        known[0]()
        known[1](seconds)


@dataclass(frozen=True, slots=True)
class Figures:
    """What one process counts; without anything, nobody asks."""

    requests: RequestFigures | None = None
    door: DoorFigures | None = None
    attempts: AttemptFigures | None = None

    @classmethod
    def of_service(cls, registry: CollectorRegistry) -> "Figures":
        """Make what `serve` counts."""
        return cls(RequestFigures(registry), DoorFigures(registry), AttemptFigures(registry))

    @classmethod
    def of_worker(cls, registry: CollectorRegistry) -> "Figures":
        """Make what `worker` counts."""
        return cls(attempts=AttemptFigures(registry))


def process_registry() -> CollectorRegistry:
    """Make a registry that knows the process itself: memory, CPU, open files, the collector's work."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    return registry
