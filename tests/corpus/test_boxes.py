"""Where characters stand on their page."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.boxes import UNIT, Boxes, Rectangle, pack, rectangles, unpack
from corpus.model import Span

Row = tuple[int, int, int, int]
SPACE = (0, 0, 0, 0)  # joins two lines, so it stands nowhere


def boxes(*rows: Row, pages: int = 1) -> Boxes:
    sizes = np.array([[595.28, 841.89]] * pages, np.float32)
    return Boxes(sizes, np.array(rows, np.int32).reshape(-1, 4))


def line(text: str, left: int, top: int, bottom: int = 0) -> list[Row]:
    """One box a character, ten points wide and twelve high; ``left`` and ``top`` in points."""
    starts = [(left + 10 * index) * UNIT for index in range(len(text))]
    return [(start, top * UNIT, start + 10 * UNIT, (bottom or top + 12) * UNIT) for start in starts]


coordinate = st.integers(-(2**31), 2**31 - 1)


@given(st.lists(st.tuples(coordinate, coordinate, coordinate, coordinate), max_size=20))
def test_boxes_survive_packing_exactly(rows: list[Row]) -> None:
    kept = boxes(*rows, pages=2)
    found = unpack(pack(kept))
    assert np.array_equal(found.characters, kept.characters)
    assert np.array_equal(found.page_sizes, kept.page_sizes)
    assert (found.characters.dtype, found.page_sizes.dtype) == (np.int32, np.float32)
    assert hashlib.sha256(pack(found)).digest() == hashlib.sha256(pack(kept)).digest()


def test_a_quote_over_two_lines_is_marked_by_one_rectangle_a_line() -> None:
    given_ = boxes(*line("Take", 60, 100), SPACE, *line("daily", 60, 114))
    assert rectangles(given_, (Span(0, 10),)) == [Rectangle(60, 100, 40, 12), Rectangle(60, 114, 50, 12)]


def test_a_superscript_widens_the_rectangle_of_its_line() -> None:
    given_ = boxes(*line("10", 60, 100), *line("9", 80, 96, bottom=104))
    assert rectangles(given_, (Span(0, 3),)) == [Rectangle(60, 96, 30, 16)]


def test_the_next_column_is_a_rectangle_of_its_own() -> None:
    given_ = boxes(*line("end", 300, 100), SPACE, *line("top", 60, 100))
    assert [found.left for found in rectangles(given_, (Span(0, 7),))] == [300, 60]


@pytest.mark.parametrize("spans", [(), (Span(2, 2),), (Span(4, 5),)])
def test_what_stands_nowhere_is_not_marked(spans: tuple[Span, ...]) -> None:
    assert rectangles(boxes(*line("Take", 60, 100), SPACE), spans) == []
