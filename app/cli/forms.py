"""`freequote form`."""

from typing import Annotated

import typer

from app.cli.running import checked, run
from app.cli.showing import AsJson, show, show_list
from app.forms import service
from app.forms.schemas import NewForm

app = typer.Typer(help="Places on websites that may send requests.", no_args_is_help=True, add_completion=False)


@app.command("add")
def add(
    key: Annotated[str, typer.Argument(help="Small letters, digits and hyphens: clinic-es.")],
    name: Annotated[str, typer.Option(help="What visitors and staff call it.")],
    origin: Annotated[list[str] | None, typer.Option(help="A site that may post: https://clinic.example")] = None,
    redirect: Annotated[list[str] | None, typer.Option(help="A thank-you address; the first is the default.")] = None,
    language: Annotated[list[str] | None, typer.Option(help="A language it speaks: es")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a form, with the default wording."""
    values = {"key": key, "name": name, "origins": origin or [], "redirects": redirect or []}
    new = checked(NewForm, **values, **({"languages": language} if language else {}))
    show(run(lambda house: service.add(house.database, new, house.clock.now())), as_json=as_json)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List forms."""
    found = run(lambda house: service.list_forms(house.database))
    columns = ("key", "name", "languages", "origins", "redirects", "is_open")
    show_list(found, columns, spare=("redirects", "languages"), as_json=as_json)
