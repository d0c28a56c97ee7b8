"""Events stand in the order of their commits, and leads are counted by the day."""

import secrets
from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"

PLACE = "(GREATEST(pg_current_xact_id(), pg_snapshot_xmax(pg_current_snapshot()))::text::bigint)"
TRIGGER = """
    CREATE TRIGGER events_place AFTER INSERT ON events BEGIN
        UPDATE change_feed SET last = last + 1;
        UPDATE events SET place = (SELECT last FROM change_feed) WHERE rowid = NEW.rowid;
    END"""

ERASED = {
    "sqlite": (
        """
        CREATE TRIGGER leads_erased AFTER DELETE ON leads BEGIN
            INSERT INTO stale_days (day) VALUES (substr(OLD.received_at, 1, 10));
        END""",
    ),
    "postgresql": (
        """
        CREATE FUNCTION note_stale_day() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            INSERT INTO stale_days (day) VALUES (to_char(OLD.received_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'));
            RETURN NULL;
        END $$""",
        "CREATE TRIGGER leads_erased AFTER DELETE ON leads FOR EACH ROW EXECUTE FUNCTION note_stale_day()",
    ),
}
BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Take the step."""
    _order_changes()
    _count_days()


def _order_changes() -> None:
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


def _count_days() -> None:
    op.create_table(
        "daily_counts",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("form_key", sa.String(length=64), nullable=False),
        sa.Column("counts", JSON, nullable=False),
        sa.PrimaryKeyConstraint("day", "form_key", name=op.f("pk_daily_counts")),
    )
    op.create_table(
        "stale_days",
        sa.Column("no", BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_stale_days")),
    )
    counting = op.create_table(
        "counting",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.String(length=32), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counting")),
    )
    op.bulk_insert(counting, [{"id": 1, "version": 0, "epoch": "", "place": -1, "event_id": UUID(int=0)}])
    for statement in ERASED[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    """Take it back."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER leads_erased")
        op.execute("DROP TRIGGER events_place")
    else:
        op.execute("DROP TRIGGER leads_erased ON leads")
        op.execute("DROP FUNCTION note_stale_day")
    for table in ("counting", "stale_days", "daily_counts"):
        op.drop_table(table)
    op.drop_index(op.f("ix_events_place_id"), table_name="events")
    op.drop_column("events", "place")
    op.drop_table("change_feed")
