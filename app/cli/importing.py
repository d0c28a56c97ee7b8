"""`freequote lead import`."""

import csv
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from app.cli.exits import REFUSED
from app.cli.running import run, wrong
from app.cli.showing import AsJson, print_json
from app.errors import FieldProblem, Refusal
from app.forms.service import DEFAULT_FORM
from app.intake.importing.headers import IGNORED, LINE, PROBLEMS, guess
from app.intake.importing.service import Order, Outcome, Refused, import_lines
from app.intake.importing.table import Line, Table, open_table


def import_(
    file: Annotated[Path, typer.Argument(help="A CSV file whose first line names the columns.")],
    form: Annotated[str, typer.Option(help="The form that the leads are to belong to.")] = DEFAULT_FORM,
    map_: Annotated[list[str] | None, typer.Option("--map", help="HEADING=field; HEADING= leaves it out.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="field=value, where a row says nothing.")] = None,
    source: Annotated[str | None, typer.Option(help="Where they come from; else the file's name.")] = None,
    consented: Annotated[
        bool, typer.Option("--consented", help="Nobody could send there without consent to privacy and health data.")
    ] = False,
    moments: Annotated[str | None, typer.Option(help="How moments are spelled (UTC): %m/%d/%Y %H:%M:%S")] = None,
    tell: Annotated[bool, typer.Option("--tell", help="Tell the form's destinations of every lead.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every row, write nothing.")] = False,
    errors: Annotated[Path | None, typer.Option(help="Where refused rows go; else beside the file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Import leads from another form service. The same rows again change nothing.

    Columns are known by their headings; what is known by none becomes an answer. Refused rows go into a file of their
    own, with what is wrong with each: put them right there and import that file.
    """
    table = open_table(file)
    fields = guess(table.headings, dict(_pairs("map", map_ or [])))
    order = Order(
        form_key=form,
        fields=fields,
        defaults=dict(_pairs("set", set_ or [])),
        source=source or file.name,
        consented=consented,
        moments=moments,
        tell=tell,
        dry_run=dry_run,
    )
    error_file = errors or file.with_name(f"{file.stem}.errors.csv")
    with _refusing(error_file, table.headings) as refused, _showing_progress(table) as progress:
        outcome = run(lambda house: import_lines(house, order, table.lines(), refused, progress.advance_by))
    _tell_outcome(order, outcome, error_file, as_json=as_json)
    if outcome.refused:
        raise typer.Exit(REFUSED)


def _pairs(option: str, given: Sequence[str]) -> Iterator[tuple[str, str]]:
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise wrong(option, "Write NAME=VALUE.")
        yield name.strip(), value.strip()


class _Refusing:
    """Writes refused rows into a file of its owner's alone, which is made when there is something to write."""

    def __init__(self, file: Path, headings: Sequence[str], stack: ExitStack) -> None:
        self._file = file
        self._headings = [heading for heading in headings if heading not in {LINE, PROBLEMS}]
        self._stack = stack
        self._rows: Any = None

    def __call__(self, line: Line, problems: Sequence[FieldProblem]) -> None:
        """Write one row."""
        if self._rows is None:
            number = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            self._rows = csv.writer(self._stack.enter_context(os.fdopen(number, "w", encoding="utf-8-sig", newline="")))
            self._rows.writerow([*self._headings, LINE, PROBLEMS])
        said = "; ".join(f"{problem.pointer.removeprefix('/')}: {problem.message}" for problem in problems)
        self._rows.writerow([*(line.cells.get(heading, "") for heading in self._headings), line.number, said])


@contextmanager
def _refusing(file: Path, headings: Sequence[str]) -> Iterator[Refused]:
    if file.exists():
        raise Refusal(f"{file} is there already: move it away, or name another file with --errors.")
    with ExitStack() as stack:
        yield _Refusing(file, headings, stack)


class _Bar:
    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._task = progress.add_task("Importing", total=total)

    def advance_by(self, rows: int) -> None:
        """Move on."""
        self._progress.advance(self._task, rows)


@contextmanager
def _showing_progress(table: Table) -> Iterator[_Bar]:
    total = sum(1 for _ in table.lines())
    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        yield _Bar(progress, total)


def _tell_outcome(order: Order, outcome: Outcome, error_file: Path, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "imported": outcome.imported,
                "already_there": outcome.already_there,
                "refused": outcome.refused,
                "error_file": str(error_file) if outcome.refused else None,
                "dry_run": order.dry_run,
                "columns": order.fields,
            }
        )
        return
    for heading, name in order.fields.items():
        typer.echo(f"{heading}  →  {name if name != IGNORED else 'left out'}")
    verb = "would be imported" if order.dry_run else "imported"
    typer.echo(f"{outcome.imported} {verb}, {outcome.already_there} were there already, {outcome.refused} refused.")
    if outcome.refused:
        typer.echo(f"The refused ones, with what is wrong with each: {error_file}", err=True)
