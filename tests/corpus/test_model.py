"""Documents are values: their identity is their content, and offsets stay exact."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.model import (
    Cell,
    Document,
    Page,
    Passage,
    Sentence,
    Source,
    Span,
    document_bytes,
    document_from_bytes,
    passage_from_row,
    passage_row,
)
from tests.builders import document

ROOT = Path(__file__).resolve().parents[2]
SEEDED = """
from tests.builders import document
made = document("Velmarin 40 mg – once a day.", "Für Erwachsene.", pages=2)
print(made.sha256)
"""
words = st.text(st.characters(exclude_categories=["Z", "C"]), min_size=1, max_size=8)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=4), st.text("ab "), st.integers(1, 3))
def test_a_document_survives_its_bytes(paragraphs: list[str], title: str, pages: int) -> None:
    made = document(*(paragraphs or ["x"]), pages=pages, title=title)
    again = document_from_bytes(document_bytes(made))
    assert again == made
    assert document_bytes(again) == document_bytes(made)
    assert again.sha256 == made.sha256 == hashlib.sha256(document_bytes(made)).hexdigest()


def test_the_canonical_form_stays_as_it_was_written_once() -> None:
    """Every stored digest depends on it."""
    made = replace(document("≤ 80 mg.", names=("Velmarin",)), source=Source("a.pdf", "0" * 64, "application/pdf"))
    assert document_bytes(made).decode() == (
        '{"blocks":[[0,8,"paragraph",["4.2 Posology"],null,[[0,8,1]]]],"language":"en","names":["Velmarin"],'
        '"pages":[[1,0,8]],"reader":"test","source":["a.pdf","' + "0" * 64 + '","application/pdf"],'
        '"text":"≤ 80 mg.","title":"Label"}'
    )


def test_the_cells_of_a_row_survive_its_bytes() -> None:
    made = document("40 mg once a day")
    row = replace(made.blocks[0], kind="row", cells=(Cell(0, 5, 0), Cell(6, 16, 1, 2)))
    made = replace(made, blocks=(row, *made.blocks[1:]))
    assert document_from_bytes(document_bytes(made)) == made


def test_the_digest_is_the_same_under_every_hash_seed() -> None:
    def digest(seed: str) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", SEEDED], capture_output=True, text=True, check=True, cwd=ROOT, env=environment
        )
        return done.stdout.strip()

    here = document("Velmarin 40 mg – once a day.", "Für Erwachsene.", pages=2)
    assert digest("1") == digest("2") == here.sha256


def test_an_unconfirmed_sentence_makes_another_document() -> None:
    """Or a text that no second reader saw could pass for one that was confirmed."""
    made = document("Take one tablet.")
    block = replace(made.blocks[0], sentences=(Sentence(0, 16, False),))
    doubted = replace(made, blocks=(block,))
    assert doubted.sha256 != made.sha256
    assert document_from_bytes(document_bytes(doubted)).blocks[0].sentences[0].confirmed is False
    assert (made.confirmed_share(), doubted.confirmed_share()) == (1.0, 0.0)


@given(st.lists(st.lists(words, min_size=1, max_size=6), min_size=1, max_size=4), st.data())
def test_a_span_cut_at_page_ends_reads_as_before(texts: list[list[str]], data: st.DataObject) -> None:
    """Words flow from page to page; slices are joined by one space, as in a reply's wire form."""
    text, pages, starts, ends = "", [], [], []
    for number, page in enumerate(texts, 1):
        text += " " if text else ""
        begin = len(text)
        for word in page:
            text += "" if len(text) == begin else " "
            starts.append(len(text))
            text += word
            ends.append(len(text))
        pages.append(Page(number, begin, len(text)))
    made = replace(document(text), pages=tuple(pages))
    first = data.draw(st.integers(0, len(starts) - 1))
    last = data.draw(st.integers(first, len(starts) - 1))
    span = Span(starts[first], ends[last])

    cuts = made.spans_by_page(span)

    assert " ".join(cut.of(text) for cut in cuts) == span.of(text)
    numbers = [made.page_at(cut.start) for cut in cuts]
    assert numbers == sorted(set(numbers)) == [made.page_at(cut.end - 1) for cut in cuts]


def test_a_quote_over_a_page_end_is_two_spans() -> None:
    text = "Take one tablet daily with water."
    made = replace(document(text), pages=(Page(1, 0, 15), Page(2, 16, len(text))))
    assert made.spans_by_page(Span(5, 21)) == (Span(5, 15), Span(16, 21))
    assert made.spans_by_page(Span(0, 15)) == (Span(0, 15),)
    assert made.spans_by_page(Span(16, 21)) == (Span(16, 21),)


def test_a_format_without_pages_is_never_cut() -> None:
    made = replace(document("Take one tablet."), pages=())
    assert made.spans_by_page(Span(2, 9)) == (Span(2, 9),)
    assert made.page_at(4) is None


def test_an_offset_finds_its_page_block_and_sentence() -> None:
    made = document("First.", "Second.", pages=2)  # at 0 to 6 and 7 to 14, a newline between them
    for offset, page, block in [(0, 1, 0), (5, 1, 0), (7, 2, 1), (13, 2, 1)]:
        assert made.page_at(offset) == page
        assert made.block_at(offset) is made.blocks[block]
        assert made.sentence_at(offset) == made.blocks[block].sentences[0]
    assert made.sentence_at(6) is None
    assert made.block_at(6) is made.blocks[0]


def test_before_the_first_block_there_is_none() -> None:
    for made in (document("First."), Document(Source("a", "", ""), "", "", "en", (), "", (), ())):
        with pytest.raises(IndexError):
            made.block_at(-1)


def test_a_passage_survives_its_row() -> None:
    passage = Passage("d" * 64, 7, "Zweiter Satz.", ("4", "4.2"), None, "dosing", (Sentence(7, 20, False),))
    assert passage_from_row(passage_row(passage)) == passage
    assert passage.end == 20
