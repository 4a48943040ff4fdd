"""Who approved which policy."""

import sqlalchemy as sa
from alembic import op

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
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER policy_signatures_no_{verb.lower()} BEFORE {verb} ON policy_signatures "
            f"BEGIN SELECT RAISE(ABORT, 'policy_signatures is append-only'); END"
        )
    # INSERT OR REPLACE deletes the old row without firing its DELETE trigger.
    op.execute(
        "CREATE TRIGGER policy_signatures_no_replace BEFORE INSERT ON policy_signatures "
        "WHEN EXISTS (SELECT 1 FROM policy_signatures WHERE id = NEW.id) "
        "BEGIN SELECT RAISE(ABORT, 'policy_signatures is append-only'); END"
    )
