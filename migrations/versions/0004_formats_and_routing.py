"""Destinations take formats, credentials and filters; deliveries of several calls remember how far they came."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Add them; every column may be empty, so nothing is rewritten."""
    op.add_column("destinations", sa.Column("previous_secret", sa.LargeBinary(), nullable=True))
    op.add_column("destinations", sa.Column("previous_secret_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("destinations", sa.Column("connection", sa.LargeBinary(), nullable=True))
    op.add_column("destinations", sa.Column("takes", JSON, nullable=True))
    op.add_column("deliveries", sa.Column("progress", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """Take them away."""
    op.drop_column("deliveries", "progress")
    op.drop_column("destinations", "takes")
    op.drop_column("destinations", "connection")
    op.drop_column("destinations", "previous_secret_until")
    op.drop_column("destinations", "previous_secret")
