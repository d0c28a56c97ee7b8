"""The schema: up, down and up again on both databases, and equal to the models."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from app import migrating, schema
from app.database import Base, Database


async def test_every_step_goes_up_down_and_up_again(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    assert (await migrating.upgrade(database)).after == schema.head()
    assert (await migrating.downgrade(database, "base")).after is None
    async with database.connect() as connection:
        assert await connection.run_sync(lambda sync: inspect(sync).get_table_names()) == ["alembic_version"]
    assert await migrating.upgrade(database) == migrating.Step(None, schema.head())
    await database.dispose()


def test_the_newest_number_is_the_newest_step() -> None:
    assert ScriptDirectory.from_config(migrating.configuration()).get_current_head() == schema.head()


async def test_models_and_migrations_are_equal(database: Database) -> None:
    def difference(connection: Connection) -> object:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        return compare_metadata(context, Base.metadata)

    async with database.connect() as connection:
        assert await connection.run_sync(difference) == []
