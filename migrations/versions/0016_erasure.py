"""Leads can be erased: events and deliveries outlive them, and a ledger says which."""

import re

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

OUTLIVING = ("events", "deliveries")
LEFT = (
    "DELETE FROM attempts WHERE delivery_id IN (SELECT id FROM deliveries WHERE lead_id NOT IN (SELECT id FROM leads))",
    "DELETE FROM deliveries WHERE lead_id NOT IN (SELECT id FROM leads)",
    "DELETE FROM events WHERE lead_id NOT IN (SELECT id FROM leads)",
)


def upgrade() -> None:
    """Take the step."""
    op.create_table(
        "erasures",
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=16), nullable=False),
        sa.Column("form_key", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("lead_id", name=op.f("pk_erasures")),
    )
    for table in OUTLIVING:
        if op.get_bind().dialect.name == "postgresql":
            op.drop_constraint(_key_of(table), table, type_="foreignkey")
        else:
            _rewrite(table, rf",\s*{_clause_of(table)}", "")


def downgrade() -> None:
    """Take it back; what is left of erased leads goes, since every row had a lead before."""
    for statement in LEFT:
        op.execute(statement)
    for table in OUTLIVING:
        if op.get_bind().dialect.name == "postgresql":
            op.create_foreign_key(_key_of(table), table, "leads", ["lead_id"], ["id"])
        else:
            clause = f"CONSTRAINT {_key_of(table)} FOREIGN KEY(lead_id) REFERENCES leads (id)"
            _rewrite(table, rf"(CONSTRAINT pk_{table} PRIMARY KEY \(id\))", rf"\1, {clause}")
    op.drop_table("erasures")


def _key_of(table: str) -> str:
    return f"fk_{table}_lead_id"


def _clause_of(table: str) -> str:
    return rf"CONSTRAINT {_key_of(table)} FOREIGN KEY\s*\(lead_id\) REFERENCES leads \(id\)"


def _rewrite(table: str, pattern: str, by: str) -> None:
    """Change the words that SQLite made a table by, as its manual has it for constraints (lang_altertable.html §8).

    A constraint is nothing on disk, so no row is moved, and everything that hangs on the table stays.
    """
    connection = op.get_bind()
    words = sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :table")
    rewritten, count = re.subn(pattern, by, connection.scalar(words, {"table": table}))
    if count != 1:
        raise RuntimeError(f"The table {table} was made by other words than expected.")
    number = connection.scalar(sa.text("PRAGMA schema_version"))
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    try:
        put = sa.text("UPDATE sqlite_master SET sql = :sql WHERE type = 'table' AND name = :table")
        connection.execute(put, {"sql": rewritten, "table": table})
        # So that every connection reads the schema anew.
        connection.exec_driver_sql(f"PRAGMA schema_version = {number + 1}")
    finally:
        connection.exec_driver_sql("PRAGMA writable_schema = RESET")
