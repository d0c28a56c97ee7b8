"""The command `freequote`. Refused: exit code 1; wrong usage: 2; something it needs is out of reach: 3."""

import sys
from typing import Annotated

import typer

from app import VERSION
from app.cli import deliveries, destinations, doctor, forms, keys, leads, serving
from app.errors import AppError, InvalidRequest, OutOfReach, Refusal

_REFUSED = 1
_OUT_OF_REACH = 3

app = typer.Typer(
    name="freequote",
    help="Takes quote requests, keeps them sealed, and delivers each one.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(keys.app, name="key")
app.add_typer(forms.app, name="form")
app.add_typer(destinations.app, name="destination")
app.add_typer(leads.app, name="lead")
app.add_typer(deliveries.app, name="delivery")
app.command("serve")(serving.serve)
app.command("worker")(serving.worker)
app.command("migrate")(serving.migrate)
app.command("doctor")(doctor.doctor)


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - the shape Typer calls
    if wanted:
        typer.echo(VERSION)
        raise typer.Exit


@app.callback()
def _root(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Take quote requests, keep them sealed, and deliver each one."""


def main() -> None:
    """Run the command line."""
    try:
        app()
    except InvalidRequest as error:
        for problem in error.problems:
            typer.echo(f"{problem.pointer.lstrip('/') or 'input'}: {problem.message}", err=True)
        sys.exit(_REFUSED)
    except OutOfReach:
        typer.echo("The database does not answer. `freequote doctor` looks closer.", err=True)
        sys.exit(_OUT_OF_REACH)
    except AppError as error:
        typer.echo(error.detail, err=True)
        sys.exit(_REFUSED)
    except Refusal as refusal:
        typer.echo(str(refusal), err=True)
        sys.exit(_REFUSED)
