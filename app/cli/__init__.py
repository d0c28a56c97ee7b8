"""The command `freequote`. Refused: exit code 1; wrong usage: 2; something it needs is out of reach: 3."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from app import VERSION
from app.cli.exits import OUT_OF_REACH, REFUSED, NotAvailable
from app.errors import AppError, InvalidRequest, OutOfReach, Refusal

_PLACES = {
    "serve": "app.cli.serving:serve",
    "worker": "app.cli.serving:worker",
    "migrate": "app.cli.serving:migrate",
    "doctor": "app.cli.doctor:doctor",
    "key": "app.cli.keys:app",
    "form": "app.cli.forms:app",
    "destination": "app.cli.destinations:app",
    "lead": "app.cli.leads:app",
    "delivery": "app.cli.deliveries:app",
    "staff": "app.cli.staff:app",
    "audit": "app.cli.audit:app",
    "webhook": "app.cli.webhooks:app",
}


class _Commands(Mapping[str, Any]):
    """Imports a command when it is wanted: all of them together take a second that `--version` need not wait."""

    def __getitem__(self, name: str) -> Any:
        module, _, attribute = _PLACES[name].partition(":")
        found = getattr(import_module(module), attribute)
        if not isinstance(found, typer.Typer):
            alone = typer.Typer(add_completion=False)
            alone.command(name)(found)
            found = alone
        command = typer.main.get_command(found)
        command.name = name
        return command

    def __iter__(self) -> Iterator[str]:
        return iter(_PLACES)

    def __len__(self) -> int:
        return len(_PLACES)


class _Root(TyperGroup):
    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = _Commands()  # type: ignore[assignment]  # it is only ever read


app = typer.Typer(
    cls=_Root, name="freequote", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)


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


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line, by default the process's own, and exit."""
    try:
        app(arguments)
    except InvalidRequest as error:
        for problem in error.problems:
            typer.echo(f"{problem.pointer.lstrip('/') or 'input'}: {problem.message}", err=True)
        sys.exit(REFUSED)
    except OutOfReach:
        typer.echo("The database does not answer. `freequote doctor` looks closer.", err=True)
        sys.exit(OUT_OF_REACH)
    except AppError as error:
        typer.echo(error.detail, err=True)
        sys.exit(REFUSED)
    except Refusal as refusal:
        typer.echo(str(refusal), err=True)
        sys.exit(OUT_OF_REACH if isinstance(refusal, NotAvailable) else REFUSED)
