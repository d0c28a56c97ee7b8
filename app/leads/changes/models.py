"""Table of the feed itself."""

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class ChangeFeed(Base):
    """One row: which numbering of the changes cursors belong to."""

    __tablename__ = "change_feed"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    epoch: Mapped[str] = mapped_column(String(32))
    last: Mapped[int] = mapped_column(BigInteger)
    """The last place that was given on SQLite; PostgreSQL goes by its transactions."""
