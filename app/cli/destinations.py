"""`freequote destination`."""

from typing import Annotated, Any, TextIO
from uuid import UUID

import orjson
import typer

from app.cli.running import Id, checked, run, wrong
from app.cli.showing import AsJson, progress, show, show_list
from app.deliveries.schemas import DeliveryDetail, DeliveryState
from app.destinations import service
from app.destinations.filters import FILTERS
from app.destinations.formats import FormatName
from app.destinations.guard import Guard
from app.destinations.preview import preview
from app.destinations.schemas import (
    DestinationChange,
    DestinationMade,
    NewDestination,
    NewMailbox,
    NewWebhook,
    RouteLead,
    RouteQuery,
)
from app.destinations.shapes import Include
from app.intake.trial import try_destination
from app.leads.audience import who_is_told
from app.parts import Parts
from app.settings import read_settings
from app.worker import make_engine

app = typer.Typer(help="Where events go.", no_args_is_help=True, add_completion=False)
add = typer.Typer(help="Make a destination.", no_args_is_help=True, add_completion=False)
app.add_typer(add, name="add")

HowMuch = Annotated[Include, typer.Option(help="How much it gets.")]
Name = Annotated[str | None, typer.Option(help="What staff call it.")]
Forms = Annotated[list[str] | None, typer.Option("--form", help="A form it serves; none named: all.")]
Recipient = Annotated[
    str | None, typer.Option(help="The legal entity behind it; it then gets only what was agreed to be shared with it.")
]
Events = Annotated[list[str] | None, typer.Option("--event", help="A type of event; none named: the usual ones.")]
Countries = Annotated[list[str] | None, typer.Option("--country", help="A country of enquirers; none named: all.")]
Languages = Annotated[list[str] | None, typer.Option("--language", help="A language; none named: all.")]
Conditions = Annotated[list[str] | None, typer.Option("--condition", help="A condition's code; none named: all.")]
Statuses = Annotated[list[str] | None, typer.Option("--status", help="A lead's status; none named: all.")]
LetterLanguage = Annotated[str | None, typer.Option(help="The language of the letter's own words: es")]
Subject = Annotated[
    str | None, typer.Option(help="The letter's subject; {headline}, {reference} and {form} are filled in.")
]
Url = Annotated[str | None, typer.Argument(help="May be left out where the format knows it.")]
Format = Annotated[FormatName, typer.Option("--format", help="The shape of the body; see docs/crm.md.")]
Beside = Annotated[
    typer.FileText | None,
    typer.Option(
        "--with", help="A file with JSON, `-` for standard input: `settings`, `auth`, `headers` as in the API."
    ),
]
"""A file, because what stands on a command line is read by every user of the machine."""


@add.command("webhook")
def add_webhook(
    include: HowMuch,
    url: Url = None,
    name: Name = None,
    form: Forms = None,
    recipient: Recipient = None,
    format_: Format = FormatName.STANDARD,
    beside: Beside = None,
    event: Events = None,
    country: Countries = None,
    language: Languages = None,
    condition: Conditions = None,
    status: Statuses = None,
    as_json: AsJson = False,
) -> None:
    """Add an address that gets HTTP posts; where they are signed, the secret is printed this once."""
    common = {"name": name, "include": include, "forms": form or [], "recipient": recipient}
    takes = _takes(event, country, language, condition, status)
    new = checked(NewWebhook, kind="webhook", url=url, format=format_, **common, **takes, **_read(beside))
    show(_add(new), as_json=as_json)


@add.command("email")
def add_email(
    address: str,
    include: HowMuch,
    name: Name = None,
    form: Forms = None,
    recipient: Recipient = None,
    event: Events = None,
    country: Countries = None,
    language: Languages = None,
    condition: Conditions = None,
    status: Statuses = None,
    letter_language: LetterLanguage = None,
    subject: Subject = None,
    as_json: AsJson = False,
) -> None:
    """Add a mailbox that gets letters."""
    common = {"name": name, "include": include, "forms": form or [], "recipient": recipient}
    takes = _takes(event, country, language, condition, status)
    new = checked(
        NewMailbox, kind="email", address=address, settings=_letter(letter_language, subject), **common, **takes
    )
    show(_add(new), as_json=as_json, hide=("secret", "auth", "headers"))


