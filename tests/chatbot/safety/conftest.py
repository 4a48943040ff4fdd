"""A book of safety cases in an empty home, and findings to put into it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chatbot.safety.book import CaseBook, open_cases_of
from chatbot.safety.cases import Detected
from corpus.database import Database, open_database
from index.layout import Home

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
TOLD = "Quimbly rash after the second tablet of Velmarin"


def found(text: str = TOLD, **changes: Any) -> Detected:
    """A finding of a turn at noon."""
    values: dict[str, Any] = {
        "conversation": "conversation-1",
        "turn": "turn-1",
        "portal": "demo",
        "country": "GB",
        "language": "en",
        "subject": "pseudonym-1",
        "kind": "adverse_event",
        "rules": ("safety.reaction",),
        "origin": "turn",
        "at": NOON,
        "elements": ("product", "reaction"),
    }
    return Detected(**{**values, "text": text, **changes})


@pytest.fixture
def home(tmp_path: Path) -> Home:
    root = tmp_path / "home"
    root.mkdir()
    return Home(root)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, home: Home) -> Iterator[Database]:
    """Empty, once on each."""
    url = request.getfixturevalue("server_url") if request.param == "postgresql" else None
    opened = open_database(url or home.database)
    yield opened
    opened.close()


@pytest.fixture
def book(home: Home, database: Database) -> CaseBook:
    return open_cases_of(home, database)
