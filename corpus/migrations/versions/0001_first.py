"""Documents, registry events, audit records, source tickets."""

import sqlalchemy as sa
from alembic import op

from corpus.migrations.rules import append_only

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Creates the tables of the first release."""
    op.create_table(
        "sources",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("media_type", sa.String(100), nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
    )
    op.create_table(
        "documents",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("sha256", sa.String(64), nullable=False, unique=True),
        sa.Column("source_sha256", sa.String(64), nullable=False),
        sa.Column("reader", sa.String(100), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("passages", sa.LargeBinary, nullable=False),
        sa.Column("boxes", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_documents_source_sha256", "documents", ["source_sha256"])
    op.create_table(
        "staged",
        sa.Column("file", sa.Text, primary_key=True),
        sa.Column("source_sha256", sa.String(64), nullable=False),
        sa.Column("document", sa.String(64), nullable=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("approvals", sa.Text, nullable=False),
        sa.Column("unapproved", sa.Boolean, nullable=False),
    )
    op.create_table(
        "events",
        sa.Column("sequence", sa.Integer, primary_key=True),
        sa.Column("type", sa.String(20), nullable=False),
        sa.Column("document_number", sa.String(200), nullable=False),
        sa.Column("version", sa.String(200), nullable=False),
        sa.Column("country", sa.String(2), nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    head = op.create_table(
        "log_head",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("size", sa.Integer, nullable=False),
    )
    op.bulk_insert(head, [{"id": 1, "size": 0}])
    op.create_table(
        "records",
        sa.Column("idx", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("leaf", sa.LargeBinary, nullable=False),
        sa.Column("leaf_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("conversation", sa.String(64), nullable=False),
        sa.Column("type", sa.String(40), nullable=False),
        sa.Column("ts", sa.String(40), nullable=False),
    )
    op.create_index("ix_records_conversation", "records", ["conversation"])
    op.create_table(
        "bodies",
        sa.Column("idx", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("pseudonym", sa.String(64), nullable=False),
        sa.Column("nonce", sa.LargeBinary, nullable=False),
        sa.Column("ciphertext", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_bodies_pseudonym", "bodies", ["pseudonym"])
    op.create_table(
        "used_tickets",
        sa.Column("nonce", sa.String(64), primary_key=True),
        sa.Column("expires", sa.BigInteger, nullable=False),
    )
    # What was said and what it was said from is append-only, also for a program that forgets it.
    append_only("documents")
    append_only("events", "sequence = NEW.sequence")
    append_only("records", "idx = NEW.idx OR leaf_hash = NEW.leaf_hash")
