"""How well each document was read."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Creates the table; a document that was kept before has no row, until its file is read again."""
    op.create_table(
        "coverage",
        sa.Column("document", sa.String(64), primary_key=True),
        sa.Column("short", sa.Boolean, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
