"""Staff are told of held leads that nobody has judged."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

UNJUDGED = "ix_leads_unjudged"


def upgrade() -> None:
    """Take the step; few leads are held, so the index is small."""
    op.create_table(
        "held_digests",
        sa.Column("destination_id", sa.Uuid(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("destination_id", name=op.f("pk_held_digests")),
        sa.ForeignKeyConstraint(["destination_id"], ["destinations.id"], name=op.f("fk_held_digests_destination_id")),
    )
    op.create_index(
        UNJUDGED,
        "leads",
        ["form_key", "received_at"],
        postgresql_where=sa.text("held AND NOT test AND rejected_at IS NULL"),
        sqlite_where=sa.text("held = 1 AND test = 0 AND rejected_at IS NULL"),
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_index(UNJUDGED, table_name="leads")
    op.drop_table("held_digests")
