"""What homes give to policies is kept, so that a reply can be replayed under the policy that it was composed with."""

import sqlalchemy as sa
from alembic import op

from corpus.migrations.rules import append_only

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Creates the table, in which nothing is ever changed; and citations are read in the order of the log."""
    op.create_table(
        "policy_inputs",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    op.drop_index("ix_cited_document_version", "cited")
    op.create_index("ix_cited_document", "cited", ["document", "idx", "version"])
    append_only("policy_inputs", "sha256 = NEW.sha256")
