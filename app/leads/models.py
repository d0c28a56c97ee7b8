"""Tables of leads, their consents and the tokens that find them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.database import BIG_KEY, Base


class Lead(Base):
    """An accepted quote request. What says who it is, or what ails them, is sealed with the lead's own key."""

    __tablename__ = "leads"
    __table_args__ = (
        Index(None, "received_at", "no"),
        Index(None, "form_key", "received_at", "no"),
        Index(None, "status", "received_at", "no"),
        Index(None, "country", "received_at", "no"),
        # A number is never given twice, not even after the newest lead was erased.
        {"sqlite_autoincrement": True},
    )

    no: Mapped[int] = mapped_column(BIG_KEY, primary_key=True, autoincrement=True)
    """Counts up in the order of arrival; search walks leads by it."""
    id: Mapped[UUID] = mapped_column(unique=True)
    reference: Mapped[str] = mapped_column(String(16), unique=True)
    form_key: Mapped[str] = mapped_column(ForeignKey("forms.key"))
    status: Mapped[str] = mapped_column(String(16))
    version: Mapped[int]
    """Grows with every change; consumers drop what is older than what they have."""
    held: Mapped[bool]
    held_reasons: Mapped[list[str]]
    rejected_at: Mapped[datetime | None]
    """When staff marked a held lead as spam."""
    test: Mapped[bool]
    country: Mapped[str] = mapped_column(String(2))
    language: Mapped[str | None] = mapped_column(String(35))
    campaign: Mapped[dict[str, Any]]
    """The utm_* values that are short and look like no address or number; the others are sealed."""
    received_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    person: Mapped[bytes] = mapped_column(LargeBinary)
    inquiry: Mapped[bytes] = mapped_column(LargeBinary)
    attribution: Mapped[bytes] = mapped_column(LargeBinary)
    answers: Mapped[bytes] = mapped_column(LargeBinary)


class Consent(Base):
    """One purpose, granted or not, with the exact wording shown."""

    __tablename__ = "consents"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(ForeignKey("leads.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(16))
    recipient: Mapped[str | None] = mapped_column(String(200))
    granted: Mapped[bool]
    wording_id: Mapped[UUID | None] = mapped_column(ForeignKey("wording_sets.id"))
    wording_hash: Mapped[str | None] = mapped_column(String(64))
    shown: Mapped[str] = mapped_column(String(16))
    """`shown`: the page named this wording; `unverified`: the form's current one is assumed."""
    at: Mapped[datetime]


class SearchToken(Base):
    """One keyed hash by which a lead is found; `epoch` keeps writes to the newest leaves of the tree."""

    __tablename__ = "search_tokens"
    __table_args__ = ({"sqlite_with_rowid": False},)

    epoch: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    token: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    lead_no: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
