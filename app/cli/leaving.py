"""Leaving in time, whatever does not answer: all that was acknowledged is on disk, so a hard end loses nothing."""

import os
import threading

from app.cli.exits import OUT_OF_REACH
from app.telemetry import logger

_GRACE_SECONDS = 25.0
"""How long after SIGTERM a process may still be there; supervisors are told to insist after 30 seconds."""


def leave_in_time() -> None:
    """End this process when its grace is over, with exit code 3, should it still be there then."""
    # A thread, since the event loop may be what is stuck; it does not hold up an exit that comes sooner.
    timer = threading.Timer(_GRACE_SECONDS, _end)
    timer.daemon = True
    timer.start()


def _end() -> None:
    logger.error("left with work unfinished: something did not answer", seconds=_GRACE_SECONDS)
    os._exit(OUT_OF_REACH)
