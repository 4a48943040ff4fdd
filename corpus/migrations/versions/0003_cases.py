"""Safety cases: their reports, states and deliveries."""

import sqlalchemy as sa
from alembic import op

from corpus.migrations.rules import append_only

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Creates the tables, all of them append-only: a state is followed by another one, and never edited."""
    op.create_table(
        "cases",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("conversation", sa.String(64), nullable=False),
        sa.Column("portal", sa.String(200), nullable=False),
        sa.Column("country", sa.String(2), nullable=False),
        sa.Column("pseudonym", sa.String(64), nullable=False),
        sa.Column("opened_at", sa.String(40), nullable=False),
    )
    op.create_index("ix_cases_conversation", "cases", ["conversation"])
    op.create_table(
        "case_reports",
        sa.Column("case_id", sa.String(36), primary_key=True),
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("nonce", sa.LargeBinary, nullable=False),
        sa.Column("ciphertext", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "case_events",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("case_id", sa.String(36), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("report", sa.Integer, nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_index("ix_case_events_case_id", "case_events", ["case_id"])
    op.create_index("ix_case_events_state_case_id", "case_events", ["state", "case_id"])
    op.create_table(
        "case_attempts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("case_id", sa.String(36), nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("confirmed", sa.Boolean, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_index("ix_case_attempts_case_id_sequence", "case_attempts", ["case_id", "sequence"])
    keys = {
        "cases": "id = NEW.id",
        "case_reports": "case_id = NEW.case_id AND sequence = NEW.sequence",
        "case_events": "id = NEW.id",
        "case_attempts": "id = NEW.id",
    }
    for table, key in keys.items():
        append_only(table, key)
