"""Who read what: reading somebody's words is on record before they are shown."""

from __future__ import annotations

from collections.abc import Sequence

from corpus.database import Database
from corpus.ledger import append_leaves, new_leaf, read_head


def record_access(database: Database, actor: str, indexes: Sequence[int], where: str) -> None:
    """Appends an `access` leaf for the records whose texts are about to be shown; nothing for none."""
    if not indexes:
        return
    value = {"access": {"actor": actor, "records": list(indexes), "where": where}}
    with database.writing() as connection:
        append_leaves(connection, [new_leaf(read_head(connection).origin, "access", value)])
