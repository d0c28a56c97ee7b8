"""Lanes, breakers, replays and alerts."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

OPEN = sa.text("state IN ('pending', 'sending')")
DUE = "ix_deliveries_due"


def upgrade() -> None:
    """Take the step."""
    op.add_column("destinations", sa.Column("failures_in_row", sa.Integer(), server_default="0", nullable=False))
    op.add_column("destinations", sa.Column("probe_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("deliveries", sa.Column("lane", sa.Integer(), server_default="0", nullable=False))
    op.drop_index(DUE, table_name="deliveries")
    op.drop_index(op.f("ix_deliveries_destination_id"), table_name="deliveries")
    op.create_index(DUE, "deliveries", ["destination_id", "lane", "due_at"], postgresql_where=OPEN, sqlite_where=OPEN)
    op.create_index(
        op.f("ix_deliveries_destination_id_created_at_id"), "deliveries", ["destination_id", "created_at", "id"]
    )
    op.create_table(
        "replays",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("destination_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("only", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("queued", sa.Integer(), nullable=False),
        sa.Column("cursor_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cursor_id", sa.Uuid(), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["destination_id"], ["destinations.id"], name=op.f("fk_replays_destination_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replays")),
    )
    op.create_index(op.f("ix_replays_destination_id"), "replays", ["destination_id"])
    op.create_index(op.f("ix_replays_state"), "replays", ["state"])
    op.create_table(
        "alerts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("destination_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["destination_id"], ["destinations.id"], name=op.f("fk_alerts_destination_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    op.create_index(op.f("ix_alerts_at_id"), "alerts", ["at", "id"])
    op.create_index(op.f("ix_alerts_destination_id"), "alerts", ["destination_id"])


def downgrade() -> None:
    """Take it back."""
    op.drop_table("alerts")
    op.drop_table("replays")
    op.drop_index(op.f("ix_deliveries_destination_id_created_at_id"), table_name="deliveries")
    op.drop_index(DUE, table_name="deliveries")
    op.create_index(op.f("ix_deliveries_destination_id"), "deliveries", ["destination_id"])
    op.create_index(DUE, "deliveries", ["due_at"], postgresql_where=OPEN, sqlite_where=OPEN)
    op.drop_column("deliveries", "lane")
    op.drop_column("destinations", "probe_at")
    op.drop_column("destinations", "failures_in_row")
