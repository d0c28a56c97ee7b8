"""Write and read what was done."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.audit.actions import Action
from app.audit.models import AuditEntry
from app.audit.schemas import AuditFilters, AuditOut
from app.database import Database
from app.paging import Page, number_in, read_cursor, write_cursor


def record(session: AsyncSession, actor: str, action: Action, subject: str, **details: Any) -> None:
    """Write down an act in the transaction that does it. Neither subject nor details hold personal data."""
    session.add(AuditEntry(actor=actor, action=action.value, subject=subject, details=details))


def row(actor: str, action: Action, subject: str, details: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """Return an act as a row, for whoever writes in bulk."""
    return {"at": at, "actor": actor, "action": action.value, "subject": subject, "details": details}


async def list_entries(database: Database, filters: AuditFilters, *, cursor: str | None, limit: int) -> Page[AuditOut]:
    """Return one page of entries, newest first."""
    query = select(AuditEntry).where(*_conditions(filters)).order_by(AuditEntry.id.desc()).limit(limit + 1)
    if cursor is not None:
        query = query.where(AuditEntry.id < number_in(*read_cursor(cursor, int)))
    async with database.read() as session:
        found: Sequence[AuditEntry] = (await session.scalars(query)).all()
    items = [AuditOut.model_validate(entry, from_attributes=True) for entry in found[:limit]]
    return Page(items, write_cursor(found[limit - 1].id) if len(found) > limit else None)


def _conditions(filters: AuditFilters) -> list[Any]:
    conditions: list[Any] = [
        getattr(AuditEntry, name) == value
        for name, value in filters.model_dump(include={"actor", "action", "subject"}, exclude_none=True).items()
    ]
    if filters.from_:
        conditions.append(AuditEntry.at >= filters.from_)
    if filters.to:
        conditions.append(AuditEntry.at < filters.to)
    return conditions
