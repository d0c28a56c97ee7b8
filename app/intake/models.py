"""Table of idempotency keys."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class IdempotencyKey(Base):
    """A key that a website sent with an accepted request: the same key gets the same answer for a day."""

    __tablename__ = "idempotency_keys"

    form_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    key_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    lead_id: Mapped[UUID]
    """The lead it stands for; no foreign key, since the key is written first: whoever loses it writes no lead."""
    created_at: Mapped[datetime] = mapped_column(index=True)
