from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pypdf
import pytest

from corpus.model import Block, Document, Page, Source
from ingest.blocks import blocks_of
from ingest.canonical import canonical
from ingest.coverage import PageCoverage, coverage
from ingest.furniture import without_furniture
from ingest.pdf import read_pdf

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


@pytest.mark.reference
def test_the_words_of_real_labels_are_read(reference_data: Path, whole: bool) -> None:
    """At least 99 % of the words on 99 % of the pages, in languages with spaces; with --acceptance of all labels."""
    files = sorted((reference_data / "product_information").glob("*.pdf" if whole else "[px]*.pdf"))
    pages = [page for file in files if file.name.isascii() for page in _covered(file.read_bytes())]
    assert sum(page.share >= 0.99 for page in pages) >= 0.99 * len(pages) > 0


def _covered(content: bytes) -> tuple[PageCoverage, ...]:
    read = read_pdf(content)
    body, gone = without_furniture(read.lines, read.page_sizes)
    made = canonical(blocks_of(body, read.rules, read.outline), read.page_sizes, "en")
    removed: dict[int, str] = {}
    for line in gone:
        removed[line.page or 0] = f"{removed.get(line.page or 0, '')} {line.text}"
    source = Source("label.pdf", "", "application/pdf")
    label = Document(source, "pdfium", "", "en", (), made.text, made.pages, made.blocks)
    witness = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages]
    return tuple(page for page in coverage(label, removed, witness) if page.words)
