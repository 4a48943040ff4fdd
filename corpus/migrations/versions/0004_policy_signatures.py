"""Who approved which policy."""

import sqlalchemy as sa
from alembic import op

from corpus.migrations.rules import append_only

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Creates the table, append-only: what was signed stays signed, and under the same name."""
    op.create_table(
        "policy_signatures",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("policy", sa.String(64), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
    )
    op.create_index("ix_policy_signatures_policy", "policy_signatures", ["policy"])
    append_only("policy_signatures", "id = NEW.id")
