"""What people change on their own account: their password, their authenticator app."""

from base64 import b32encode
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.errors import LogInFailed
from app.access.models import StaffAccount
from app.access.passwords import check_password
from app.access.sessions import SessionDesk
from app.access.staff_schemas import Enrolment, PasswordChange
from app.access.totp import enrolment_uri, matching_step, new_totp_secret
from app.audit import service as audit
from app.audit.actions import Action
from app.parts import Parts


async def change_password(house: Parts, desk: SessionDesk, staff_id: UUID, wanted: PasswordChange) -> str:
    """Set a new password and end every session; return the id of a new one.

    Errors: `LogInFailed` if `current` is not the password; `InvalidRequest` for a new one that will not do.
    """
    account = await _confirmed(house, desk, staff_id, wanted.current)
    check_password(wanted.new, "/new", account.email, account.name)
    kept = await desk.passwords.hash(wanted.new)
    async with house.database.begin() as session:
        await _change(session, account, password=kept)
        audit.record(session, f"staff:{staff_id}", Action.PASSWORD_CHANGED, f"staff:{staff_id}")
        return await desk.begin_anew(session, staff_id)


async def begin_totp(house: Parts, desk: SessionDesk, staff_id: UUID, password: str) -> Enrolment:
    """Make a secret for an authenticator app; it counts once a code of it was sent. Errors: `LogInFailed`."""
    account = await _confirmed(house, desk, staff_id, password)
    secret = new_totp_secret()
    async with house.database.begin() as session:
        await _change(session, account, totp_pending=house.keyring.secrets.seal(secret, f"staff.totp:{staff_id}"))
    return Enrolment(secret=b32encode(secret).decode(), uri=enrolment_uri(secret, account.email))


async def confirm_totp(house: Parts, desk: SessionDesk, staff_id: UUID, code: str) -> str:
    """Let the new secret count from now on and end every session; return the id of a new one.

    Errors: `LogInFailed` for a code that is not of that secret.
    """
    desk.count_code(staff_id)
    async with house.database.begin() as session:
        account = await session.get_one(StaffAccount, staff_id, with_for_update=True)
        pending = account.totp_pending
        secret = house.keyring.secrets.open(pending, f"staff.totp:{staff_id}") if pending else None
        step = matching_step(secret, code, house.clock.now()) if secret else None
        if step is None:
            raise LogInFailed
        account.totp, account.totp_pending, account.totp_step = pending, None, step
        audit.record(session, f"staff:{staff_id}", Action.TOTP_SET, f"staff:{staff_id}")
        return await desk.begin_anew(session, staff_id)


async def _confirmed(house: Parts, desk: SessionDesk, staff_id: UUID, password: str) -> StaffAccount:
    """Return the account if that is its password: a session that somebody took over does not know it."""
    desk.count_code(staff_id)
    async with house.database.read() as session:
        account = await session.get_one(StaffAccount, staff_id)
    if not await desk.passwords.fits(password, account.password):
        raise LogInFailed
    return account


async def _change(session: AsyncSession, account: StaffAccount, **values: str | bytes) -> None:
    """Change an account that is as it was looked at, or raise `LogInFailed`."""
    same = StaffAccount.password == account.password, StaffAccount.disabled_at.is_(None)
    changed = update(StaffAccount).where(StaffAccount.id == account.id, *same).values(**values)
    if await session.scalar(changed.returning(StaffAccount.id)) is None:
        raise LogInFailed
