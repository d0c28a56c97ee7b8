"""Staff may sign in through a provider."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

BOUND = "ix_staff_oidc_subject_oidc_issuer"


def upgrade() -> None:
    """Take the step."""
    # Added in place: where SQLite makes a table anew, whoever has a session stands in its way.
    op.add_column("staff", sa.Column("oidc_issuer", sa.String(length=2000), nullable=True))
    op.add_column("staff", sa.Column("oidc_subject", sa.String(length=255), nullable=True))
    op.create_index(BOUND, "staff", ["oidc_subject", "oidc_issuer"], unique=True)
    op.add_column("staff_sessions", sa.Column("second_factor", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "staff_sign_ins",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("page", sa.String(length=600), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_staff_sign_ins")),
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_table("staff_sign_ins")
    op.drop_column("staff_sessions", "second_factor")
    op.drop_index(BOUND, "staff")
    op.drop_column("staff", "oidc_subject")
    op.drop_column("staff", "oidc_issuer")
