"""The log as a Merkle tree: nodes, checkpoints, citations, and leaves of everything that happens."""

import json
import uuid

import sqlalchemy as sa
from alembic import op

from corpus.event_log import event_leaf, events_after
from corpus.ledger import KEPT_LEVELS, append_leaves, new_leaf, projected
from corpus.migrations.rules import append_only
from corpus.proofs.merkle import Frontier

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Creates the tables, and makes the tree of the records that are there."""
    connection = op.get_bind()
    op.drop_table("log_head")
    head = op.create_table(
        "log_head",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("origin", sa.String(100), nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("frontier", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_records_type_idx", "records", ["type", "idx"])
    nodes = op.create_table(
        "log_nodes",
        sa.Column("level", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
    )
    cited = op.create_table(
        "cited",
        sa.Column("idx", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("document", sa.String(200), primary_key=True),
        sa.Column("version", sa.String(200), primary_key=True),
    )
    op.create_index("ix_cited_document_version", "cited", ["document", "version"])
    op.create_table(
        "checkpoints",
        sa.Column("size", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("frontier", sa.LargeBinary, nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
    )
    append_only("log_nodes", "level = NEW.level AND position = NEW.position")
    append_only("checkpoints", "size = NEW.size")
    origin = f"signpost/{uuid.uuid4().hex[:16]}"
    frontier = _carried(connection, nodes, cited)
    row = {"id": 1, "origin": origin, "size": frontier.size, "frontier": b"".join(frontier.nodes)}
    connection.execute(head.insert().values(row))
    events = [event_leaf(origin, event) for event in list(events_after(connection, 0))]
    append_leaves(
        connection, [new_leaf(origin, "genesis", {"carried": frontier.size, "before": _before(connection)}), *events]
    )


def _before(connection: sa.Connection) -> dict[str, int]:
    """Rows that are older than the log and stand in no leaf of it: they begin their tables."""
    tables = ("policy_signatures", "case_events")
    query = "SELECT COALESCE(MAX(id), 0) FROM {}"
    return {table: connection.execute(sa.text(query.format(table))).scalar_one() for table in tables}


def _carried(connection: sa.Connection, nodes: sa.Table, cited: sa.Table) -> Frontier:
    """The tree of the records of older releases, with its nodes and citations written."""
    frontier = Frontier()
    rows = connection.execute(sa.text("SELECT idx, leaf, leaf_hash FROM records ORDER BY idx")).all()
    for index, content, digest in rows:
        frontier, completed = frontier.with_leaf(bytes.fromhex(digest))
        for level in KEPT_LEVELS:
            if level < len(completed):
                node = {"level": level, "position": index >> level, "hash": completed[level]}
                connection.execute(nodes.insert().values(node))
        for document, version in projected(bytes(content), json.loads(content)).cited:
            connection.execute(cited.insert().values(idx=index, document=document, version=version))
    return frontier
