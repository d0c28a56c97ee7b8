"""Whose account a sign-in opens: the one that is bound to the provider's subject or, once, to a verified address."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr, ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.models import StaffAccount
from app.audit import service as audit
from app.audit.actions import Action

Subject = Annotated[StrictStr, Field(min_length=1, max_length=255)]
_TWO_FACTORS = "mfa"
"""Several factors were asked for (RFC 8176 §2)."""
_YES_OF_ENTRA = (True, "1", "true")


class Stranger(Exception):
    """Nobody here, or nobody who may sign in; the reason is for the audit."""

    def __init__(self, reason: str, staff_id: UUID | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.staff_id = staff_id


class Unproved(Stranger):
    """Somebody known, whose account asks for a second factor that the provider does not speak of."""


class _Said(BaseModel):
    model_config = ConfigDict(extra="ignore")

    sub: Subject
    email: StrictStr | None = None
    email_verified: StrictBool | None = None
    xms_edov: Any = None
    """Entra ID never says `email_verified`; this optional claim says that the address's domain is its tenant's."""
    amr: list[StrictStr] = []

    @property
    def is_verified(self) -> bool:
        """Whether the provider vouches for the address; one that says no is not asked again in other words."""
        return self.xms_edov in _YES_OF_ENTRA if self.email_verified is None else self.email_verified


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the provider vouches for."""

    issuer: str
    subject: str
    email: str | None
    """In small letters; None: it verified none."""
    has_two_factors: bool


def identity_in(claims: dict[str, Any], issuer: str) -> Identity:
    """Read whom the claims speak of, or raise `Stranger`. `"true"` in place of `true` verifies nothing."""
    try:
        said = _Said.model_validate(claims)
    except ValidationError:
        raise Stranger("claims") from None
    email = said.email.lower() if said.email and said.is_verified else None
    return Identity(issuer, said.sub, email, _TWO_FACTORS in said.amr)


async def account_of(session: AsyncSession, who: Identity, now: datetime) -> StaffAccount:
    """Return the account that somebody may sign in to, bound to them from now on, or raise `Stranger`."""
    bound = StaffAccount.oidc_issuer == who.issuer, StaffAccount.oidc_subject == who.subject
    account = await session.scalar(select(StaffAccount).where(*bound).with_for_update())
    if account is None:
        account = await _known_by_address(session, who, now)
        # Of two first sign-ins at once, the later one waited for the row, and finds it bound.
        if (account.oidc_issuer, account.oidc_subject) != (who.issuer, who.subject):
            bind(session, account, who.issuer, who.subject, actor=f"staff:{account.id}")
    if account.disabled_at is not None:
        raise Stranger("disabled", account.id)
    return account


def bind(session: AsyncSession, account: StaffAccount, issuer: str, subject: str, actor: str) -> None:
    """Let a subject of the provider sign in to an account; an invitation that was open is taken up by that."""
    account.oidc_issuer, account.oidc_subject = issuer, subject
    account.invitation = account.invited_until = None
    audit.record(session, actor, Action.STAFF_BOUND, f"staff:{account.id}")


async def _known_by_address(session: AsyncSession, who: Identity, now: datetime) -> StaffAccount:
    if who.email is None:
        raise Stranger("email-not-verified")
    account = await session.scalar(select(StaffAccount).where(StaffAccount.email == who.email).with_for_update())
    if account is None:
        raise Stranger("unknown")
    # Addresses are given to others once somebody has left; the subject is not.
    if account.oidc_issuer == who.issuer and account.oidc_subject not in {None, who.subject}:
        raise Stranger("another-subject", account.id)
    if account.disabled_at is not None:
        raise Stranger("disabled", account.id)
    invited = account.invited_until is not None and account.invited_until > now
    if account.password is None and account.oidc_subject is None and not invited:
        raise Stranger("not-invited", account.id)
    return account
