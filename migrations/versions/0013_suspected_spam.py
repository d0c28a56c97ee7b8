"""Held leads keep what spoke against them as a number too and are quickly found; forms may ask for a proof of work."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

WERE_HELD = sa.text("held_reasons <> '[]'")


def upgrade() -> None:
    """Take the step; every default is a constant, since a release behind writes rows without them."""
    op.add_column("leads", sa.Column("held_score", sa.Integer(), server_default="0", nullable=False))
    op.add_column("forms", sa.Column("proof_of_work", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(
        "ix_leads_were_held", "leads", ["received_at", "no"], postgresql_where=WERE_HELD, sqlite_where=WERE_HELD
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_index("ix_leads_were_held", "leads")
    op.drop_column("forms", "proof_of_work")
    op.drop_column("leads", "held_score")
