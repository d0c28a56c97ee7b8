"""Table of what was erased."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class Erasure(Base):
    """A lead that was erased: whatever brings it back, it is erased again. Nothing of a person."""

    __tablename__ = "erasures"

    lead_id: Mapped[UUID] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(16))
    form_key: Mapped[str] = mapped_column(String(64))
    event_id: Mapped[UUID]
    """The event that told of it; erased again, the lead is told of by the same one."""
    by: Mapped[str] = mapped_column(String(64))
    """Who erased it, as the audit names them."""
    at: Mapped[datetime]
