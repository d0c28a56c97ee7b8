"""The built-in destination of a form: its enquirers, who are told that their request arrived."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.destinations.credentials import seal_address
from app.destinations.models import Destination
from app.destinations.shapes import Include
from app.ids import new_id
from app.sealing.keyring import Keyring

ENQUIRER = "enquirer"
"""The kind of a destination that has no address of its own: each lead brings it."""


async def of_form(session: AsyncSession, form_key: str) -> Destination | None:
    """Return a form's destination for its enquirers, if it has one."""
    query = select(Destination).where(Destination.kind == ENQUIRER, Destination.deleted_at.is_(None))
    return next((found for found in await session.scalars(query) if found.forms == [form_key]), None)


def for_form(keyring: Keyring, form_key: str, now: datetime) -> Destination:
    """Make a form's destination for its enquirers."""
    destination_id = new_id()
    return Destination(
        id=destination_id,
        kind=ENQUIRER,
        name=f"Enquirers of {form_key}",
        address=seal_address(keyring, destination_id, ""),
        secret=None,
        include=Include.CONTACT.value,
        format="standard",
        forms=[form_key],
        recipient=None,
        state="active",
        created_at=now,
        deleted_at=None,
    )
