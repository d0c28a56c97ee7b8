"""Staff may sign in through a provider."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Take the step."""
    with op.batch_alter_table("staff") as batch_op:
        batch_op.add_column(sa.Column("oidc_issuer", sa.String(length=2000), nullable=True))
        batch_op.add_column(sa.Column("oidc_subject", sa.String(length=255), nullable=True))
        batch_op.create_unique_constraint(op.f("uq_staff_oidc_subject_oidc_issuer"), ["oidc_subject", "oidc_issuer"])
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
    with op.batch_alter_table("staff_sessions") as batch_op:
        batch_op.drop_column("second_factor")
    with op.batch_alter_table("staff") as batch_op:
        batch_op.drop_constraint(op.f("uq_staff_oidc_subject_oidc_issuer"), type_="unique")
        batch_op.drop_column("oidc_subject")
        batch_op.drop_column("oidc_issuer")
