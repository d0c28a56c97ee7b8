"""`freequote doctor`: one line for each thing the service needs, and what to do where it is not there."""

import asyncio
from collections.abc import AsyncIterator

import typer

from app.cli.running import AsJson, print_json
from app.clock import SystemClock
from app.database import Database
from app.deliveries.checks import delivery_checks
from app.deliveries.engine import DEADLINE_SECONDS
from app.deliveries.mail import SmtpChannel
from app.deliveries.reach import reach
from app.destinations import service as destinations
from app.destinations.guard import Guard
from app.errors import Refusal
from app.health import Finding, database_checks, run_checks
from app.main import open_database
from app.sealing.deployment import load_deployment_keys
from app.sealing.keyring import Keyring, open_keyring
from app.settings import Settings, read_settings
from app.telemetry import configure_logging


def doctor(as_json: AsJson = False) -> None:
    """Check database, schema, sealing key, worker, mail and destinations; exit code 1 if anything is wrong."""
    settings = read_settings()
    configure_logging(settings)
    findings = asyncio.run(_examine(settings))
    if as_json:
        shown = [
            {"name": found.name, "ok": found.ok, "detail": found.detail, "remedy": found.remedy} for found in findings
        ]
        print_json({"checks": shown})
    else:
        for found in findings:
            mark = typer.style("ok   ", fg="green") if found.ok else typer.style("WRONG", fg="red")
            typer.echo(f"{mark}  {found.name}: {found.detail}" + (f". {found.remedy}" if found.remedy else ""))
    if not all(found.ok for found in findings):
        raise typer.Exit(1)


async def _examine(settings: Settings) -> list[Finding]:
    database = open_database(settings)
    try:
        found = await run_checks(database_checks(database))
        if all(one.ok for one in found):
            found += [one async for one in _examine_house(settings, database)]
        return found
    finally:
        await database.dispose()


async def _examine_house(settings: Settings, database: Database) -> AsyncIterator[Finding]:
    clock = SystemClock()
    for finding in await run_checks(delivery_checks(database, settings, clock)):
        yield finding
    if settings.smtp_url.get_secret_value():
        yield await _smtp(settings)
    try:
        keyring = await open_keyring(database, load_deployment_keys(settings), clock.now())
    except Refusal as refusal:
        yield Finding("sealing key", ok=False, detail=str(refusal))
        return
    yield Finding("sealing key", ok=True, detail="opens the keyring")
    async for finding in _reachable(settings, database, keyring):
        yield finding


async def _smtp(settings: Settings) -> Finding:
    try:
        detail = await SmtpChannel(settings.smtp_url.get_secret_value(), DEADLINE_SECONDS).check()
    except Refusal as refusal:
        return Finding("SMTP log-in", ok=False, detail=str(refusal))
    return Finding("SMTP log-in", ok=True, detail=detail)


async def _reachable(settings: Settings, database: Database, keyring: Keyring) -> AsyncIterator[Finding]:
    guard = Guard(settings.allow_networks)
    for destination in await destinations.list_destinations(database, keyring):
        name = f"destination {destination.name}"
        if destination.state == "paused":
            yield Finding(name, ok=False, detail="paused", remedy="`freequote destination resume` sets it going.")
        elif destination.kind == "webhook":
            reason = await reach(destination.address, guard, DEADLINE_SECONDS)
            remedy = "Look whether its server runs and its name is right."
            yield Finding(name, ok=not reason, detail=reason or "reachable", remedy=remedy if reason else "")
