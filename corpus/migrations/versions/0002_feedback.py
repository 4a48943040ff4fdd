"""What readers said of replies."""

import sqlalchemy as sa
from alembic import op

from corpus.migrations.rules import append_only

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Creates the table of feedback, append-only like what it is about."""
    op.create_table(
        "feedback",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("idx", sa.Integer, nullable=False),
        sa.Column("helpful", sa.Boolean, nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
    )
    op.create_index("ix_feedback_idx", "feedback", ["idx"])
    append_only("feedback")
