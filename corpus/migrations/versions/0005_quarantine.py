"""What was found in a quarantined file, and who accepted it."""

import sqlalchemy as sa
from alembic import op

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
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER acceptances_no_{verb.lower()} BEFORE {verb} ON acceptances "
            f"BEGIN SELECT RAISE(ABORT, 'acceptances is append-only'); END"
        )
    # INSERT OR REPLACE deletes the old row without firing its DELETE trigger.
    op.execute(
        "CREATE TRIGGER acceptances_no_replace BEFORE INSERT ON acceptances "
        "WHEN EXISTS (SELECT 1 FROM acceptances WHERE id = NEW.id) "
        "BEGIN SELECT RAISE(ABORT, 'acceptances is append-only'); END"
    )
