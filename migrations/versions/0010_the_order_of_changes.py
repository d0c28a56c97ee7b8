"""Events stand in the order of their commits, for whoever follows the changes."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0005"

PLACE = "(GREATEST(pg_current_xact_id(), pg_snapshot_xmax(pg_current_snapshot()))::text::bigint)"
TRIGGER = """
    CREATE TRIGGER events_place AFTER INSERT ON events BEGIN
        UPDATE change_feed SET last = last + 1;
        UPDATE events SET place = (SELECT last FROM change_feed) WHERE rowid = NEW.rowid;
    END"""


def upgrade() -> None:
    """Take the step."""
    feed = op.create_table(
        "change_feed",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.String(length=32), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_feed")),
    )
    op.bulk_insert(feed, [{"id": 1, "epoch": secrets.token_hex(8), "last": 0}])
    # A constant rewrites no row: what is there already stands at 0, in the order of its ids.
    op.add_column("events", sa.Column("place", sa.BigInteger(), server_default="0", nullable=False))
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE events ALTER COLUMN place SET DEFAULT {PLACE}")
    else:
        op.execute(TRIGGER)
    op.create_index(op.f("ix_events_place_id"), "events", ["place", "id"])


def downgrade() -> None:
    """Take it back."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER events_place")
    op.drop_index(op.f("ix_events_place_id"), table_name="events")
    with op.batch_alter_table("events") as batch_op:
        batch_op.drop_column("place")
    op.drop_table("change_feed")
