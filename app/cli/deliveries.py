"""`freequote delivery`."""

from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Literal
from uuid import UUID

import typer

from app.cli.running import Id, checked, read_id, run
from app.cli.showing import AsJson, show, show_list
from app.cli.turning import Cursor, Limit, Whole, turned
from app.deliveries import figures, replays, service
from app.deliveries.schemas import DeliveryFilters, DeliveryOut, DeliveryState, NewReplay
from app.paging import DEFAULT_LIMIT, Page
from app.parts import Parts

DestinationId = Annotated[
    UUID | None, typer.Option(parser=read_id, metavar="ID", help="Only those to this destination.")
]
LeadId = Annotated[UUID | None, typer.Option(parser=read_id, metavar="ID", help="Only those of this lead.")]
EventId = Annotated[UUID | None, typer.Option(parser=read_id, metavar="ID", help="Only those of this event.")]
_MOMENTS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"]

app = typer.Typer(help="Promises to bring an event to a destination.", no_args_is_help=True, add_completion=False)


@app.command("list")
def list_(
    state: Annotated[DeliveryState | None, typer.Option(help="Only those in this state.")] = None,
    destination: DestinationId = None,
    lead: LeadId = None,
    event: EventId = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    whole: Whole = False,
    as_json: AsJson = False,
) -> None:
    """List deliveries, newest first."""
    filters = DeliveryFilters(state=state, destination=destination, lead=lead, event=event)

    async def read(house: Parts, cursor: str | None, limit: int) -> Page[DeliveryOut]:
        return await service.list_deliveries(house.database, filters, cursor=cursor, limit=limit)

    page = run(lambda house: turned(partial(read, house), cursor, limit, whole=whole))
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


@app.command("replay")
def replay(
    destination_id: Id,
    from_: Annotated[datetime, typer.Option("--from", formats=_MOMENTS, help="Promised from then on (UTC).")],
    to: Annotated[datetime | None, typer.Option(formats=_MOMENTS, help="And before then (UTC); else now.")] = None,
    only: Annotated[Literal["failed", "all"], typer.Option(help="`all`: what was delivered, too.")] = "failed",
    as_json: AsJson = False,
) -> None:
    """Send a stretch of time to a destination again, slowly; running workers do it."""
    end = to or datetime.now(UTC)
    wanted = checked(NewReplay, **{"from": from_.replace(tzinfo=UTC), "to": end.replace(tzinfo=UTC), "only": only})
    show(run(lambda house: replays.order(house.database, destination_id, wanted, house.clock.now())), as_json=as_json)


@app.command("replays")
def replays_(destination_id: Id, as_json: AsJson = False) -> None:
    """List a destination's replays and how far they have come."""
    found = run(lambda house: replays.list_of(house.database, destination_id))
    columns = ("id", "created_at", "starts_at", "ends_at", "only", "state", "found", "queued")
    show_list(found, columns, spare=("id", "starts_at", "ends_at"), as_json=as_json)


@app.command("figures")
def figures_(as_json: AsJson = False) -> None:
    """Count what was promised, delivered, given up and waits, for each destination."""
    found = run(lambda house: figures.per_destination(house.database))
    columns = ("destination", "state", "promised", "delivered", "failed", "waiting", "oldest_waiting_at")
    show_list(found, columns, spare=("promised",), as_json=as_json)


@app.command("alerts")
def alerts(as_json: AsJson = False) -> None:
    """List when destinations began to fail, recovered, or asked to be left alone; newest first."""
    found = run(lambda house: figures.alerts(house.database, DEFAULT_LIMIT))
    show_list(found, ("at", "destination", "kind", "reason"), as_json=as_json)
