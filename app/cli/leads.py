"""`freequote lead`."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from app.cli.exporting import export_
from app.cli.importing import import_
from app.cli.running import checked, run
from app.cli.showing import AsJson, show, show_list
from app.leads import service
from app.leads.schemas import LeadFilters, Sort, Status
from app.paging import DEFAULT_LIMIT, MAX_LIMIT

app = typer.Typer(help="Accepted quote requests.", no_args_is_help=True, add_completion=False)
app.command("export")(export_)
app.command("import")(import_)


@app.command("list")
def list_(
    q: Annotated[
        str | None, typer.Option("--search", "-q", help="Words of name or mail, last digits of the phone, reference.")
    ] = None,
    email: Annotated[str | None, typer.Option(help="This very address.")] = None,
    phone: Annotated[str | None, typer.Option(help="This very number: +34612345678")] = None,
    status: Annotated[list[Status] | None, typer.Option(help="Only these; repeatable.")] = None,
    form: Annotated[str | None, typer.Option(help="Only leads of this form.")] = None,
    country: Annotated[str | None, typer.Option(help="Only this country: ES")] = None,
    language: Annotated[str | None, typer.Option(help="Only this language: es")] = None,
    condition: Annotated[str | None, typer.Option(help="Only this condition: multiple-sclerosis")] = None,
    assignee: Annotated[str | None, typer.Option(help="Only leads that they answer.")] = None,
    tag: Annotated[str | None, typer.Option(help="Only leads with this tag.")] = None,
    unanswered: Annotated[
        bool | None, typer.Option("--unanswered/--answered", help="Those that never left `new`, or those that did.")
    ] = None,
    received_from: Annotated[datetime | None, typer.Option(help="Received then (UTC) or later.")] = None,
    received_to: Annotated[datetime | None, typer.Option(help="Received before that (UTC).")] = None,
    updated_from: Annotated[datetime | None, typer.Option(help="Last changed then (UTC) or later.")] = None,
    updated_to: Annotated[datetime | None, typer.Option(help="Last changed before that (UTC).")] = None,
    held: Annotated[bool, typer.Option("--held", help="Those held as suspected spam instead.")] = False,
    test: Annotated[bool, typer.Option("--test", help="Test leads instead.")] = False,
    sort: Annotated[Sort, typer.Option(help="The order.")] = Sort.NEWEST,
    limit: Annotated[int, typer.Option(min=1, max=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, typer.Option(help="next_cursor of the page before.")] = None,
    as_json: AsJson = False,
) -> None:
    """List leads, newest first."""
    given = {name: value for name, value in locals().items() if name in LeadFilters.model_fields and value is not None}
    moments = {name: value.replace(tzinfo=UTC) for name, value in given.items() if isinstance(value, datetime)}
    filters = checked(LeadFilters, **given | moments)
    page = run(lambda house: service.list_leads(house.database, house.keyring, filters, cursor=cursor, limit=limit))
    columns = ("reference", "received_at", "status", "form", "country", "name", "email", "phone")
    spare = ("country", "form", "phone", "email")
    show_list(page.items, columns, spare=spare, as_json=as_json, next_cursor=page.next_cursor)


@app.command("show")
def show_(lead: Annotated[str, typer.Argument(help="Id or reference.")], as_json: AsJson = False) -> None:
    """Show one lead, whole."""
    show(run(lambda house: service.show(house.database, house.keyring, lead)), as_json=as_json)


@app.command("timeline")
def timeline(lead: Annotated[str, typer.Argument(help="Id or reference.")], as_json: AsJson = False) -> None:
    """Show all that happened to a lead, in order."""
    entries = run(lambda house: service.timeline_of(house.database, house.keyring, lead))
    show_list(
        entries, ("at", "kind", "by", "before", "after", "text", "delivery"), spare=("delivery",), as_json=as_json
    )
