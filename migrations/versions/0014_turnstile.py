"""Forms may have Cloudflare's Turnstile run on their pages."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Take the step; the default is a constant, since a release behind writes rows without it."""
    op.add_column("forms", sa.Column("turnstile", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("forms", "turnstile")
