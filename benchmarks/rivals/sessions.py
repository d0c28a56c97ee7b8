"""A session for each request, from an engine with its defaults."""

import os
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Depends
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

_URL = os.environ["FREEQUOTE_DATABASE_URL"]
_IS_SQLITE = _URL.startswith("sqlite:")

engine = (
    # Over the default of five seconds a crowd would get errors instead of answers.
    create_async_engine(_URL.replace("sqlite:", "sqlite+aiosqlite:", 1), connect_args={"timeout": 60})
    if _IS_SQLITE
    else create_async_engine(_URL.replace("postgresql:", "postgresql+asyncpg:", 1))
)
_sessions = async_sessionmaker(engine, expire_on_commit=False)


def _prepare(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


if _IS_SQLITE:
    event.listen(engine.sync_engine, "connect", _prepare)


async def get_session() -> AsyncIterator[AsyncSession]:
    """Open a session for one request."""
    async with _sessions() as session:
        yield session


Session = Annotated[AsyncSession, Depends(get_session)]
