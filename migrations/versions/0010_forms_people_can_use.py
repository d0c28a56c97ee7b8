"""Forms choose their fields and know the site's own names for them; consents can be taken back."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Add them; every default is a constant, since a release behind writes rows without them."""
    op.add_column("forms", sa.Column("fields", JSON, server_default=sa.text("'[]'"), nullable=False))
    op.add_column("forms", sa.Column("aliases", JSON, server_default=sa.text("'{}'"), nullable=False))
    op.add_column("consents", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Take them away."""
    op.drop_column("consents", "withdrawn_at")
    op.drop_column("forms", "aliases")
    op.drop_column("forms", "fields")
