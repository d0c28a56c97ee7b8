"""Tables of what was counted, and of what has to be counted again."""

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from app.database import BIG_KEY, Base


class DailyCount(Base):
    """The leads of one form (the empty text: of all) of one day (UTC), counted; held leads and tests apart."""

    __tablename__ = "daily_counts"

    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    form_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    counts: Mapped[dict[str, Any]]
    """How many of each `status`, `country`, `form` and `source` (the empty text: none was said), and how many were
    first answered after so many minutes: `answer`."""


class Counting(Base):
    """One row: up to which change the days are counted."""

    __tablename__ = "counting"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(BigInteger)
    """Grows with every counting, so that of two at once the second one begins again."""
    epoch: Mapped[str] = mapped_column(String(32))
    """The numbering of the changes that the place belongs to."""
    place: Mapped[int] = mapped_column(BigInteger)
    event_id: Mapped[UUID]


class StaleDay(Base):
    """A day of which a lead was erased; the database itself notes it, whoever erases."""

    __tablename__ = "stale_days"

    no: Mapped[int] = mapped_column(BIG_KEY, primary_key=True, autoincrement=True)
    day: Mapped[str] = mapped_column(String(10))
