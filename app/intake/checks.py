"""Can the door write what it is given?"""

from fastapi import FastAPI

from app.health import Check, Finding
from app.intake.admission import Admission

RED_SECONDS = 30.0
"""How long one failed write keeps the door red; then a proxy may send it the next request, which shows."""


def door_checks(app: FastAPI) -> list[Check]:
    """Make the check of the admission loop that runs in `app`.

    A full disk still answers every question: only a write that failed tells of it.
    """

    async def check_door() -> Finding:
        admission: Admission = app.state.admission
        seconds = admission.failing_seconds
        if seconds is None or seconds > RED_SECONDS:
            return Finding("door", ok=True, detail="open")
        remedy = "Look whether the database's disk is full."
        return Finding("door", ok=False, detail="the last request could not be written", remedy=remedy)

    return [check_door]
