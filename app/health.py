"""Is the process up (`/healthz`), and can it do its work (`/readyz`)? `freequote doctor` asks the same questions."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from sqlalchemy import text

from app import schema
from app.database import Database
from app.errors import OutOfReach

_PATIENCE_SECONDS = 15.0
"""How long one check may take; whoever asks whether we are ready has long given up by then."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""
    """What to do about it, where it is not ok."""


Check = Callable[[], Awaitable[Finding]]


class CheckOut(BaseModel):
    """What one check found."""

    name: Annotated[str, Field(examples=["database"])]
    ok: bool
    detail: str


class Readiness(BaseModel):
    """Whether the service can do its work."""

    ready: bool
    checks: list[CheckOut]


def health_router(checks: Sequence[Check]) -> APIRouter:
    """Make the two routes; `/readyz` is red when any of the checks is."""
    router = APIRouter(tags=["operations"])

    @router.get("/healthz", operation_id="isAlive")
    async def healthz() -> dict[str, str]:
        """Answer while the process is up."""
        return {"status": "ok"}

    @router.get("/readyz", operation_id="isReady", responses={HTTPStatus.SERVICE_UNAVAILABLE: {"model": Readiness}})
    async def readyz(response: Response) -> Readiness:
        """Say whether the service can do its work."""
        findings = await run_checks(checks)
        ready = all(finding.ok for finding in findings)
        if not ready:
            response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
            response.headers["Retry-After"] = "5"
        shown = [CheckOut(name=finding.name, ok=finding.ok, detail=finding.detail) for finding in findings]
        return Readiness(ready=ready, checks=shown)

    return router


async def run_checks(checks: Sequence[Check]) -> list[Finding]:
    """Run checks one after the other; one that cannot reach the database has found just that."""
    return [await _run(check) for check in checks]


async def _run(check: Check) -> Finding:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            return await check()
    except (OutOfReach, TimeoutError):
        name = getattr(check, "__name__", "check").removeprefix("check_").replace("_", " ")
        return Finding(name, ok=False, detail="the database does not answer")


def database_checks(database: Database) -> list[Check]:
    """Make the checks of the database and of its schema."""

    async def check_database() -> Finding:
        try:
            async with database.read() as session:
                await session.execute(text("SELECT 1"))
        except OutOfReach:
            remedy = "Look whether the server runs and whether FREEQUOTE_DATABASE_URL names it."
            return Finding("database", ok=False, detail="it does not answer", remedy=remedy)
        return Finding("database", ok=True, detail="SQLite" if database.is_sqlite else "PostgreSQL")

    async def check_schema() -> Finding:
        current, head = await schema.current(database), schema.head()
        if current == head:
            return Finding("schema", ok=True, detail=f"at {head}")
        detail = f"at {current or 'nothing'}, this version needs {head}"
        return Finding("schema", ok=False, detail=detail, remedy="Run `freequote migrate`.")

    return [check_database, check_schema]
