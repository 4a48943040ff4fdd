"""Who read texts of readers, when and what for: leaves of the log."""

from __future__ import annotations

from collections.abc import Sequence

from corpus.database import Database
from corpus.ledger import append_leaves, new_leaf, read_head

_RECORDS = 2_000  # in one leaf, so that it stays within LEAF_BYTES


def note_access(database: Database, actor: str, purpose: str, records: Sequence[int]) -> None:
    """Puts on record that ``actor`` was shown what stands in these records (their indexes); of none, nothing."""
    parts = [list(records[at : at + _RECORDS]) for at in range(0, len(records), _RECORDS)]
    if parts:
        with database.writing() as connection:
            origin = read_head(connection).origin
            values = [{"actor": actor, "purpose": purpose, "records": part} for part in parts]
            append_leaves(connection, [new_leaf(origin, "access", {"access": value}) for value in values])
