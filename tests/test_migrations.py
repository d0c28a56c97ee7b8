"""The schema: up, down and up again on both databases, and equal to the models."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import IntegrityError

from app import migrating, schema
from app.access import staff
from app.access.models import StaffSession
from app.access.roles import Role
from app.access.staff_schemas import NewStaff
from app.database import Base, Database
from app.forms.letters import Letter, OwnText, set_text
from app.privacy.service import erase
from tests.privacy.erased import claim_and_die
from tests.support.house import Desk

_OF_A_LEAD = (
    *("leads", "data_keys", "consents", "search_tokens", "events", "deliveries"),
    *("destinations", "forms", "wording_sets"),
)
_EVENT_OF_NOBODY = """
    INSERT INTO events (id, lead_id, form_key, type, body, created_at)
    SELECT '00000000000000000000000000000001', '00000000000000000000000000000002', form_key, type, body, created_at
    FROM events LIMIT 1"""


async def test_every_step_goes_up_down_and_up_again(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    assert (await migrating.upgrade(database)).after == schema.head()
    assert (await migrating.downgrade(database, "base")).after is None
    async with database.connect() as connection:
        assert await connection.run_sync(lambda sync: inspect(sync).get_table_names()) == ["alembic_version"]
    assert await migrating.upgrade(database) == migrating.Step(None, schema.head())
    await database.dispose()


async def test_what_is_there_stays_while_the_schema_moves(desk: Desk) -> None:
    database, now = desk.house.database, desk.clock.now()
    await desk.webhook("https://crm.clinic.example/leads")
    await desk.lead()
    new = NewStaff(email="i.prat@clinic.example", name="Ines Prat", role=Role.COORDINATOR)
    made = await staff.invite(database, "https://quotes.clinic.example", new, now)
    async with database.begin() as session:
        session.add(StaffSession(hash=b"1", staff_id=made.id, created_at=now, seen_at=now))
    # Each to a step before which its tables were not there.
    for revision, tables in (("0008", (*_OF_A_LEAD, "staff", "staff_sessions")), ("0001", _OF_A_LEAD)):
        before = {table: await _count(database, table) for table in tables}
        assert all(before.values()), before
        await migrating.downgrade(database, revision)
        await migrating.upgrade(database)
        assert {table: await _count(database, table) for table in tables} == before


async def test_before_0016_every_event_has_a_lead_and_from_then_on_they_outlive_them(desk: Desk) -> None:
    database = desk.house.database
    await desk.webhook("https://crm.clinic.example/leads")
    await desk.lead()
    before = {table: await _count(database, table) for table in _OF_A_LEAD}
    gone = await desk.lead()
    # So that something is left of it in every table that outlives a lead.
    await claim_and_die(desk, 60)
    await erase(desk.house, gone.reference)
    assert await _keys_to_leads(database) == set()

    await migrating.downgrade(database, "0015")
    assert {table: await _count(database, table) for table in _OF_A_LEAD} == before
    assert await _keys_to_leads(database) == {"events", "deliveries"}
    with pytest.raises(IntegrityError):
        await _run(database, _EVENT_OF_NOBODY)

    await migrating.upgrade(database)
    assert {table: await _count(database, table) for table in _OF_A_LEAD} == before
    assert await _keys_to_leads(database) == set()
    await _run(database, _EVENT_OF_NOBODY)
    if database.is_sqlite:
        async with database.connect() as connection:
            assert list(await connection.execute(text("PRAGMA foreign_key_check"))) == []
            assert list(await connection.execute(text("PRAGMA integrity_check"))) == [("ok",)]
            # The trigger that gives events their place is still there.
            places = await connection.execute(text("SELECT place FROM events ORDER BY place"))
            assert [row[0] for row in places] == [1, 4]


async def _keys_to_leads(database: Database) -> set[str]:
    """Return which tables that outlive leads point at them all the same."""

    def found(connection: Connection) -> set[str]:
        tables = inspect(connection)
        keys = {table: tables.get_foreign_keys(table) for table in ("events", "deliveries", "attempts")}
        assert all(keys[table] for table in ("deliveries", "attempts")), "the others are gone, too"
        return {table for table in keys if "leads" in {key["referred_table"] for key in keys[table]}}

    async with database.connect() as connection:
        return await connection.run_sync(found)


async def _run(database: Database, statement: str) -> None:
    async with database.begin() as session:
        await session.execute(text(statement))


async def test_0017_adds_texts_of_letters_beside_what_is_there_and_takes_them_back(desk: Desk) -> None:
    database, now = desk.house.database, desk.clock.now()
    await desk.lead()
    await set_text(database, "default", (Letter.STAFF, "es"), OwnText(text="Hola."), now)
    before = {table: await _count(database, table) for table in ("forms", "wording_sets", "leads")}
    assert await _count(database, "letter_texts") == 1

    await migrating.downgrade(database, "0016")
    assert {table: await _count(database, table) for table in before} == before
    async with database.connect() as connection:
        assert "letter_texts" not in await connection.run_sync(lambda sync: inspect(sync).get_table_names())

    await migrating.upgrade(database)
    assert await _count(database, "letter_texts") == 0
    await set_text(database, "default", (Letter.STAFF, "es"), OwnText(text="Hola."), now)
    assert {table: await _count(database, table) for table in before} == before


async def _count(database: Database, table: str) -> int:
    async with database.read() as session:
        return await session.scalar(text(f"SELECT count(*) FROM {table}")) or 0


def test_the_newest_number_is_the_newest_step() -> None:
    assert ScriptDirectory.from_config(migrating.configuration()).get_current_head() == schema.head()


async def test_models_and_migrations_are_equal(database: Database) -> None:
    def difference(connection: Connection) -> object:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        return compare_metadata(context, Base.metadata)

    async with database.connect() as connection:
        assert await connection.run_sync(difference) == []
