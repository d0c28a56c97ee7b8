"""Tables of idempotency keys and of flood marks."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, LargeBinary, String
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


class FloodMark(Base):
    """That a lead came from one client address, or with one text or proof of work, as a keyed token."""

    __tablename__ = "flood_marks"
    __table_args__ = ({"sqlite_with_rowid": False},)

    token: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    """When it came; of a proof, when that expires. An hour later it is forgotten."""
    lead_id: Mapped[UUID] = mapped_column(primary_key=True)
