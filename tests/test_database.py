"""The two databases behind one door: addresses, transactions, time, and faults."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import aiosqlite
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from app.access.models import ApiKey
from app.database import Database, database_now
from app.engines import postgresql_dsn, sqlite_file
from app.errors import OutOfReach, Refusal
from app.ids import new_id
from tests.support.postgres import Postgres


@pytest.mark.parametrize(
    "url",
    [
        "postgres://u:p@h:5433/name?sslmode=require",
        "postgresql://u:p@h:5433/name?sslmode=require",
        "postgresql+asyncpg://u:p@h:5433/name?sslmode=require",
        "postgresql+psycopg://u:p@h:5433/name?sslmode=require",
    ],
)
def test_postgresql_addresses_are_understood_as_any_tool_writes_them(url: str) -> None:
    assert postgresql_dsn(url) == "postgresql://u:p@h:5433/name?sslmode=require"


def test_a_socket_address_keeps_its_empty_host() -> None:
    assert postgresql_dsn("postgresql:///name?host=/run/postgresql") == "postgresql:///name?host=/run/postgresql"


def test_sqlite_addresses_name_relative_and_full_files() -> None:
    assert sqlite_file("sqlite:///data/freequote.db") == Path("data/freequote.db")
    assert sqlite_file("sqlite:////var/freequote.db") == Path("/var/freequote.db")


@pytest.mark.parametrize("url", ["mysql://u@h/name", "nonsense", "sqlite://", "sqlite:///"])
def test_other_addresses_are_refused_with_a_sentence(url: str) -> None:
    with pytest.raises(Refusal, match="FREEQUOTE_DATABASE_URL"):
        Database(url)


def _key(name: str, created_at: datetime) -> ApiKey:
    return ApiKey(id=new_id(), name=name, hash=name.encode(), scopes=[], forms=[], created_at=created_at)


async def test_a_moment_comes_back_as_it_went_in_and_in_utc(database: Database) -> None:
    moment = datetime(2026, 3, 29, 2, 30, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
    async with database.begin() as session:
        session.add(_key("a", moment))
    async with database.read() as session:
        (found,) = await session.scalars(select(ApiKey.created_at))
    assert (found, found.tzinfo) == (moment, UTC)


async def test_an_error_undoes_all_of_a_transaction(database: Database) -> None:
    async def write_and_fail() -> None:
        async with database.begin() as session:
            session.add(_key("a", datetime.now(UTC)))
            await session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await write_and_fail()
    async with database.read() as session:
        assert list(await session.scalars(select(ApiKey))) == []


async def test_many_writers_at_once_all_get_their_turn(database: Database) -> None:
    async def write(number: int) -> None:
        async with database.begin() as session:
            session.add(_key(str(number), datetime.now(UTC)))

    await asyncio.gather(*(write(number) for number in range(40)))
    async with database.read() as session:
        assert len(list(await session.scalars(select(ApiKey)))) == 40


async def test_the_databases_clock_can_look_ahead(database: Database) -> None:
    async with database.read() as session:
        now, later = (await session.execute(select(database_now(), database_now(90.5)))).one()
    assert timedelta(seconds=90) < later - now < timedelta(seconds=91)
    assert abs(now - datetime.now(UTC)) < timedelta(minutes=1)


async def test_a_statement_goes_to_a_sqlite_connections_thread_once(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(sqlite_url)
    ways: list[object] = []
    execute: Any = aiosqlite.Connection._execute

    async def counted(self: aiosqlite.Connection, function: Any, *given: Any, **named: Any) -> Any:
        ways.append(function)
        return await execute(self, function, *given, **named)

    async with database.read() as session:
        await session.execute(text("SELECT 1"))
        monkeypatch.setattr(aiosqlite.Connection, "_execute", counted)
        assert (await session.execute(text("SELECT 2 UNION SELECT 3"))).scalars().all() == [2, 3]
        assert len(ways) == 1
        with pytest.raises(OperationalError, match="no such table"):
            await session.execute(text("SELECT * FROM nowhere"))
        assert len(ways) == 2
        assert await session.scalar(text("SELECT 4")) == 4
    await database.dispose()


async def test_a_database_that_does_not_answer_is_out_of_reach(free_port: int, tmp_path: Path) -> None:
    for url in (f"postgresql://u@127.0.0.1:{free_port}/name", f"sqlite:///{tmp_path}/no/such/folder/file.db"):
        database = Database(url)
        with pytest.raises(OutOfReach):
            async with database.begin() as session:
                await session.execute(text("SELECT 1"))
        await database.dispose()
        # The driver's thread, which could open nothing, still answers to the loop before it ends.
        await asyncio.sleep(0.2)


async def test_a_full_disk_is_out_of_reach_and_loses_nothing(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    async with database.begin() as session:
        session.add(_key("kept", datetime.now(UTC)))
    async with database.connect() as connection:
        pages = (await connection.exec_driver_sql("PRAGMA page_count")).scalar_one()
        await connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(OutOfReach):
        async with database.begin() as session:
            session.add(_key("x" * 2_000_000, datetime.now(UTC)))
    async with database.read() as session:
        assert list(await session.scalars(select(ApiKey.name))) == ["kept"]
    await database.dispose()


async def test_connections_that_the_server_has_closed_are_opened_anew(postgresql_url: str, postgres: Postgres) -> None:
    database = Database(postgresql_url)
    async with database.read() as one, database.read() as other, database.begin() as third:
        for session in (one, other, third):
            await session.execute(text("SELECT 1"))
        name = await one.scalar(text("SELECT current_database()"))
    cut = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    await asyncio.to_thread(postgres.run, cut)
    await asyncio.sleep(0.2)
    async with database.read() as session:
        assert await session.scalar(text("SELECT 1")) == 1
    async with database.begin() as session:
        assert await session.scalar(text("SELECT 2")) == 2
    await database.dispose()
