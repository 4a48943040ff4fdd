"""Text that came in no file becomes a document as any other: paragraphs, sentences, passages."""

from __future__ import annotations

import pytest

from ingest.errors import Quarantined
from ingest.limits import PASSAGE_WORDS
from ingest.parse import parse_text
from ingest.text import read_text

TEXT = "Dosing\n\n  Take  one tablet.\u200b Take it daily.\r\n\nStore it in a dry place."


def test_every_line_is_a_paragraph_of_sentences() -> None:
    document = parse_text(TEXT, "note-1", "A note").document
    assert document.text == "Dosing\nTake one tablet. Take it daily.\nStore it in a dry place."
    assert [block.kind for block in document.blocks] == ["paragraph"] * 3
    sentences = [document.text[row.start : row.end] for block in document.blocks for row in block.sentences]
    assert sentences == ["Dosing", "Take one tablet.", "Take it daily.", "Store it in a dry place."]
    assert (document.source.name, document.title, document.pages) == ("note-1", "A note", ())
    assert document.confirmed_share() == 1.0


def test_its_passages_are_slices_of_it_and_as_long_as_others() -> None:
    parsed = parse_text("\n".join(f"Sentence {number} has exactly six words." for number in range(60)), "long", "Long")
    assert len(parsed.passages) > 1
    for passage in parsed.passages:
        assert passage.text == parsed.document.text[passage.start : passage.end]
        assert len(passage.text.split()) <= PASSAGE_WORDS


def test_another_text_is_another_source_and_the_same_is_the_same() -> None:
    first, same, other = (parse_text(text, "note", "").document for text in (TEXT, TEXT, TEXT + "!"))
    assert first == same
    assert first.source.sha256 != other.source.sha256


def read(text: str) -> list[tuple[str, str]]:
    return [(block.kind, block.lines[0].text) for block in read_text(text.encode())[1]]


def test_a_file_of_text_has_paragraphs_between_blank_lines_and_items_by_their_bullets() -> None:
    assert read("\ufeffVelmarin\n\nTake one.\n- once a day\n- with water\n\n\fStore it dry.\n") == [
        ("paragraph", "Velmarin"),
        ("paragraph", "Take one."),
        ("item", "- once a day"),
        ("item", "- with water"),
        ("paragraph", "Store it dry."),
    ]


def test_lines_are_joined_where_the_next_word_had_no_room_and_nowhere_else() -> None:
    wrapped = (
        "The starting dose of Velmarin is 40 mg once\n"
        "daily. In patients with a clearance below 30\n"
        "it is 20 mg.\n"
        "Dosing in children\n"
        "There is no experience.\n"
    )
    assert [text for _, text in read(wrapped)] == [
        "The starting dose of Velmarin is 40 mg once daily. In patients with a clearance below 30 it is 20 mg.",
        "Dosing in children",
        "There is no experience.",
    ]


def test_the_first_line_is_the_title_unless_it_is_a_sentence() -> None:
    assert read_text(b"Velmarin: questions and answers\n\nTake one.")[0] == "Velmarin: questions and answers"
    assert read_text(b"Take one.\n\nTake another.")[0] == ""


@pytest.mark.parametrize(
    ("content", "said"),
    [(b" \n\n", "no text"), (b"K\xfchl", "not UTF-8"), (b"\0\1\2", "null characters, so it is no text")],
)
def test_what_is_no_text_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(Quarantined, match=said):
        read_text(content)
