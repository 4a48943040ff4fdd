"""A database that hands out whatever stands in it: a text that is none any more is a fault to name, not an error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import event

from corpus.database import Database


def lenient(target: Path | str) -> Database:
    """Opens a database of this release, for reading."""
    database = Database(target)
    if database.engine.dialect.name == "sqlite":  # PostgreSQL keeps no text that is none
        event.listen(database.engine, "connect", _replacing)
    return database


def _replacing(connection: Any, _record: Any) -> None:
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
