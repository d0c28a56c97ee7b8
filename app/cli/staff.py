"""`freequote staff`."""

from typing import Annotated

import typer

from app.access import staff as service
from app.access.oidc import binding
from app.access.roles import Role
from app.access.staff_schemas import NewStaff, StaffChange
from app.cli.filtering import asked
from app.cli.running import Id, checked, run
from app.cli.showing import AsJson, show, show_list
from app.errors import Refusal
from app.parts import Parts

app = typer.Typer(help="People who log in.", no_args_is_help=True, add_completion=False)


@app.command("add")
def add(
    email: Annotated[str, typer.Argument(help="What they log in with.")],
    name: Annotated[str, typer.Option(help="Who they are.")],
    role: Annotated[Role, typer.Option(help="What they are here for.")],
    form: Annotated[list[str] | None, typer.Option(help="A form they may see; none named: all.")] = None,
    as_json: AsJson = False,
) -> None:
    """Invite somebody; the link that sets their password is printed this once and lasts three days."""
    new = checked(NewStaff, email=email, name=name, role=role, forms=form or [])
    made = run(lambda house: service.invite(house.database, house.settings.base_url, new, house.clock.now()))
    show(made, as_json=as_json)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List members of staff."""
    found = run(lambda house: service.list_staff(house.database))
    columns = ("id", "email", "name", "role", "forms", "state", "totp", "bound")
    show_list(found, columns, spare=("forms", "bound", "totp", "name"), as_json=as_json)


@app.command("change")
def change(
    staff_id: Id,
    name: Annotated[str | None, typer.Option(help="Who they are.")] = None,
    role: Annotated[Role | None, typer.Option(help="What they are here for.")] = None,
    form: Annotated[list[str] | None, typer.Option(help="The forms they may see from now on; repeatable.")] = None,
    as_json: AsJson = False,
) -> None:
    """Change somebody's account; what is not named stays."""
    wanted = checked(StaffChange, name=name, role=role, forms=form or None)
    show(run(lambda house: service.change(house.database, staff_id, wanted)), as_json=as_json)


@app.command("disable")
def disable(staff_id: Id, as_json: AsJson = False) -> None:
    """Let somebody in no more; their sessions end at once."""
    show(run(lambda house: service.disable(house.database, staff_id, house.clock.now())), as_json=as_json)


@app.command("reset")
def reset(staff_id: Id, as_json: AsJson = False) -> None:
    """Take password, app and sign-in by provider away and print a new invitation; their sessions end at once."""
    made = run(lambda house: service.reset(house.database, house.settings.base_url, staff_id, house.clock.now()))
    show(made, as_json=as_json)


@app.command("bind")
def bind(
    staff_id: Id,
    subject: Annotated[str, typer.Argument(help="The provider's `sub` of them; `-` asks for it.", callback=asked)],
    as_json: AsJson = False,
) -> None:
    """Let somebody sign in as a subject of the provider, whatever its address; their sessions end at once."""
    show(run(lambda house: binding.bind_by_hand(house.database, staff_id, _issuer(house), subject)), as_json=as_json)


@app.command("unbind")
def unbind(staff_id: Id, as_json: AsJson = False) -> None:
    """Forget who somebody is to the provider; their sessions end at once. Without a password, reset them, too."""
    show(run(lambda house: binding.unbind(house.database, staff_id)), as_json=as_json)


def _issuer(house: Parts) -> str:
    if not house.settings.oidc_issuer:
        raise Refusal("FREEQUOTE_OIDC_ISSUER is not set: there is no provider to bind anybody to.")
    return house.settings.oidc_issuer
