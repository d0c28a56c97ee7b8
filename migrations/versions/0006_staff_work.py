"""Staff answer leads, tag them, write notes on them and look back on every step."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"

JSON_VALUE = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
OF_SOME = {
    "ix_leads_assignee": (["assignee", "received_at", "no"], "assignee IS NOT NULL", "assignee IS NOT NULL"),
    "ix_leads_unanswered": (["received_at", "no"], "answered_at IS NULL", "answered_at IS NULL"),
    "ix_leads_held": (["received_at", "no"], "held", "held = 1"),
    "ix_leads_test": (["received_at", "no"], "test", "test = 1"),
}
OF_ALL = {
    "ix_leads_language_received_at_no": ["language", "received_at", "no"],
    "ix_leads_updated_at_no": ["updated_at", "no"],
}


def upgrade() -> None:
    """Take the step."""
    op.add_column("leads", sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("leads", sa.Column("assignee", sa.String(length=200), nullable=True))
    # With a default, since the door writes leads without tags.
    op.add_column("leads", sa.Column("tags", JSON_VALUE, server_default="[]", nullable=False))
    op.add_column("leads", sa.Column("follow_up_at", sa.DateTime(timezone=True), nullable=True))
    # The nearest that is known of leads which were answered before anybody kept the time.
    op.execute("UPDATE leads SET answered_at = updated_at WHERE status <> 'new'")
    for name, columns in OF_ALL.items():
        op.create_index(name, "leads", columns)
    for name, (columns, on_postgresql, on_sqlite) in OF_SOME.items():
        op.create_index(
            name, "leads", columns, postgresql_where=sa.text(on_postgresql), sqlite_where=sa.text(on_sqlite)
        )
    op.create_table(
        "lead_tags",
        sa.Column("tag", sa.String(length=50), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lead_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["lead_no"], ["leads.no"], name=op.f("fk_lead_tags_lead_no")),
        sa.PrimaryKeyConstraint("tag", "received_at", "lead_no", name=op.f("pk_lead_tags")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_lead_tags_lead_no"), "lead_tags", ["lead_no"])
    op.create_table(
        "lead_steps",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=True),
        sa.Column("before", JSON_VALUE, nullable=True),
        sa.Column("after", JSON_VALUE, nullable=True),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_lead_steps_lead_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_steps")),
    )
    op.create_index(op.f("ix_lead_steps_lead_id_at_id"), "lead_steps", ["lead_id", "at", "id"])


def downgrade() -> None:
    """Take it back."""
    op.drop_table("lead_steps")
    op.drop_table("lead_tags")
    for name in (*OF_SOME, *OF_ALL):
        op.drop_index(name, "leads")
    for name in ("follow_up_at", "tags", "assignee", "answered_at"):
        op.drop_column("leads", name)
