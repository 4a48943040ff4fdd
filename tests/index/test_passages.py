from __future__ import annotations

from pathlib import Path

import pytest

from corpus.model import Passage
from index.errors import DamagedEdition
from index.passages import Passages, build_passages, open_passages

DOCUMENTS = ("a" * 64, "b" * 64)
PASSAGES = (
    Passage(DOCUMENTS[0], 0, "Über Öl\u2028und Wasser.", ("4.2 Posología",), 1, None, ()),
    Passage(DOCUMENTS[0], 30, "A line\nand another.", ("4.2 Posología",), 1, None, ()),
    Passage(DOCUMENTS[1], 0, "Of another document.", ("4.2 Posología",), None, "p1", ()),
    Passage(DOCUMENTS[1], 40, "Under another heading.", ("4.3",), None, None, ()),
)


@pytest.fixture
def stored(tmp_path: Path) -> Passages:
    build_passages(PASSAGES, DOCUMENTS, tmp_path / "rows", tmp_path / "table.npy")
    return open_passages(tmp_path / "rows", tmp_path / "table.npy", len(PASSAGES))


def test_each_passage_is_read_as_it_was_written(stored: Passages) -> None:
    assert tuple(stored) == PASSAGES
    assert [stored[at] for at in (3, 0)] == [PASSAGES[3], PASSAGES[0]]
    assert tuple(stored[1:3]) == PASSAGES[1:3]


def test_a_passage_that_is_not_there_is_none_of_the_others(stored: Passages) -> None:
    for at in (-1, len(PASSAGES)):
        with pytest.raises(IndexError, match=f"no passage {at} of 4"):
            stored[at]


def test_the_table_knows_document_and_section(stored: Passages) -> None:
    assert stored.owners.tolist() == [0, 0, 1, 1]
    first, same, other, last = stored.sections.tolist()
    assert first == same
    assert len({first, other, last}) == 3  # the same heading of another document is another section


def test_a_table_of_other_passages_is_refused(tmp_path: Path) -> None:
    build_passages(PASSAGES, DOCUMENTS, tmp_path / "rows", tmp_path / "table.npy")
    with pytest.raises(DamagedEdition, match="publish again"):
        open_passages(tmp_path / "rows", tmp_path / "table.npy", 3)


def test_no_passages_are_none(tmp_path: Path) -> None:
    build_passages((), DOCUMENTS, tmp_path / "rows", tmp_path / "table.npy")
    assert len(open_passages(tmp_path / "rows", tmp_path / "table.npy", 0)) == 0
