"""Tables of leads, their consents, what staff did with them, and the tokens that find them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import BIG_KEY, JSON_VALUE, Base


def _of_some(name: str, condition: str, *columns: str) -> Index:
    # SQLite knows no booleans, and SQLAlchemy compares with 1 there.
    on_sqlite = condition if " " in condition else f"{condition} = 1"
    return Index(name, *columns, postgresql_where=text(condition), sqlite_where=text(on_sqlite))


WERE_HELD = "held_reasons <> '[]'"
"""Of leads that are or were held: what an index is made for."""


class Lead(Base):
    """An accepted quote request. What says who it is, or what ails them, is sealed with the lead's own key."""

    __tablename__ = "leads"
    __table_args__ = (
        Index(None, "received_at", "no"),
        Index(None, "form_key", "received_at", "no"),
        Index(None, "status", "received_at", "no"),
        Index(None, "country", "received_at", "no"),
        Index(None, "language", "received_at", "no"),
        Index(None, "updated_at", "no"),
        # The few that a filter picks out of the many; a query finds them by the very words of the condition.
        _of_some("ix_leads_assignee", "assignee IS NOT NULL", "assignee", "received_at", "no"),
        _of_some("ix_leads_unanswered", "answered_at IS NULL", "received_at", "no"),
        _of_some("ix_leads_held", "held", "received_at", "no"),
        _of_some("ix_leads_were_held", WERE_HELD, "received_at", "no"),
        _of_some("ix_leads_test", "test", "received_at", "no"),
        Index(
            "ix_leads_unjudged",
            *("form_key", "received_at"),
            postgresql_where=text("held AND NOT test AND rejected_at IS NULL"),
            sqlite_where=text("held = 1 AND test = 0 AND rejected_at IS NULL"),
        ),
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
    held_score: Mapped[int] = mapped_column(server_default="0")
    """How much spoke against it, where that was weighed."""
    rejected_at: Mapped[datetime | None]
    """When staff marked a held lead as spam."""
    test: Mapped[bool]
    country: Mapped[str] = mapped_column(String(2))
    language: Mapped[str | None] = mapped_column(String(35))
    campaign: Mapped[dict[str, Any]]
    """The utm_* values that are short and look like no address or number; the others are sealed."""
    received_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    """When staff first moved it on from `new`; stepping back does not undo an answer."""
    assignee: Mapped[str | None] = mapped_column(String(200))
    """Who answers it, as staff name each other."""
    tags: Mapped[list[str]] = mapped_column(server_default="[]")
    follow_up_at: Mapped[datetime | None]
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
    """`shown`: the page named this wording; `unverified`: the form's current one is assumed; `spoken`: no page was."""
    at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    """When the enquirer took it back. That it was given, and under which words, stays on record."""


class LeadTag(Base):
    """One tag of one lead, in the order of a list, so that a page of a rare tag reads no other leads."""

    __tablename__ = "lead_tags"
    __table_args__ = ({"sqlite_with_rowid": False},)

    tag: Mapped[str] = mapped_column(String(50), primary_key=True)
    received_at: Mapped[datetime] = mapped_column(primary_key=True)
    lead_no: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("leads.no"), primary_key=True, autoincrement=False, index=True
    )


class LeadStep(Base):
    """Something that was done with a lead: a line of its timeline. Never changed."""

    __tablename__ = "lead_steps"
    __table_args__ = (Index(None, "lead_id", "at", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(ForeignKey("leads.id"))
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(16))
    by: Mapped[str | None] = mapped_column(String(200))
    """Who did it, by the name of their key; nobody named: the command line."""
    before: Mapped[Any | None] = mapped_column(JSON_VALUE)
    after: Mapped[Any | None] = mapped_column(JSON_VALUE)
    note: Mapped[bytes | None] = mapped_column(LargeBinary)
    """What staff wrote, sealed with the lead's key."""


class SearchToken(Base):
    """One keyed hash by which a lead is found; `epoch` keeps writes to the newest leaves of the tree."""

    __tablename__ = "search_tokens"
    __table_args__ = ({"sqlite_with_rowid": False},)

    epoch: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    token: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    lead_no: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class HeldDigest(Base):
    """What one mailbox was told of held leads."""

    __tablename__ = "held_digests"

    destination_id: Mapped[UUID] = mapped_column(ForeignKey("destinations.id"), primary_key=True)
    told_at: Mapped[datetime | None]
    """When it was last told; leads that came later are news to it."""
    next_at: Mapped[datetime]
    """Before that nobody tells it anything: it was told a while ago, or somebody is just telling it."""
