"""Held leads keep what spoke against them as a number too."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0011"


def upgrade() -> None:
    """Take the step; the default is a constant, since a release behind writes rows without it."""
    op.add_column("leads", sa.Column("held_score", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("leads", "held_score")
