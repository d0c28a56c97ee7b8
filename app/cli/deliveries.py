"""`freequote delivery`."""

from typing import Annotated
from uuid import UUID

import typer

from app.cli.running import Id, read_id, run
from app.cli.showing import AsJson, show, show_list
from app.deliveries import service
from app.deliveries.schemas import DeliveryFilters, DeliveryState
from app.paging import DEFAULT_LIMIT, MAX_LIMIT

DestinationId = Annotated[
    UUID | None, typer.Option(parser=read_id, metavar="ID", help="Only those to this destination.")
]
LeadId = Annotated[UUID | None, typer.Option(parser=read_id, metavar="ID", help="Only those of this lead.")]

app = typer.Typer(help="Promises to bring an event to a destination.", no_args_is_help=True, add_completion=False)


@app.command("list")
def list_(
    state: Annotated[DeliveryState | None, typer.Option(help="Only those in this state.")] = None,
    destination: DestinationId = None,
    lead: LeadId = None,
    limit: Annotated[int, typer.Option(min=1, max=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, typer.Option(help="next_cursor of the page before.")] = None,
    as_json: AsJson = False,
) -> None:
    """List deliveries, newest first."""
    filters = DeliveryFilters(state=state, destination=destination, lead=lead)
    page = run(lambda house: service.list_deliveries(house.database, filters, cursor=cursor, limit=limit))
    columns = ("id", "created_at", "event_type", "destination", "state", "attempt_count", "due_at", "reason")
    spare = ("event_type", "attempt_count", "created_at", "due_at", "reason")
    show_list(page.items, columns, spare=spare, as_json=as_json, next_cursor=page.next_cursor)


@app.command("show")
def show_(delivery_id: Id, as_json: AsJson = False) -> None:
    """Show one delivery with every attempt."""
    show(run(lambda house: service.show(house.database, delivery_id)), as_json=as_json)


@app.command("retry")
def retry(delivery_id: Id, as_json: AsJson = False) -> None:
    """Try a delivery again at once, its schedule begun anew; a running worker sends it."""
    show(run(lambda house: service.retry(house.database, delivery_id, house.clock.now())), as_json=as_json)
