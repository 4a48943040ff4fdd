"""Text that came in no file becomes a document as any other: paragraphs, sentences, passages."""

from __future__ import annotations

from ingest.limits import PASSAGE_WORDS
from ingest.parse import parse_text

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
