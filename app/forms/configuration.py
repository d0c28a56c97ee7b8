"""The version of everything that the door keeps in memory: forms, their wordings, and destinations."""

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class Configuration(Base):
    """One row, which counts the changes."""

    __tablename__ = "configuration"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int]


async def changed(session: AsyncSession) -> None:
    """Count a change of a form, a wording or a destination, in the change's own transaction.

    Every door reads the version before it writes, so that a destination added a moment ago gets the next lead.
    """
    await session.execute(
        update(Configuration).values(version=Configuration.version + 1).execution_options(synchronize_session=False)
    )
