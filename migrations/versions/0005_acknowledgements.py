"""A form may acknowledge what it received to the enquirer."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Take the step."""
    # With a default, since a release behind writes forms without it.
    op.add_column("forms", sa.Column("acknowledge", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("forms", sa.Column("reply_to", sa.String(length=254), nullable=True))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("forms", "reply_to")
    op.drop_column("forms", "acknowledge")
