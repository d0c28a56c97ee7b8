"""What Alembic runs: over the connection that `app.migrating` hands it, or over the one that the settings name."""

import asyncio

from alembic import context
from sqlalchemy import Connection

from app.access import models as _access
from app.audit import models as _audit
from app.database import Base, Database
from app.deliveries import models as _deliveries
from app.destinations import models as _destinations
from app.forms import models as _forms
from app.intake import models as _intake
from app.leads import models as _leads
from app.leads.changes import models as _changes
from app.leads.stats import models as _stats
from app.migrating import lock_schema
from app.privacy import models as _privacy
from app.sealing import models as _sealing
from app.settings import read_settings

ROOMS = (_access, _audit, _changes, _deliveries, _destinations, _forms, _intake, _leads, _privacy, _sealing, _stats)
"""Imported for the tables they define."""


def run(connection: Connection) -> None:
    """Run the steps in one transaction, one process at a time."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        transactional_ddl=True,
        compare_server_default=True,
    )
    with context.begin_transaction():
        lock_schema(connection)
        context.run_migrations()


async def run_by_settings() -> None:
    """Open the configured database and run the steps there."""
    settings = read_settings()
    database = Database(settings.direct_database_url.get_secret_value() or settings.effective_database_url)
    async with database.connect() as connection:
        await connection.run_sync(run)
    await database.dispose()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    asyncio.run(run_by_settings())
