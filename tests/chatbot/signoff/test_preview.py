"""What a preview says of a document, and where it finds places and documents."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chatbot.signoff.book import read_place
from chatbot.signoff.shown import chosen_pages, preview_file, preview_value
from corpus.errors import InvalidInput, NotFound
from corpus.model import Span
from tests.chatbot.signoff.conftest import Desk

DOSE = "The starting dose is 40 mg once daily."
HALVED = "It is halved in frail patients."


def place(desk: Desk, words: str) -> Span:
    return read_place(words, desk.book.preview(desk.label.sha256))


def test_a_page_shows_its_passages_in_order_under_their_headings(desk: Desk) -> None:
    page = desk.book.preview(desk.label.sha256).page(1)
    assert [(part.kind, part.text) for part in page.parts] == [
        ("heading", "4.2 Posology"),
        ("paragraph", DOSE),
        ("paragraph", HALVED),
    ]
    assert [passage.text for part in page.parts for passage in part.passages] == [DOSE, HALVED]
    assert (page.width, page.height) == (595, 842)


def test_words_that_only_the_second_reader_sees_are_named_on_their_page(desk: Desk) -> None:
    preview = desk.book.preview(desk.label.sha256)
    assert preview.page(1).warnings == ()
    page = preview.page(2)
    assert "6 of 14 words" in page.warnings[0]
    assert page.warnings[0].endswith("elderly 5 mg once a day")
    assert page.removed == "Draft 7"


def test_what_is_doubtful_of_the_whole_document_is_said(desk: Desk) -> None:
    warnings = "\n".join(desk.book.preview(desk.label.sha256).warnings)
    assert "language is doubtful: only 50%" in warnings
    assert "words are missing on page 2" in warnings
    assert "no headings" not in warnings
    assert desk.book.preview(desk.card.sha256).warnings == ()


def test_a_format_without_pages_is_one_page_with_its_rows_as_a_table(desk: Desk) -> None:
    page = desk.book.preview(desk.card.sha256).page(None)
    (table,) = [part for part in page.parts if part.rows]
    assert [" ".join(cell.text for cell in row.cells) for row in table.rows] == [
        "below 50 kg 20 mg",
        "50 kg or more 40 mg",
    ]
    assert [passage.text for passage in table.passages] == ["below 50 kg 20 mg", "50 kg or more 40 mg"]
    assert page.number is None


def test_a_passage_stands_where_its_boxes_are(desk: Desk) -> None:
    preview = desk.book.preview(desk.label.sha256)
    (mark,) = preview.rectangles(place(desk, DOSE), 1)
    assert mark.left == pytest.approx(60, abs=2)
    assert 0 < mark.top < 842 / 4
    assert preview.rectangles(place(desk, DOSE), 2) == ()


@pytest.mark.parametrize("name", ["LABEL", "label.pdf"])
def test_a_document_is_found_by_number_by_file_and_by_digest(name: str, desk: Desk) -> None:
    assert desk.book.find(name) == desk.book.find(name, "1.0") == desk.label.sha256
    assert desk.book.find(desk.label.sha256[:12]) == desk.label.sha256
    with pytest.raises(NotFound, match="signpost documents"):
        desk.book.find(name, "9.0")


@pytest.mark.parametrize(("text", "said"), [("dose is 41", "don't stand"), ("e", "times"), ("1-99999", "no place")])
def test_a_place_that_is_not_one_place_is_refused(text: str, said: str, desk: Desk) -> None:
    with pytest.raises(InvalidInput, match=said):
        place(desk, text)


def test_a_mark_is_set_on_every_reading_of_a_file_and_taken_back_from_each(desk: Desk) -> None:
    other = replace(desk.label, reader="an older reader")
    desk.store.add_document(other, 1, (), desk.store.boxes(desk.label.sha256))
    registry = desk.book.mark(desk.label.sha256, "do_not_cite", place(desk, "starting dose"), None, "A. Lee", "old")
    whole = place(desk, DOSE)
    assert all(registry.signoff.forbids(each.sha256, whole) for each in (desk.label, other))
    (mark,) = desk.book.preview(desk.label.sha256).marks()
    assert mark.place == whole
    registry = desk.book.unmark(desk.label.sha256, mark.sequence, "B. Diaz", "read again")
    assert not any(registry.signoff.forbids(each.sha256, whole) for each in (desk.label, other))


@pytest.mark.parametrize(("actor", "reason"), [("", "why"), ("A. Lee", "  "), ("A. Lee", "w" * 1_001)])
def test_a_mark_needs_a_name_and_a_reason(actor: str, reason: str, desk: Desk) -> None:
    with pytest.raises(InvalidInput):
        desk.book.mark(desk.label.sha256, "do_not_cite", place(desk, DOSE), None, actor, reason)
    assert desk.store.history() == []


def test_the_value_of_a_preview_names_places_that_marks_can_be_set_on(desk: Desk) -> None:
    preview = desk.book.preview(desk.label.sha256)
    value = preview_value(preview, chosen_pages(preview, 1))
    found = [passage for part in value["pages"][0]["parts"] for passage in part["passages"]]
    assert [desk.label.text[each["start"] : each["end"]] for each in found] == [DOSE, HALVED]
    assert value["waits"]
    with pytest.raises(NotFound, match="pages 1 to 2"):
        chosen_pages(preview, 3)


def test_the_file_of_a_preview_needs_nothing_else_and_marks_each_passage_on_its_page(desk: Desk) -> None:
    preview = desk.book.preview(desk.label.sha256)
    source = desk.label.source.sha256
    html = preview_file(preview, chosen_pages(preview, None), lambda page: desk.home.page_picture(source, page))
    start, end = place(desk, DOSE).start, place(desk, DOSE).end
    assert html.count("data:image/jpeg;base64,") == 2
    assert f'href="#m-1-{start}-{end}"' in html
    assert f'<g class="place" id="m-1-{start}-{end}"><rect' in html
    assert "http" not in html.replace("http-equiv", "")
