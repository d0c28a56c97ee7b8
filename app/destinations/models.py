"""Table of destinations."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class Destination(Base):
    """Where events go. Address and secrets are sealed: a chat hook's URL alone lets anyone post to it."""

    __tablename__ = "destinations"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(200))
    address: Mapped[bytes] = mapped_column(LargeBinary)
    """A webhook's URL or a mailbox, sealed."""
    secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The signing secret of a webhook, sealed."""
    previous_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The secret before the last rotation, sealed; it signs too, until `previous_secret_until`."""
    previous_secret_until: Mapped[datetime | None]
    connection: Mapped[bytes | None] = mapped_column(LargeBinary)
    """A webhook's `Connection` (settings of its format, credentials, headers), sealed; None: nothing to say."""
    include: Mapped[str] = mapped_column(String(16))
    format: Mapped[str] = mapped_column(String(32))
    forms: Mapped[list[str]]
    """Keys of the forms whose events it gets; empty: all."""
    takes: Mapped[dict[str, Any] | None]
    """Which events it gets besides: lists of events, countries, languages, conditions, statuses; none: all."""
    recipient: Mapped[str | None] = mapped_column(String(200))
    """The legal entity behind it; then it gets only leads whose enquirer agreed to share with that name."""
    state: Mapped[str] = mapped_column(String(16))
    failures_in_row: Mapped[int] = mapped_column(server_default="0")
    """How many attempts failed since one last succeeded, over all workers."""
    probe_at: Mapped[datetime | None]
    """While it fails: when one delivery may try it again; the others wait."""
    created_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]
