"""Tables of API keys, of staff and of their sessions."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, false
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class ApiKey(Base):
    """A key's rights. The secret itself is never kept: it has 256 random bits, so a plain hash is enough."""

    __tablename__ = "api_keys"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    """SHA-256 of the secret."""
    scopes: Mapped[list[str]]
    forms: Mapped[list[str]]
    """Keys of the forms it may see; empty: all."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class StaffAccount(Base):
    """A member of staff. There is none until one is invited."""

    __tablename__ = "staff"
    __table_args__ = (Index("ix_staff_oidc_subject_oidc_issuer", "oidc_subject", "oidc_issuer", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    """What they log in with, in small letters."""
    name: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(16))
    forms: Mapped[list[str]]
    """Keys of the forms they may see; empty: all."""
    password: Mapped[str | None] = mapped_column(String(200))
    """Argon2id in PHC's notation; None: the invitation was not taken up yet."""
    invitation: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    """SHA-256 of the invitation's one-time token."""
    invited_until: Mapped[datetime | None]
    totp: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The secret of the authenticator app, sealed; None: no code is asked for."""
    totp_pending: Mapped[bytes | None] = mapped_column(LargeBinary)
    """One that was shown and not confirmed yet, sealed."""
    totp_step: Mapped[int] = mapped_column(BigInteger)
    """The step of the last code that was used: no code counts twice."""
    oidc_issuer: Mapped[str | None] = mapped_column(String(2000))
    oidc_subject: Mapped[str | None] = mapped_column(String(255))
    """Who they are to the sign-in provider, once they have signed in through it."""
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class StaffSession(Base):
    """One browser that is logged in."""

    __tablename__ = "staff_sessions"

    hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    """SHA-256 of the 128-bit id in the cookie."""
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    second_factor: Mapped[bool] = mapped_column(server_default=false())
    """Whether the sign-in provider asked for one."""


class StaffSignIn(Base):
    """A sign-in through the provider that is under way."""

    __tablename__ = "staff_sign_ins"

    hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    """SHA-256 of what the browser keeps in a cookie; all that the provider is told follows from that, one way."""
    page: Mapped[str] = mapped_column(String(600))
    """Where it leads, on our own address."""
    created_at: Mapped[datetime]
