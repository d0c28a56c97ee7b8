"""Say by hand who somebody is to the sign-in provider, or that they are nobody there any more."""

from uuid import UUID

from sqlalchemy import select

from app.access.errors import StaffNotFound
from app.access.models import StaffAccount
from app.access.oidc.errors import SubjectTaken
from app.access.oidc.people import bind
from app.access.staff import end_sessions
from app.access.staff_schemas import StaffOut
from app.audit import service as audit
from app.audit.actions import CLI, Action
from app.database import Database


async def bind_by_hand(database: Database, staff_id: UUID, issuer: str, subject: str) -> StaffOut:
    """Let a subject of the provider sign in to an account, whatever its address; their sessions end.

    Errors: `StaffNotFound`; `SubjectTaken`.
    """
    async with database.begin() as session:
        same = StaffAccount.oidc_issuer == issuer, StaffAccount.oidc_subject == subject
        other = await session.scalar(select(StaffAccount.id).where(*same, StaffAccount.id != staff_id))
        if other is not None:
            raise SubjectTaken
        account = await session.get(StaffAccount, staff_id, with_for_update=True)
        if account is None:
            raise StaffNotFound
        bind(session, account, issuer, subject, actor=CLI)
        await end_sessions(session, account.id)
    return StaffOut.of(account)


async def unbind(database: Database, staff_id: UUID) -> StaffOut:
    """Forget who somebody is to the provider; their sessions end. Whoever has no password is to be reset, too.

    Errors: `StaffNotFound`.
    """
    async with database.begin() as session:
        account = await session.get(StaffAccount, staff_id, with_for_update=True)
        if account is None:
            raise StaffNotFound
        if account.oidc_subject is not None:
            account.oidc_issuer = account.oidc_subject = None
            audit.record(session, CLI, Action.STAFF_UNBOUND, f"staff:{account.id}")
        await end_sessions(session, account.id)
    return StaffOut.of(account)
