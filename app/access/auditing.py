"""Name who asks, for the audit."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principals import Principal
from app.audit import service as audit
from app.audit.actions import CLI, Action


def actor_of(by: Principal | None) -> str:
    """Return who acts: a key, a member of staff, or the command line on the server itself, which asks as nobody."""
    return CLI if by is None else by.actor


def note(session: AsyncSession, by: Principal | None, action: Action, subject: str, **details: Any) -> None:
    """Write down what somebody does, in the transaction that does it. Details hold no personal data."""
    audit.record(session, actor_of(by), action, subject, **details)
