"""Several serving processes on one listening socket; one that dies is started again."""

import os
import signal
import time
from collections.abc import Callable
from types import FrameType

from app.telemetry import logger

_REST_SECONDS = 1.0
"""How long a process that died at once is left alone, so that a fault at start-up does not spin."""


class Processes:
    """Forks so many processes that each do the same, given their number from 0, and ends when all have ended."""

    def __init__(self, count: int, work: Callable[[int], bool]) -> None:
        self._count = count
        self._work = work
        self._running: dict[int, tuple[int, float]] = {}
        """Process to its number, which the next in its place takes over, and when it was started."""
        self._stopping = False

    def run(self) -> None:
        """Run until told to stop (SIGTERM, SIGINT); then each process drains."""
        for told in (signal.SIGTERM, signal.SIGINT):
            signal.signal(told, self._stop)
        for number in range(self._count):
            self._start(number)
        while self._running:
            process, status = os.wait()
            ended = self._running.pop(process, None)
            if ended is not None and not self._stopping:
                number, started = ended
                logger.error("a serving process ended; starting another", status=os.waitstatus_to_exitcode(status))
                time.sleep(max(0.0, _REST_SECONDS - (time.monotonic() - started)))
                self._start(number)

    def _start(self, number: int) -> None:
        if self._stopping:
            return
        process = os.fork()
        if process == 0:
            for told in (signal.SIGTERM, signal.SIGINT):
                signal.signal(told, signal.SIG_DFL)
            os._exit(self._code_of_work(number))
        self._running[process] = number, time.monotonic()

    def _code_of_work(self, number: int) -> int:
        try:
            return 0 if self._work(number) else 1
        except SystemExit as end:
            return int(end.code or 0)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True
        for process in self._running:
            os.kill(process, signal.SIGTERM)
