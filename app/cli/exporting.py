"""`freequote lead export` and `freequote lead subject-export`: files that only their owner reads."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from app.cli.filtering import filtered
from app.cli.running import run, wrong
from app.cli.showing import AsJson, print_json, spelled
from app.errors import Refusal
from app.leads.export.columns import Column
from app.leads.export.service import Format, export, writer_of
from app.leads.schemas import LeadFilters
from app.parts import Parts
from app.privacy.subject import export_subject


@filtered
def export_(
    filters: LeadFilters,
    file: Annotated[Path, typer.Argument(help="leads.csv, leads.xlsx or leads.ndjson; must not be there yet.")],
    column: Annotated[list[Column] | None, typer.Option(help="Only these, in this order; repeatable.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write leads into a file that only its owner reads. Contact and health data lie there in the clear."""
    kind = _kind(file)
    size = run(lambda house: _write(house, filters, kind, column or [], file))
    _tell(file, size, as_json=as_json)


def _kind(file: Path) -> Format:
    try:
        return Format(file.suffix.removeprefix(".").lower())
    except ValueError:
        raise wrong("file", f"Let its name end in one of: {', '.join(f'.{kind}' for kind in Format)}.") from None


async def _write(house: Parts, filters: LeadFilters, kind: Format, columns: list[Column], file: Path) -> int:
    with _new_file(file) as stream:
        writer = writer_of(kind, columns)
        async for piece in await export(house.database, house.keyring, filters, writer, columns):
            stream.write(piece)
        return stream.tell()


def subject_export(
    lead: Annotated[str, typer.Argument(help="Id or reference.")],
    file: Annotated[Path | None, typer.Argument(help="Where to; must not be there yet. Without it: printed.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show everything held on the person of a lead, or write it into a file that only its owner reads. It is JSON."""
    if file is None:
        print_json(run(lambda house: export_subject(house, lead)).model_dump(mode="json"))
        return
    size = run(lambda house: _write_subject(house, lead, file))
    _tell(file, size, as_json=as_json)


async def _write_subject(house: Parts, lead: str, file: Path) -> int:
    with _new_file(file) as stream:
        found = await export_subject(house, lead)
        stream.write(spelled(found.model_dump(mode="json")))
        return stream.tell()


def _tell(file: Path, size: int, *, as_json: bool) -> None:
    if as_json:
        print_json({"file": str(file), "bytes": size})
    else:
        typer.echo(f"{file}: {size} bytes. Delete it when it has served its purpose.")


@contextmanager
def _new_file(file: Path) -> Iterator[BinaryIO]:
    """Open a file that is not there yet, for its owner alone; it goes again if anything fails."""
    try:
        number = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise Refusal(f"{file} cannot be made ({error.strerror}).") from None
    try:
        with os.fdopen(number, "wb") as stream:
            yield stream
    except BaseException:
        # Half a file looks like a whole one.
        with suppress(OSError):
            os.unlink(file)  # noqa: PTH108 - the one call there is, and nobody else waits on this loop
        raise
