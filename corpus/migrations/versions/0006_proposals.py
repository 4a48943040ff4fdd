"""What was said of files that are gone."""

import sqlalchemy as sa
from alembic import op

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
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER proposals_no_{verb.lower()} BEFORE {verb} ON proposals "
            f"BEGIN SELECT RAISE(ABORT, 'proposals is append-only'); END"
        )
    # INSERT OR REPLACE deletes the old row without firing its DELETE trigger.
    op.execute(
        "CREATE TRIGGER proposals_no_replace BEFORE INSERT ON proposals "
        "WHEN EXISTS (SELECT 1 FROM proposals WHERE sequence = NEW.sequence) "
        "BEGIN SELECT RAISE(ABORT, 'proposals is append-only'); END"
    )
