"""What was said of files that are gone."""

import sqlalchemy as sa
from alembic import op

from corpus.migrations.rules import append_only

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Creates the table, append-only: what was proposed, and who said what to it, stays on record."""
    op.create_table(
        "proposals",
        sa.Column("sequence", sa.Integer, primary_key=True),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("source_sha256", sa.String(64), nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    append_only("proposals", "sequence = NEW.sequence")
