"""`freequote lead`."""

import sys
from datetime import datetime
from functools import partial
from typing import Annotated

import typer

from app.cli.exporting import export_, subject_export
from app.cli.filtering import filtered
from app.cli.importing import import_
from app.cli.running import run
from app.cli.showing import AsJson, show, show_list
from app.cli.turning import Cursor, Limit, Whole, turned
from app.errors import Refusal
from app.leads import service
from app.leads.schemas import LeadFilters, LeadSummary
from app.leads.stats.asking import USUAL_DAYS
from app.leads.stats.held import held_figures
from app.leads.stats.schemas import HeldFigures
from app.leads.timeline import TimelineEntry
from app.paging import DEFAULT_LIMIT, Page
from app.parts import Parts
from app.privacy.service import erase

_DAY = ["%Y-%m-%d"]
app = typer.Typer(help="Accepted quote requests.", no_args_is_help=True, add_completion=False)
app.command("export")(export_)
app.command("import")(import_)
app.command("subject-export")(subject_export)


@app.command("list")
@filtered
def list_(
    filters: LeadFilters,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    whole: Whole = False,
    as_json: AsJson = False,
) -> None:
    """List leads, newest first."""

    async def read(house: Parts, cursor: str | None, limit: int) -> Page[LeadSummary]:
        return await service.list_leads(house.database, house.keyring, filters, cursor=cursor, limit=limit)

    page = run(lambda house: turned(partial(read, house), cursor, limit, whole=whole))
    columns = ("reference", "received_at", "status", "form", "country", "name", "email", "phone")
    spare = ("country", "form", "phone", "email")
    show_list(page.items, columns, spare=spare, as_json=as_json, next_cursor=page.next_cursor)


@app.command("show")
def show_(lead: Annotated[str, typer.Argument(help="Id or reference.")], as_json: AsJson = False) -> None:
    """Show one lead, whole."""
    show(run(lambda house: service.show(house.database, house.keyring, lead)), as_json=as_json)


@app.command("timeline")
def timeline(
    lead: Annotated[str, typer.Argument(help="Id or reference.")],
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    whole: Whole = False,
    as_json: AsJson = False,
) -> None:
    """Show all that happened to a lead, in order."""

    async def read(house: Parts, cursor: str | None, limit: int) -> Page[TimelineEntry]:
        return await service.timeline_of(house.database, house.keyring, lead, cursor=cursor, limit=limit)

    page = run(lambda house: turned(partial(read, house), cursor, limit, whole=whole))
    columns = ("at", "kind", "by", "before", "after", "text", "delivery")
    show_list(page.items, columns, spare=("delivery",), as_json=as_json, next_cursor=page.next_cursor)


@app.command("erase")
def erase_(
    lead: Annotated[str, typer.Argument(help="Id or reference.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether it is meant.")] = False,
    as_json: AsJson = False,
) -> None:
    """Erase a lead for good, and tell everyone who was told of it. Nothing brings it back."""
    if not yes:
        if not sys.stdin.isatty():
            raise Refusal("Nothing brings an erased lead back: say that it is meant with --yes.")
        typer.confirm(f"Erase {lead} for good?", abort=True, err=True)
    show(run(lambda house: erase(house, lead)), as_json=as_json)


@app.command("held-figures")
def held_figures_(
    first: Annotated[datetime | None, typer.Option("--from", formats=_DAY, help="The first day; else 30.")] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=_DAY, help="The last day; else today.")] = None,
    form: Annotated[str | None, typer.Option(help="Only what came through this form.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what became of held leads, by the reasons that they were held for. Days are UTC."""

    async def count(house: Parts) -> HeldFigures:
        until = last.date() if last else house.clock.now().date()
        return await held_figures(house.database, first.date() if first else until - USUAL_DAYS, until, form)

    found = run(count)
    if as_json:
        show(found, as_json=True)
        return
    typer.echo(f"{found.held} held: {found.released} released, {found.rejected} rejected, {found.waiting} waiting")
    show_list(found.reasons, ("reason", "held", "released", "rejected", "waiting"), as_json=False)
