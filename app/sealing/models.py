"""Tables of keys. Every key in them is itself sealed with the deployment's key."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class KeyringEntry(Base):
    """One random key for one purpose, wrapped."""

    __tablename__ = "keyring"

    purpose: Mapped[str] = mapped_column(String(32), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]


class DataKey(Base):
    """The key of one lead, wrapped. Without this row the lead, its events and its attempts are unreadable."""

    __tablename__ = "data_keys"

    lead_id: Mapped[UUID] = mapped_column(ForeignKey("leads.id"), primary_key=True)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
