"""`freequote audit`."""

from datetime import datetime
from functools import partial
from typing import Annotated

import typer

from app.audit import service
from app.audit.actions import Action
from app.audit.checkpoints import CheckpointFile
from app.audit.schemas import AuditFilters, AuditOut
from app.audit.verifying import verify as verify_chain
from app.cli.running import checked, run
from app.cli.showing import AsJson, show, show_list
from app.cli.turning import Cursor, Limit, Whole, turned
from app.paging import DEFAULT_LIMIT, Page
from app.parts import Parts

app = typer.Typer(help="What was done, and by whom.", no_args_is_help=True, add_completion=False)


@app.command("list")
def list_(
    actor: Annotated[str | None, typer.Option(help="Only acts of this one: cli, key:<id>, staff:<id>.")] = None,
    action: Annotated[Action | None, typer.Option(help="Only acts of this kind.")] = None,
    subject: Annotated[str | None, typer.Option(help="Only acts on this: lead:<id>, form:<key>.")] = None,
    from_: Annotated[datetime | None, typer.Option("--from", help="Done then (UTC) or later.")] = None,
    to: Annotated[datetime | None, typer.Option(help="Done before that (UTC).")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    whole: Whole = False,
    as_json: AsJson = False,
) -> None:
    """List who did what, newest first."""
    values = {"actor": actor, "action": action, "subject": subject, "from": from_, "to": to}
    filters = checked(AuditFilters, **values)

    async def read(house: Parts, cursor: str | None, limit: int) -> Page[AuditOut]:
        return await service.list_entries(house.database, filters, cursor=cursor, limit=limit)

    page = run(lambda house: turned(partial(read, house), cursor, limit, whole=whole))
    columns = ("id", "at", "actor", "action", "subject", "details", "position")
    show_list(page.items, columns, spare=("position", "details"), as_json=as_json, next_cursor=page.next_cursor)


@app.command("verify")
def verify(as_json: AsJson = False) -> None:
    """Check that no entry was edited, deleted, moved or cut off; exit code 1 if one was."""
    found = run(
        lambda house: verify_chain(house.database, house.keyring.audit, CheckpointFile(house.settings.audit_dir))
    )
    show(found, as_json=as_json)
    if not found.ok:
        raise typer.Exit(1)
