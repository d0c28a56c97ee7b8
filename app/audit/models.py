"""Tables of the audit: entries, and how far they are chained."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import BIG_KEY, Base, database_now

_WAITING = text("position IS NULL")


class AuditEntry(Base):
    """One act. Written in the act's own transaction and never changed, but that the sealer gives it its place once."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index(None, "actor", "id"),
        Index(None, "action", "id"),
        Index(None, "subject", "id"),
        Index("ix_audit_entries_waiting", "id", sqlite_where=_WAITING, postgresql_where=_WAITING),
        # A number is never given twice, not even after the newest entry was deleted.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BIG_KEY, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(insert_default=database_now())
    actor: Mapped[str] = mapped_column(String(64))
    """`key:<id>`, `staff:<id>`, `cli`, `door`, `enquirer` or `nobody`."""
    action: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(128))
    """What it was done to: `lead:<id>`, `form:<key>`. Never personal data."""
    details: Mapped[dict[str, Any]]
    """What else is worth knowing, the names of changed fields for instance. Never personal data."""
    position: Mapped[int | None] = mapped_column(BigInteger, unique=True)
    """Its place in the chain, from 1 on; None: it waits for the sealer."""
    hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    """SHA-256 over the hash before it and all of the above."""


class AuditTip(Base):
    """One row: the end of the chain, signed. Whoever seals holds its lock."""

    __tablename__ = "audit_tip"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime]
    signature: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Ed25519 over position, hash and moment; None: nothing is sealed yet."""
