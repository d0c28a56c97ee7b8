"""`freequote lead`."""

from datetime import datetime
from typing import Annotated

import typer

from app.cli.running import checked, run
from app.cli.showing import AsJson, show, show_list
from app.leads import service
from app.leads.schemas import LeadFilters, Status
from app.paging import DEFAULT_LIMIT, MAX_LIMIT

app = typer.Typer(help="Accepted quote requests.", no_args_is_help=True, add_completion=False)


@app.command("list")
def list_(
    status: Annotated[list[Status] | None, typer.Option(help="Only these; repeatable.")] = None,
    form: Annotated[str | None, typer.Option(help="Only leads of this form.")] = None,
    country: Annotated[str | None, typer.Option(help="Only this country: ES")] = None,
    received_from: Annotated[datetime | None, typer.Option(help="Received then (UTC) or later.")] = None,
    received_to: Annotated[datetime | None, typer.Option(help="Received before that (UTC).")] = None,
    held: Annotated[bool, typer.Option("--held", help="Those held as suspected spam instead.")] = False,
    test: Annotated[bool, typer.Option("--test", help="Test leads instead.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, typer.Option(help="next_cursor of the page before.")] = None,
    as_json: AsJson = False,
) -> None:
    """List leads, newest first."""
    filters = checked(
        LeadFilters,
        status=status or [],
        form=form,
        country=country,
        held=held,
        test=test,
        received_from=received_from,
        received_to=received_to,
    )
    page = run(lambda house: service.list_leads(house.database, house.keyring, filters, cursor=cursor, limit=limit))
    columns = ("reference", "received_at", "status", "form", "country", "name", "email", "phone")
    spare = ("country", "form", "phone", "email")
    show_list(page.items, columns, spare=spare, as_json=as_json, next_cursor=page.next_cursor)


@app.command("show")
def show_(lead: Annotated[str, typer.Argument(help="Id or reference.")], as_json: AsJson = False) -> None:
    """Show one lead, whole."""
    show(run(lambda house: service.show(house.database, house.keyring, lead)), as_json=as_json)
