"""The filters of lists as options, for every command that picks leads."""

import inspect
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Annotated, Any

import typer

from app.cli.running import checked
from app.leads.schemas import LeadFilters, Sort, Status


def asked(option: typer.CallbackParam, value: str | None) -> str | None:
    """Ask for a value that was given as `-`."""
    return typer.prompt(str(option.name), err=True) if value == "-" else value


_SEALED: dict[str, Any] = {"callback": asked}
"""`-` asks for it: what stands on a command line is seen in the list of processes."""

_OPTIONS: dict[str, Any] = {
    "q": Annotated[
        str | None,
        typer.Option("--search", "-q", help="Words of name or mail, last digits; `-` asks for them.", **_SEALED),
    ],
    "email": Annotated[str | None, typer.Option(help="This very address; `-` asks for it.", **_SEALED)],
    "phone": Annotated[str | None, typer.Option(help="This very number; `-` asks for it.", **_SEALED)],
    "status": Annotated[list[Status] | None, typer.Option(help="Only these; repeatable.")],
    "form": Annotated[str | None, typer.Option(help="Only leads of this form.")],
    "country": Annotated[str | None, typer.Option(help="Only this country: ES")],
    "language": Annotated[str | None, typer.Option(help="Only this language: es")],
    "condition": Annotated[str | None, typer.Option(help="Only this condition: multiple-sclerosis")],
    "assignee": Annotated[str | None, typer.Option(help="Only leads that they answer.")],
    "tag": Annotated[str | None, typer.Option(help="Only leads with this tag.")],
    "unanswered": Annotated[
        bool | None, typer.Option("--unanswered/--answered", help="Those that never left `new`, or those that did.")
    ],
    "received_from": Annotated[datetime | None, typer.Option(help="Received then (UTC) or later.")],
    "received_to": Annotated[datetime | None, typer.Option(help="Received before that (UTC).")],
    "updated_from": Annotated[datetime | None, typer.Option(help="Last changed then (UTC) or later.")],
    "updated_to": Annotated[datetime | None, typer.Option(help="Last changed before that (UTC).")],
    "held": Annotated[bool | None, typer.Option("--held", help="Those held as suspected spam instead.")],
    "test": Annotated[bool | None, typer.Option("--test", help="Test leads instead.")],
    "sort": Annotated[Sort | None, typer.Option(help="The order.")],
}


def filtered(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the filters as options; it takes what they say as `filters`."""

    @wraps(command)
    def run_filtered(**given: Any) -> None:
        wanted = {name: given.pop(name) for name in _OPTIONS}
        filters = checked(LeadFilters, **{name: value for name, value in wanted.items() if value is not None})
        command(filters=filters, **given)

    own = [one for one in inspect.signature(command).parameters.values() if one.name != "filters"]
    options = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
        for name, kind in _OPTIONS.items()
    ]
    shown = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own]
    run_filtered.__signature__ = inspect.Signature([*shown, *options])  # type: ignore[attr-defined]
    run_filtered.__annotations__ = {one.name: one.annotation for one in (*shown, *options)}
    return run_filtered
