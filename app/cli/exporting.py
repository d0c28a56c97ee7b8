"""`freequote lead export`."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from app.cli.filtering import filtered
from app.cli.running import run, wrong
from app.cli.showing import AsJson, print_json
from app.errors import Refusal
from app.leads.export.columns import Column
from app.leads.export.service import Format, export, writer_of
from app.leads.schemas import LeadFilters
from app.parts import Parts


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
    if as_json:
        print_json({"file": str(file), "bytes": size})
    else:
        typer.echo(f"{file}: {size} bytes. Delete it when it has served its purpose.")


def _kind(file: Path) -> Format:
    try:
        return Format(file.suffix.removeprefix(".").lower())
    except ValueError:
        raise wrong("file", f"Let its name end in one of: {', '.join(f'.{kind}' for kind in Format)}.") from None


async def _write(house: Parts, filters: LeadFilters, kind: Format, columns: list[Column], file: Path) -> int:
    try:
        number = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise Refusal(f"{file} cannot be made ({error.strerror}).") from None
    try:
        with os.fdopen(number, "wb") as stream:
            writer = writer_of(kind, columns)
            async for piece in await export(house.database, house.keyring, filters, writer, columns):
                stream.write(piece)
            return stream.tell()
    except BaseException:
        # Half a file looks like a whole one.
        with suppress(OSError):
            os.unlink(file)  # noqa: PTH108 - the one call there is, and nobody else waits on this loop
        raise
