"""What was found in a quarantined file, and who accepted it."""

import sqlalchemy as sa
from alembic import op

from corpus.migrations.rules import append_only

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Creates both tables; acceptances are append-only: what was accepted stays accepted, and under the same name."""
    op.create_table(
        "findings",
        sa.Column("file", sa.Text, primary_key=True),
        sa.Column("found", sa.Text, nullable=False),
    )
    op.create_table(
        "acceptances",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("source_sha256", sa.String(64), nullable=False),
        sa.Column("found", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_index("ix_acceptances_source_sha256", "acceptances", ["source_sha256"])
    append_only("acceptances", "id = NEW.id")
