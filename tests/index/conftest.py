"""The small edition that tests of reading share; none of them changes it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from index.edition import Edition, open_edition
from index.layout import Home
from tests.index.small import build


@pytest.fixture(scope="session")
def edition_folder(new_home: Callable[[], Home]) -> Path:
    """The edition of LABELS on disk."""
    home = new_home()
    return home.edition(build(home).edition)


@pytest.fixture(scope="session")
def edition(edition_folder: Path) -> Edition:
    """The edition of LABELS, opened."""
    return open_edition(edition_folder)
