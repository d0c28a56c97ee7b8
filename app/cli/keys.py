"""`freequote key`."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from app.access import service
from app.access.schemas import NewKey
from app.cli.running import Id, checked, run, wrong
from app.cli.showing import AsJson, show, show_list

app = typer.Typer(help="API keys.", no_args_is_help=True, add_completion=False)
_DURATION = re.compile(r"(\d{1,4})([hd])")


@app.command("create")
def create(
    name: Annotated[str, typer.Option(help="Who or what uses it.")],
    scope: Annotated[list[str], typer.Option(help="What it may do, for example leads:read. Repeatable.")],
    form: Annotated[list[str] | None, typer.Option(help="A form it may see; none named: all.")] = None,
    expires: Annotated[str | None, typer.Option(help="How long it lasts: 90d, 12h.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a key; its secret is printed this once."""
    new = checked(NewKey, name=name, scopes=scope, forms=form or [], expires_at=_moment(expires))
    made = run(lambda house: service.mint(house.database, new, house.clock.now()))
    show(made, as_json=as_json)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List keys, newest first."""
    found = run(lambda house: service.list_keys(house.database))
    columns = ("id", "name", "scopes", "forms", "expires_at", "revoked_at", "last_used_at")
    show_list(found, columns, spare=("forms", "expires_at", "last_used_at", "revoked_at"), as_json=as_json)


@app.command("revoke")
def revoke(key_id: Id, as_json: AsJson = False) -> None:
    """End a key for good."""
    show(run(lambda house: service.revoke(house.database, key_id, house.clock.now())), as_json=as_json)


def _moment(duration: str | None) -> datetime | None:
    if duration is None:
        return None
    match = _DURATION.fullmatch(duration)
    if not match:
        raise wrong("expires", "Write a number of days or hours: 90d, 12h.")
    unit = "days" if match[2] == "d" else "hours"
    return datetime.now(UTC) + timedelta(**{unit: int(match[1])})
