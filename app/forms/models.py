"""Tables of forms and of the wordings that enquirers agree to."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.forms.wordings import AnswerWithin


class Form(Base):
    """One place on one website that may send requests."""

    __tablename__ = "forms"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    languages: Mapped[list[str]]
    origins: Mapped[list[str]]
    redirects: Mapped[list[str]]
    """Addresses that a plain form may name in its `redirect` field; the first is the thank-you address."""
    is_open: Mapped[bool]
    acknowledge: Mapped[bool] = mapped_column(server_default=false())
    """Whether enquirers get a letter that says that their request arrived."""
    reply_to: Mapped[str | None] = mapped_column(String(254))
    """Where enquirers' answers to that letter go."""
    answer_within: Mapped[AnswerWithin | None] = mapped_column(String(20))
    """What its default texts promise of the answer."""
    proof_of_work: Mapped[bool] = mapped_column(server_default=false())
    """Whether browsers are asked to prove some work; without a proof a request weighs more, and is taken."""
    turnstile: Mapped[bool] = mapped_column(server_default=false())
    """Whether Cloudflare's Turnstile runs on its pages, where the installation has a site key for it."""
    fields: Mapped[list[str]] = mapped_column(server_default=text("'[]'"))
    """What it asks for, in that order; empty: the usual fields."""
    aliases: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    """The site's own names of fields, each with the name that we give it."""
    theme: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    """How it looks, as `app.forms.themes.Theme` has it; what is not in it is as usual."""
    limits: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    """How much it takes, as `app.forms.limits.Limits` has it; what is not in it is as the installation says."""
    created_at: Mapped[datetime]


class WordingSet(Base):
    """The exact texts shown at one form in one language. Never changed: a new text is a new row."""

    __tablename__ = "wording_sets"
    __table_args__ = (Index(None, "form_key", "language", "created_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    form_key: Mapped[str] = mapped_column(ForeignKey("forms.key"))
    language: Mapped[str] = mapped_column(String(35))
    texts: Mapped[dict[str, Any]]
    """Purpose to text; the purposes are privacy, health_data, sharing, marketing, notice and next."""
    recipients: Mapped[list[str]]
    hash: Mapped[str] = mapped_column(String(64))
    """SHA-256, hexadecimal, over language, texts and recipients."""
    created_at: Mapped[datetime]


class LetterText(Base):
    """What a form's letters say in words of its own, in one language. Read anew for each letter."""

    __tablename__ = "letter_texts"

    form_key: Mapped[str] = mapped_column(ForeignKey("forms.key"), primary_key=True)
    letter: Mapped[str] = mapped_column(String(20), primary_key=True)
    language: Mapped[str] = mapped_column(String(8), primary_key=True)
    subject: Mapped[str | None] = mapped_column(String(150))
    text: Mapped[str | None] = mapped_column(Text)
    updated_at: Mapped[datetime]
