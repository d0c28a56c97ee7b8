"""A form may acknowledge what it received to the enquirer."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Take the step."""
    with op.batch_alter_table("forms", schema=None) as batch_op:
        # With a default, since a release behind writes forms without it.
        batch_op.add_column(sa.Column("acknowledge", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("reply_to", sa.String(length=254), nullable=True))


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("forms", schema=None) as batch_op:
        batch_op.drop_column("reply_to")
        batch_op.drop_column("acknowledge")
