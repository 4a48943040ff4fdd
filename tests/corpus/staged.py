"""The smallest thing that can be kept: what became of a file."""

from __future__ import annotations

from corpus.database import Database
from corpus.staging import Staging
from corpus.store import Store


def stage(database: Database, file: str, size: int = 1) -> None:
    """Keeps a quarantined file, with a reason of ``size`` characters."""
    Store(database).stage(Staging(file, "", None, "x" * size, (), False))


def files(database: Database) -> list[str]:
    """The files that are kept, in order."""
    return [staging.file for staging in Store(database).stagings()]
