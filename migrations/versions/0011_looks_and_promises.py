"""Forms have a look of their own, and say by when somebody answers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Add both; the default is a constant, since a release behind writes rows without it."""
    op.add_column("forms", sa.Column("theme", JSON, server_default=sa.text("'{}'"), nullable=False))
    op.add_column("forms", sa.Column("answer_within", sa.String(20), nullable=True))


def downgrade() -> None:
    """Take them away."""
    op.drop_column("forms", "answer_within")
    op.drop_column("forms", "theme")