@app.command("change")
def change(
    destination_id: Id,
    name: Name = None,
    include: Annotated[Include | None, typer.Option(help="How much it gets.")] = None,
    url: Annotated[str | None, typer.Option(help="Where a webhook's posts go.")] = None,
    address: Annotated[str | None, typer.Option(help="The mailbox that gets letters.")] = None,
    format_: Annotated[FormatName | None, typer.Option("--format", help="The shape of the body.")] = None,
    beside: Beside = None,
    form: Forms = None,
    recipient: Recipient = None,
    event: Events = None,
    country: Countries = None,
    language: Languages = None,
    condition: Conditions = None,
    status: Statuses = None,
    as_json: AsJson = False,
) -> None:
    """Change a destination: what is not named stays, and an empty value takes away what limits it."""
    given: dict[str, Any] = {"name": name, "include": include, "url": url, "address": address, "format": format_}
    lists = zip(("forms", *FILTERS), (form, event, country, language, condition, status), strict=True)
    given |= {option: [one for one in values if one] for option, values in lists if values is not None}
    values = {option: value for option, value in given.items() if value is not None}
    values |= {} if recipient is None else {"recipient": recipient or None}
    wanted = checked(DestinationChange, **values, **_read(beside))
    show(run(lambda house: _change(house, destination_id, wanted)), as_json=as_json)


async def _change(house: Parts, destination_id: UUID, wanted: DestinationChange) -> DestinationMade:
    guard = Guard(house.settings.allow_networks)
    return await service.change(house.database, house.keyring, guard, destination_id, wanted)


@app.command("preview")
def preview_webhook(
    include: HowMuch,
    url: Url = None,
    format_: Format = FormatName.STANDARD,
    beside: Beside = None,
    as_json: AsJson = False,
) -> None:
    """Show the exact requests that an invented lead would make; nothing is sent or saved, no secret is shown."""
    new = checked(NewWebhook, kind="webhook", url=url, include=include, format=format_, **_read(beside))
    show(preview(new, Guard(read_settings().allow_networks)), as_json=as_json)


@app.command("route")
def route(
    lead: Annotated[str | None, typer.Argument(help="Id or reference of a lead; none: describe one.")] = None,
    country: Annotated[str | None, typer.Option(help="The enquirer's country.")] = None,
    form: Annotated[str | None, typer.Option(help="The form it came by; else default.")] = None,
    language: Annotated[str | None, typer.Option(help="The enquirer's language.")] = None,
    condition: Annotated[str | None, typer.Option(help="The condition's code.")] = None,
    status: Annotated[str | None, typer.Option(help="The lead's status; else new.")] = None,
    event: Annotated[str, typer.Option(help="The type of event.")] = "lead.created",
    sharing: Annotated[list[str] | None, typer.Option(help="A recipient that it agreed to share with.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say who would be told of such a lead, and why the others would not."""
    facts = {"lead": lead, "country": country, "form": form, "language": language, "condition": condition}
    given = {name: value for name, value in {**facts, "status": status, "sharing": sharing}.items() if value}
    query = checked(RouteLead, event=event, **given) if lead else checked(RouteQuery, event=event, **given)
    found = run(lambda house: who_is_told(house.database, house.keyring, query))
    show_list(found, ("id", "name", "outcome", "reason", "state"), spare=("state",), as_json=as_json)


@app.command("rotate-secret")
def rotate_secret(destination_id: Id, as_json: AsJson = False) -> None:
    """Give a webhook a new signing secret, printed this once; for 24 hours the old one signs, too."""
    show(
        run(lambda house: service.rotate_secret(house.database, house.keyring, destination_id, house.clock.now())),
        as_json=as_json,
    )


def _letter(language: str | None, subject: str | None) -> dict[str, str]:
    given = {"language": language, "subject": subject}
    return {name: value for name, value in given.items() if value}


def _takes(*given: list[str] | None) -> dict[str, list[str]]:
    return {name: values or [] for name, values in zip(FILTERS, given, strict=True)}


def _read(beside: TextIO | None) -> dict[str, Any]:
    """Read what stands in the file beside the options, or nothing."""
    try:
        found = orjson.loads(beside.read()) if beside else {}
    except ValueError:
        found = None
    if not isinstance(found, dict) or not found.keys() <= {"settings", "auth", "headers"}:
        raise wrong("with", "the file must hold one JSON object with `settings`, `auth` or `headers`.")
    return found


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
