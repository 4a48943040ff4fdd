from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from corpus.model import Block, Document, Page, Sentence
from ingest.limits import MINOR_PASSAGE_WORDS, PASSAGE_WORDS
from ingest.split import split
from tests.builders import document

Part = tuple[tuple[str, ...], list[int]]  # a heading path, and the words of each sentence under it
POSOLOGY, ELDERLY = ("4.2 Posology",), ("4.2 Posology", "Elderly")


def under(*parts: Part) -> Document:
    """A document of one block a part, each below its heading."""
    text, blocks = "", []
    for path, sizes in parts:
        blocks.append(Block(len(text), len(text) + len(path[-1]), "heading", path[:-1], None, ()))
        text += path[-1] + "\n"
        start, sentences = len(text), []
        for size in sizes:
            words = " ".join(["dose"] * size) + "."
            sentences.append(Sentence(len(text), len(text) + len(words), True))
            text += words + " "
        text = text[:-1] + "\n"
        blocks.append(Block(start, len(text) - 1, "paragraph", path, path[-1].casefold(), tuple(sentences)))
    return replace(document(""), text=text[:-1], blocks=tuple(blocks), pages=(Page(1, 0, len(text) - 1),))


def sizes(made: Document) -> list[int]:
    """The number of sentences in each passage."""
    return [len(passage.sentences) for passage in split(made)]


def test_a_passage_ends_before_the_sentence_that_would_make_it_too_long() -> None:
    assert sizes(under((POSOLOGY, [PASSAGE_WORDS - 10, 10, 1]))) == [2, 1]


def test_a_sentence_longer_than_a_passage_is_kept_whole() -> None:
    passages = split(under((POSOLOGY, [3 * PASSAGE_WORDS, 5])))
    assert [len(passage.text.split()) for passage in passages] == [3 * PASSAGE_WORDS, 5]


def test_a_numbered_heading_starts_a_passage_however_short_the_last_is() -> None:
    assert sizes(under((("4.2 Posology",), [5]), (("4.3 Contraindications",), [5]))) == [1, 1]
    assert sizes(under((("4. Clinical", "4.1 Use"), [5]), (("4. Clinical", "4.2 Posology"), [5]))) == [1, 1]


def test_a_minor_heading_starts_a_passage_only_when_enough_words_stand_before_it() -> None:
    assert sizes(under((POSOLOGY, [MINOR_PASSAGE_WORDS - 1]), (ELDERLY, [5]))) == [2]
    assert sizes(under((POSOLOGY, [MINOR_PASSAGE_WORDS]), (ELDERLY, [5]))) == [1, 1]


def test_a_passage_has_the_path_page_and_anchor_of_its_first_sentence() -> None:
    first, second = split(under((POSOLOGY, [MINOR_PASSAGE_WORDS]), (ELDERLY, [5])))
    assert (first.path, first.anchor, first.page) == (POSOLOGY, "4.2 posology", 1)
    assert (second.path, second.anchor, second.page) == (ELDERLY, "elderly", 1)


def test_a_passage_stays_on_the_page_it_starts_on() -> None:
    passages = split(document("Take one.", "Swallow it.", "Drink water.", pages=3))
    assert [(passage.page, passage.text) for passage in passages] == [
        (1, "Take one."),
        (2, "Swallow it."),
        (3, "Drink water."),
    ]


def test_text_without_spaces_is_measured_by_its_characters() -> None:
    text = "用" * (2 * PASSAGE_WORDS - 2)
    assert sizes(document(text, text)) == [1, 1]


_PATHS = st.lists(st.sampled_from(["4. Clinical", "4.2 Posology", "Adults", "Elderly"]), min_size=1, max_size=3)
_PARTS = st.tuples(_PATHS.map(tuple), st.lists(st.sampled_from([1, 20, 59, 111]), min_size=1, max_size=4))


@given(st.lists(_PARTS, max_size=6), st.integers(1, 400))
def test_every_sentence_is_whole_in_exactly_one_passage_of_its_document(parts: list[Part], page_end: int) -> None:
    made = under(*parts)
    if 0 < (cut := made.text.find(" ", page_end)) < len(made.text):
        made = replace(made, pages=(Page(1, 0, cut), Page(2, cut + 1, len(made.text))))
    passages = split(made)
    assert [s for passage in passages for s in passage.sentences] == [
        s for block in made.blocks for s in block.sentences
    ]
    for passage in passages:
        assert passage.document == made.sha256
        assert passage.text == made.text[passage.start : passage.end]
        assert (passage.start, passage.end) == (passage.sentences[0].start, passage.sentences[-1].end)
        assert passage.path == made.block_at(passage.start).path
        assert {made.page_at(s.start) for s in passage.sentences} == {passage.page}
        words = sum(len(made.text[s.start : s.end].split()) for s in passage.sentences)
        assert words <= PASSAGE_WORDS or len(passage.sentences) == 1
