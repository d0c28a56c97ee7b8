"""Forms have a look of their own."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Add it; the default is a constant, since a release behind writes rows without it."""
    op.add_column("forms", sa.Column("theme", JSON, server_default=sa.text("'{}'"), nullable=False))


def downgrade() -> None:
    """Take it away."""
    with op.batch_alter_table("forms") as batch_op:
        batch_op.drop_column("theme")
