"""Search tokens stand by epochs of 8,192 leads, no longer of 2,048, so that a search has fewer to ask."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Take the step: every row moves, so the table is written anew, in the order of its key."""
    _write_anew(13)


def downgrade() -> None:
    """Take it back."""
    _write_anew(11)


def _write_anew(bits: int) -> None:
    op.rename_table("search_tokens", "search_tokens_before")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER INDEX pk_search_tokens RENAME TO pk_search_tokens_before")
    op.create_table(
        "search_tokens",
        sa.Column("epoch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("token", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("lead_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("epoch", "token", "lead_no", name=op.f("pk_search_tokens")),
        sqlite_with_rowid=False,
    )
    op.execute(
        f"INSERT INTO search_tokens (epoch, token, lead_no) "  # noqa: S608 - a number
        f"SELECT lead_no >> {bits}, token, lead_no FROM search_tokens_before ORDER BY 1, 2, 3"
    )
    op.drop_table("search_tokens_before")
