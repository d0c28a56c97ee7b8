"""`freequote destination`."""

from typing import Annotated
from uuid import UUID

import typer

from app.cli.running import Id, checked, run
from app.cli.showing import AsJson, progress, show, show_list
from app.deliveries.schemas import DeliveryDetail, DeliveryState
from app.destinations import service
from app.destinations.guard import Guard
from app.destinations.schemas import DestinationMade, NewDestination, NewMailbox, NewWebhook
from app.destinations.shapes import Include
from app.intake.trial import try_destination
from app.main import make_engine
from app.parts import Parts

app = typer.Typer(help="Where events go.", no_args_is_help=True, add_completion=False)
add = typer.Typer(help="Make a destination.", no_args_is_help=True, add_completion=False)
app.add_typer(add, name="add")

HowMuch = Annotated[Include, typer.Option(help="How much it gets.")]
Name = Annotated[str | None, typer.Option(help="What staff call it.")]
Forms = Annotated[list[str] | None, typer.Option("--form", help="A form it serves; none named: all.")]
Recipient = Annotated[
    str | None, typer.Option(help="The legal entity behind it; it then gets only what was agreed to be shared with it.")
]


@add.command("webhook")
def add_webhook(
    url: str,
    include: HowMuch,
    name: Name = None,
    form: Forms = None,
    recipient: Recipient = None,
    format_: Annotated[str, typer.Option("--format", help="The shape of the body.")] = "standard",
    as_json: AsJson = False,
) -> None:
    """Add an address that gets signed HTTP posts; its signing secret is printed this once."""
    common = {"name": name, "include": include, "forms": form or [], "recipient": recipient}
    show(_add(checked(NewWebhook, kind="webhook", url=url, format=format_, **common)), as_json=as_json)


@add.command("email")
def add_email(
    address: str,
    include: HowMuch,
    name: Name = None,
    form: Forms = None,
    recipient: Recipient = None,
    as_json: AsJson = False,
) -> None:
    """Add a mailbox that gets letters."""
    common = {"name": name, "include": include, "forms": form or [], "recipient": recipient}
    show(_add(checked(NewMailbox, kind="email", address=address, **common)), as_json=as_json, hide=("secret",))


def _add(new: NewDestination) -> DestinationMade:
    async def work(house: Parts) -> DestinationMade:
        guard = Guard(house.settings.allow_networks)
        return await service.add(house.database, house.keyring, guard, new, house.clock.now())

    return run(work)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List destinations."""
    found = run(lambda house: service.list_destinations(house.database, house.keyring))
    columns = ("id", "kind", "name", "address", "include", "forms", "recipient", "state")
    show_list(found, columns, spare=("recipient", "forms", "kind", "name", "include"), as_json=as_json)


@app.command("test")
def test(destination_id: Id, as_json: AsJson = False) -> None:
    """Send an invented lead, marked as a test, to a destination now; exit code 1 if it did not arrive."""

    async def work(house: Parts) -> DeliveryDetail:
        engine, senders = make_engine(house)
        try:
            return await try_destination(house, engine, destination_id)
        finally:
            await senders.aclose()

    progress("Sending an invented lead ...")
    found = run(work)
    attempt = found.attempts[-1]
    show(attempt, as_json=as_json)
    if found.state is not DeliveryState.DELIVERED:
        raise typer.Exit(1)


@app.command("pause")
def pause(destination_id: Id, as_json: AsJson = False) -> None:
    """Hold back what is promised to a destination; it waits."""
    _set_state(destination_id, "paused", as_json=as_json)


@app.command("resume")
def resume(destination_id: Id, as_json: AsJson = False) -> None:
    """Set a destination going again."""
    _set_state(destination_id, "active", as_json=as_json)


def _set_state(destination_id: UUID, state: str, *, as_json: bool) -> None:
    found = run(lambda house: service.set_state(house.database, house.keyring, destination_id, state))
    show(found, as_json=as_json)
