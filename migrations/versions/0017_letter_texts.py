"""Forms may have texts of their own for their letters."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Take the step."""
    op.create_table(
        "letter_texts",
        sa.Column("form_key", sa.String(length=64), nullable=False),
        sa.Column("letter", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("subject", sa.String(length=150), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["form_key"], ["forms.key"], name=op.f("fk_letter_texts_form_key")),
        sa.PrimaryKeyConstraint("form_key", "letter", "language", name=op.f("pk_letter_texts")),
    )


def downgrade() -> None:
    """Take it back; the letters say what is usual again."""
    op.drop_table("letter_texts")
