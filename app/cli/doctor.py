"""`freequote doctor`: one line for each thing the service needs, and what to do where it is not there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from uuid import uuid4

import typer

from app.access.oidc.checks import check_sign_in
from app.cli.exits import OUT_OF_REACH, REFUSED
from app.cli.showing import AsJson, print_json
from app.clock import SystemClock
from app.database import Database
from app.deliveries.asking import ask_provider
from app.deliveries.checks import delivery_checks
from app.deliveries.mail import SmtpChannel
from app.deliveries.reach import reach
from app.destinations import service as destinations
from app.destinations.guard import Guard
from app.destinations.schemas import DestinationOut
from app.errors import Refusal
from app.health import Finding, database_checks, run_checks
from app.house import open_database
from app.intake.spam.turnstile import UNANSWERED, WRONG, Turnstile
from app.leads.held import held_checks
from app.sealing.deployment import load_deployment_keys
from app.sealing.keyring import Keyring, open_keyring
from app.settings import Settings, read_settings
from app.telemetry import configure_logging


def doctor(as_json: AsJson = False) -> None:
    """Check database, schema, mail, worker, sealing key and destinations; exit code 1 or 3 if anything is wrong."""
    settings = read_settings()
    configure_logging(settings)
    findings = asyncio.run(_examine(settings, aloud=not as_json))
    if as_json:
        shown = [
            {"name": found.name, "ok": found.ok, "detail": found.detail, "remedy": found.remedy} for found in findings
        ]
        print_json({"checks": shown})
    wrong = {found.name for found in findings if not found.ok}
    if wrong:
        raise typer.Exit(OUT_OF_REACH if "database" in wrong else REFUSED)


async def _examine(settings: Settings, *, aloud: bool) -> list[Finding]:
    database = open_database(settings)
    findings = []
    try:
        async for found in _findings(settings, database):
            findings.append(found)
            if aloud:
                _say(found)
    finally:
        await database.dispose()
    return findings


def _say(found: Finding) -> None:
    mark = typer.style("ok   ", fg="green") if found.ok else typer.style("WRONG", fg="red")
    typer.echo(f"{mark}  {found.name}: {found.detail}")
    if found.remedy:
        typer.echo(f"       {found.remedy}")


async def _findings(settings: Settings, database: Database) -> AsyncIterator[Finding]:
    if settings.smtp_url.get_secret_value():
        yield await _smtp(settings)
    if settings.oidc_issuer:
        yield await _sign_in(settings)
    if settings.turnstile_site_key:
        yield await _turnstile(settings)
    basis = await run_checks(database_checks(database))
    for found in basis:
        yield found
    if not all(found.ok for found in basis):
        return
    clock = SystemClock()
    for found in await run_checks([*delivery_checks(database, settings, clock), *held_checks(database, clock)]):
        yield found
    try:
        keyring = await open_keyring(database, load_deployment_keys(settings), clock.now())
    except Refusal as refusal:
        yield Finding("sealing key", ok=False, detail="it opens nothing", remedy=str(refusal))
        return
    yield Finding("sealing key", ok=True, detail="opens the keyring")
    async for found in _destinations(settings, database, keyring):
        yield found


async def _smtp(settings: Settings) -> Finding:
    try:
        detail = await SmtpChannel(settings.smtp_url.get_secret_value(), settings.delivery_deadline).check()
    except Refusal as refusal:
        remedy = "Letters wait until it does; none is lost."
        return Finding("SMTP log-in", ok=False, detail=str(refusal), remedy=remedy)
    return Finding("SMTP log-in", ok=True, detail=detail)


async def _sign_in(settings: Settings) -> Finding:
    async with aclosing(ask_provider(settings, SystemClock())) as asks:
        return await check_sign_in(settings, asks, SystemClock())


async def _turnstile(settings: Settings) -> Finding:
    """Ask about a token that nobody gave: whoever takes our secret says that this is none."""
    async with aclosing(Turnstile.of(settings, SystemClock())) as turnstile:
        sign = await turnstile.sign_of("freequote-doctor", uuid4())
    if sign == WRONG:
        return Finding("Turnstile", ok=True, detail="takes our secret")
    if sign == UNANSWERED:
        remedy = "The log says what came back. Requests are taken all the same."
        return Finding("Turnstile", ok=False, detail="it does not answer, or not to our secret", remedy=remedy)
    remedy = "Set the secret that belongs to your own site key: this one is for tests."
    return Finding("Turnstile", ok=False, detail="it takes any token", remedy=remedy)


async def _destinations(settings: Settings, database: Database, keyring: Keyring) -> AsyncIterator[Finding]:
    guard = Guard(settings.allow_networks)
    for destination in await destinations.list_destinations(database, keyring):
        if destination.state == "paused":
            remedy = f"`freequote destination resume {destination.id}` sets it going."
            yield Finding(f"destination {destination.name}", ok=False, detail="paused", remedy=remedy)
        elif destination.kind == "webhook":
            yield await _webhook(destination, guard, settings.delivery_deadline)


async def _webhook(destination: DestinationOut, guard: Guard, deadline_seconds: float) -> Finding:
    obstacle = await reach(destination.address, guard, deadline_seconds)
    name = f"destination {destination.name}"
    if obstacle is None:
        return Finding(name, ok=True, detail="reachable")
    return Finding(name, ok=False, detail=obstacle.reason, remedy=obstacle.remedy)
