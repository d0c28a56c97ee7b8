"""Invite, list, change, disable and reset members of staff. Whoever has an invitation sets the password."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.auditing import note
from app.access.errors import InvitationNotFound, MoreThanItsMaker, StaffExists, StaffNotFound
from app.access.handing_on import check_handed_on, is_within
from app.access.models import StaffAccount, StaffSession
from app.access.passwords import Passwords, check_password
from app.access.principals import Principal
from app.access.roles import Role
from app.access.staff_schemas import Invited, Joining, NewStaff, StaffChange, StaffOut
from app.audit import service as audit
from app.audit.actions import Action
from app.database import Database, insert_if_absent
from app.ids import new_id

INVITED_FOR = timedelta(days=3)
_TOKEN_BYTES = 32


async def invite(
    database: Database, base_url: str, new: NewStaff, now: datetime, *, by: Principal | None = None
) -> Invited:
    """Make an account that waits for its password, and the link that sets it. The command line asks as nobody.

    Errors: `StaffExists`; `MoreThanItsMaker` for a role or forms beyond those of who asks.
    """
    if by is not None:
        check_handed_on(by, new.role.scopes, new.forms, None)
    row = {
        "id": new_id(),
        "email": new.email,
        "name": new.name,
        "role": new.role.value,
        "forms": new.forms,
        "totp_step": 0,
        "created_at": now,
    }
    async with database.begin() as session:
        inserting = insert_if_absent(session, StaffAccount).values(row).returning(StaffAccount)
        account = await session.scalar(inserting)
        if account is None:
            raise StaffExists
        note(session, by, Action.STAFF_INVITED, f"staff:{account.id}", role=account.role, forms=account.forms)
        return _invited(account, base_url, now)


async def list_staff(database: Database, *, by: Principal | None = None) -> list[StaffOut]:
    """Return the accounts that `by` may see, in the order of their addresses."""
    async with database.read() as session:
        accounts = await session.scalars(select(StaffAccount).order_by(StaffAccount.email))
        return [StaffOut.of(account) for account in accounts if is_within(account.forms, by)]


async def change(database: Database, staff_id: UUID, wanted: StaffChange, *, by: Principal | None = None) -> StaffOut:
    """Change what is named in `wanted`; sessions go by it from their next request on.

    Errors: `StaffNotFound`; `MoreThanItsMaker` where the account may do more than who asks, before or afterwards.
    """
    values = wanted.model_dump(mode="json", exclude_none=True)
    async with database.begin() as session:
        account = await _governed(session, staff_id, by)
        for name, value in values.items():
            setattr(account, name, value)
        if by is not None:
            check_handed_on(by, Role(account.role).scopes, account.forms, None)
        note(session, by, Action.STAFF_CHANGED, f"staff:{account.id}", role=account.role, forms=account.forms)
    return StaffOut.of(account)


async def disable(database: Database, staff_id: UUID, now: datetime, *, by: Principal | None = None) -> StaffOut:
    """Let somebody in no more, and end all their sessions at once. Twice changes nothing.

    Errors: `StaffNotFound`; `MoreThanItsMaker` for somebody who may do more than who asks.
    """
    async with database.begin() as session:
        account = await _governed(session, staff_id, by)
        if account.disabled_at is None:
            account.disabled_at = now
            account.invitation = account.invited_until = None
            note(session, by, Action.STAFF_DISABLED, f"staff:{account.id}")
        await end_sessions(session, account.id)
    return StaffOut.of(account)


async def reset(
    database: Database, base_url: str, staff_id: UUID, now: datetime, *, by: Principal | None = None
) -> Invited:
    """Take password, authenticator app and sign-in by provider away, and invite anew, a disabled account too.

    Errors as in `disable`: who resets an account could log in as its owner.
    """
    async with database.begin() as session:
        account = await _governed(session, staff_id, by)
        account.password = account.totp = account.totp_pending = account.disabled_at = None
        account.oidc_issuer = account.oidc_subject = None
        note(session, by, Action.STAFF_RESET, f"staff:{account.id}")
        await end_sessions(session, account.id)
        return _invited(account, base_url, now)


async def join(database: Database, passwords: Passwords, joining: Joining, now: datetime) -> StaffOut:
    """Take up an invitation: set the password. It works once.

    Errors: `InvitationNotFound`; `InvalidRequest` for a password that will not do.
    """
    waiting = select(StaffAccount).where(
        StaffAccount.invitation == _hash(joining.token), StaffAccount.invited_until > now
    )
    async with database.read() as session:
        account = await session.scalar(waiting)
    if account is None:
        raise InvitationNotFound
    check_password(joining.password, "/password", account.email, account.name)
    kept = await passwords.hash(joining.password)
    async with database.begin() as session:
        # Again, and alone: the link may have been opened twice.
        account = await session.scalar(waiting.with_for_update())
        if account is None:
            raise InvitationNotFound
        account.password, account.invitation, account.invited_until = kept, None, None
        audit.record(session, f"staff:{account.id}", Action.STAFF_JOINED, f"staff:{account.id}")
    return StaffOut.of(account)


async def end_sessions(session: AsyncSession, staff_id: UUID) -> None:
    """End every session of somebody."""
    await session.execute(delete(StaffSession).where(StaffSession.staff_id == staff_id))


async def _governed(session: AsyncSession, staff_id: UUID, by: Principal | None) -> StaffAccount:
    """Return an account that somebody may rule over: one that they could have made."""
    account = await session.get(StaffAccount, staff_id, with_for_update=True)
    if account is None or not is_within(account.forms, by):
        raise StaffNotFound
    if by is not None and not Role(account.role).scopes <= by.scopes:
        raise MoreThanItsMaker("all that this member of staff may do")
    return account


def _invited(account: StaffAccount, base_url: str, now: datetime) -> Invited:
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    account.invitation, account.invited_until = _hash(token), now + INVITED_FOR
    # Behind the `#` it is sent to no server, so it stands in no log.
    link = f"{base_url}/console/join#{token}"
    return Invited(**StaffOut.of(account).model_dump(), link=link, invited_until=now + INVITED_FOR)


def _hash(token: str) -> bytes:
    return sha256(token.encode()).digest()
