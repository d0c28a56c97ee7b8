"""Forms may have limits of their own."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Take the step; the default is a constant, since a release behind writes rows without it."""
    op.add_column("forms", sa.Column("limits", JSON, server_default=sa.text("'{}'"), nullable=False))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("forms", "limits")
