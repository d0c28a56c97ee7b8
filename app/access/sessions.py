"""Log in, be recognised, log out: sessions of staff in browsers."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.errors import CodeNeeded, LogInFailed, NotAuthenticated, TooManyLogIns
from app.access.models import StaffAccount, StaffSession
from app.access.passwords import Passwords
from app.access.principals import Principal
from app.access.refusals import Refusals
from app.access.roles import Role
from app.access.staff_schemas import LogIn
from app.access.totp import matching_step
from app.audit import service as audit
from app.audit.actions import Action
from app.limits import BurstLimit
from app.parts import Parts
from app.rates import Rate

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
_SEEN_EVERY = timedelta(minutes=1)
_ID_BYTES = 16
_TRIES_AT_ONE_ACCOUNT = Rate("10/15m")
_TRIES_OF_ONE_CLIENT = Rate("60/15m")
_CODES_OF_ONE_ACCOUNT = Rate("20/15m")


@dataclass(frozen=True, slots=True)
class Recognised:
    """Somebody who is logged in."""

    principal: Principal
    role: Role
    totp: bool
    """Whether an authenticator app is set up."""
    is_lacking: bool
    """Whether one must be, before anything else."""


class SessionDesk:
    """Logs staff in and recognises them.

    Tries are counted for each client and account, in each process: whoever tries somebody's account from elsewhere
    locks nobody out. Codes, which are only asked for behind the right password, are counted for the account.
    """

    def __init__(self, house: Parts, refusals: Refusals) -> None:
        self._database = house.database
        self._clock = house.clock
        self._keyring = house.keyring
        self._totp_required = house.settings.require_totp
        self._refusals = refusals
        self.passwords = Passwords()
        self._at_account = BurstLimit(_TRIES_AT_ONE_ACCOUNT, refusal=TooManyLogIns)
        self._of_client = BurstLimit(_TRIES_OF_ONE_CLIENT, refusal=TooManyLogIns)
        self._codes = BurstLimit(_CODES_OF_ONE_ACCOUNT, refusal=TooManyLogIns)

    async def log_in(self, given: LogIn, client: str | None, before: str | None) -> str:
        """Return the id of a new session; the one that the browser had before is ended.

        Errors: `LogInFailed`; `CodeNeeded`; `TooManyLogIns`.
        """
        email = given.email.lower()
        self._of_client.take(client)
        self._at_account.take(f"{client} {email}")
        async with self._database.read() as session:
            account = await session.scalar(select(StaffAccount).where(StaffAccount.email == email))
        kept = account.password if account and account.disabled_at is None else None
        if not await self.passwords.fits(given.password, kept) or account is None:
            await self._refusals.note_log_in(account.id if account else None, "password")
            raise LogInFailed
        step = await self._check_code(account, given.code)
        async with self._database.begin() as session:
            if not await self._still_fits(session, account, step):
                raise LogInFailed
            return await self._begin_instead(session, account.id, before)

    async def begin_by_provider(
        self, session: AsyncSession, staff_id: UUID, before: str | None, *, second_factor: bool
    ) -> str:
        """Return the id of a new session for somebody that the sign-in provider vouches for, as `log_in` does."""
        return await self._begin_instead(session, staff_id, before, second_factor=second_factor, way="oidc")

    def wants_second_factor(self, account: StaffAccount) -> bool:
        """Say whether a password alone would not do for an account."""
        return self._totp_required or account.totp is not None

    async def recognise(self, session_id: str, *, is_use: bool = True) -> Recognised:
        """Return who has a session, or raise `NotAuthenticated`: looked up each time, so that an end is one at once.

        A use puts the end of an idle session off.
        """
        now = self._clock.now()
        query = (
            select(StaffAccount, StaffSession.seen_at, StaffSession.second_factor)
            .join(StaffSession, StaffSession.staff_id == StaffAccount.id)
            .where(StaffSession.hash == _hash(session_id), StaffAccount.disabled_at.is_(None))
            .where(StaffSession.seen_at > now - IDLE, StaffSession.created_at > now - ABSOLUTE)
        )
        async with self._database.read() as session:
            row = (await session.execute(query)).first()
        if row is None:
            raise NotAuthenticated
        account, seen_at, second_factor = row
        if is_use and now - seen_at >= _SEEN_EVERY:
            seen = update(StaffSession).where(StaffSession.hash == _hash(session_id)).values(seen_at=now)
            async with self._database.begin() as session:
                await session.execute(seen)
        return self._recognised(account, second_factor=second_factor)

    async def log_out(self, session_id: str) -> None:
        """End a session; ending one that is none changes nothing."""
        async with self._database.begin() as session:
            ended = delete(StaffSession).where(StaffSession.hash == _hash(session_id)).returning(StaffSession.staff_id)
            staff_id = await session.scalar(ended)
            if staff_id is not None:
                audit.record(session, f"staff:{staff_id}", Action.SESSION_ENDED, f"staff:{staff_id}")

    def count_code(self, staff_id: UUID) -> None:
        """Count a try at what only the account's owner knows, or raise `TooManyLogIns`."""
        self._codes.take(str(staff_id))

    async def begin_anew(self, session: AsyncSession, staff_id: UUID) -> str:
        """End every session of somebody and begin one; return its id."""
        await session.execute(delete(StaffSession).where(StaffSession.staff_id == staff_id))
        return self._begin(session, staff_id)

    async def _begin_instead(
        self, session: AsyncSession, staff_id: UUID, before: str | None, *, second_factor: bool = False, **details: str
    ) -> str:
        if before:
            await session.execute(delete(StaffSession).where(StaffSession.hash == _hash(before)))
        audit.record(session, f"staff:{staff_id}", Action.SESSION_BEGUN, f"staff:{staff_id}", **details)
        return self._begin(session, staff_id, second_factor=second_factor)

    def _begin(self, session: AsyncSession, staff_id: UUID, *, second_factor: bool = False) -> str:
        made, now = secrets.token_urlsafe(_ID_BYTES), self._clock.now()
        begun = {"created_at": now, "seen_at": now, "second_factor": second_factor}
        session.add(StaffSession(hash=_hash(made), staff_id=staff_id, **begun))
        return made

    async def _check_code(self, account: StaffAccount, code: str | None) -> int | None:
        """Return the step of a right code; None where none is asked for."""
        if account.totp is None:
            return None
        if code is None:
            raise CodeNeeded
        self.count_code(account.id)
        secret = self._keyring.secrets.open(account.totp, f"staff.totp:{account.id}")
        step = matching_step(secret, code, self._clock.now())
        if step is None:
            await self._refusals.note_log_in(account.id, "code")
            raise LogInFailed
        return step

    async def _still_fits(self, session: AsyncSession, account: StaffAccount, step: int | None) -> bool:
        """Say whether the account is as it was looked at, and use the code up: none counts twice."""
        same = StaffAccount.password == account.password, StaffAccount.disabled_at.is_(None)
        fresh = or_(StaffAccount.totp.is_(None), StaffAccount.totp_step < (step or 0))
        used = update(StaffAccount).where(StaffAccount.id == account.id, *same, fresh).values(totp_step=step or 0)
        return await session.scalar(used.returning(StaffAccount.id)) is not None

    def _recognised(self, account: StaffAccount, *, second_factor: bool) -> Recognised:
        role, enrolled = Role(account.role), account.totp is not None
        # Who must set up an app can do nothing else until then.
        is_lacking = self._totp_required and not enrolled and not second_factor
        scopes = frozenset[str]() if is_lacking else role.scopes
        principal = Principal(account.id, account.name, scopes, frozenset(account.forms), kind="staff")
        return Recognised(principal, role, enrolled, is_lacking)


async def forget_ended(session: AsyncSession, now: datetime) -> None:
    """Delete the sessions that are over."""
    over = or_(StaffSession.seen_at <= now - IDLE, StaffSession.created_at <= now - ABSOLUTE)
    await session.execute(delete(StaffSession).where(over))


def _hash(session_id: str) -> bytes:
    return sha256(session_id.encode()).digest()
