from __future__ import annotations

from dataclasses import replace

import pytest

from corpus.model import Block, Document, Page, Source
from ingest.coverage import PageCoverage, coverage

ROW = "Elderly 5 mg once"


def document(*pages: str) -> Document:
    """One block, whose text stands on ``pages``."""
    text, found = "\n".join(pages), []
    start = 0
    for number, page in enumerate(pages, 1):
        found.append(Page(number, start, start + len(page)))
        start += len(page) + 1
    block = Block(0, len(text), "paragraph", (), None, ())
    return Document(Source("a.pdf", "", "application/pdf"), "pdfium", "", "en", (), text, tuple(found), (block,))


def missed(ours: str, theirs: str, removed: str = "") -> tuple[str, ...]:
    (page,) = coverage(document(ours), {1: removed}, [theirs])
    return page.missed


def test_a_page_that_both_readers_read_alike_is_covered() -> None:
    (page,) = coverage(document("Adults 10 mg once."), {}, ["Adults\n10 mg once."])
    assert page == PageCoverage(1, 4, ())
    assert page.share == 1


def test_a_lost_row_is_missed_though_its_words_stand_elsewhere_on_the_page() -> None:
    lost = missed("Adults 10 mg once. Children 5 mg.", f"Adults 10 mg once. {ROW} Children 5 mg.")
    assert sorted(lost) == ["5", "elderly", "mg", "once"]


def test_the_share_is_of_the_words_that_the_second_reader_sees() -> None:
    (page,) = coverage(document("Adults 10 mg"), {}, [f"Adults 10 mg {ROW}"])
    assert (page.words, page.share) == (7, pytest.approx(3 / 7))


def test_what_was_removed_as_header_or_footer_is_covered() -> None:
    assert missed("Adults 10 mg", "Velmarin 7 Adults 10 mg", removed="Velmarin 7") == ()


def test_removed_text_covers_its_own_page_only() -> None:
    first, second = coverage(document("Dose", "Dose"), {1: "Velmarin"}, ["Velmarin Dose", "Velmarin Dose"])
    assert (first.missed, second.missed) == ((), ("velmarin",))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("Efﬁcacy", "Efficacy"),
        ("5mg", "5 mg"),
        ("take it without food", "take it with-\nout food"),
        ("the capsule of the box", "thecapsule of the box"),
        ("Table 1", "T a b l e 1"),
        ("capsules and the capsules", "cap sules and the capsules"),
        ("lodi\u00adsartan", "lodisartan"),
        ("1,73 m²", "1,73 m2"),
        ("用量は", "用 量 は"),
    ],
)
def test_what_two_readers_may_part_or_write_differently_is_covered(ours: str, theirs: str) -> None:
    assert missed(ours, theirs) == ()


@pytest.mark.parametrize(
    ("ours", "theirs", "lost"),
    [("15 mg", "15 mg 5", "5"), ("contraindicated", "contraindicated in", "in"), ("用量", "用量は", "は")],
)
def test_a_short_word_inside_another_does_not_cover_a_lost_one(ours: str, theirs: str, lost: str) -> None:
    assert missed(ours, theirs) == (lost,)


def test_a_word_over_a_page_end_is_covered_on_both_pages() -> None:
    pages = coverage(document("once, without", "food."), {}, ["once, with-", "out food."])
    assert [page.missed for page in pages] == [(), ()]


def test_a_page_without_words_is_covered_and_a_page_of_which_nothing_was_read_is_not() -> None:
    empty, lost = coverage(replace(document(""), pages=()), {}, ["", "Adults"])
    assert (empty.share, lost.share) == (1, 0)
