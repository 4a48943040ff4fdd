"""What a quote takes along, and what is never quoted, over hand-made documents."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from chatbot.answer.boilerplate import is_boilerplate
from chatbot.answer.context import is_lead_in, with_context
from corpus.model import Block, BlockKind, Document, Page, Sentence
from corpus.signoff import SignOff
from tests.builders import document


def made(*blocks: tuple[BlockKind, list[str]], unconfirmed: str = "", pages: int = 1) -> Document:
    """A document of blocks of sentences; ``unconfirmed`` is a sentence that the second reader didn't find."""
    found: list[Block] = []
    texts: list[str] = []
    offset = 0
    for kind, parts in blocks:
        sentences = []
        start = offset
        for part in parts:
            sentences.append(Sentence(offset, offset + len(part), part != unconfirmed))
            offset += len(part) + 1
        found.append(Block(start, offset - 1, kind, ("Use",), None, tuple(sentences)))
        texts.append(" ".join(parts))
    text = "\n".join(texts)
    per_page = -(-len(found) // pages)
    groups = [found[at : at + per_page] for at in range(0, len(found), per_page)]
    numbered = tuple(Page(number, group[0].start, group[-1].end) for number, group in enumerate(groups, 1))
    return replace(document("x"), text=text, blocks=tuple(found), pages=numbered)


def shown(of: Document, text: str) -> str:
    """What is quoted with the sentence that has ``text``."""
    sentence = next(each for block in of.blocks for each in block.sentences if text in of.text[each.start : each.end])
    return " | ".join(" ".join(span.of(of.text) for span in spans) for spans in with_context(of, sentence, SignOff()))


LIST = made(
    ("paragraph", ["The pen is ready to use.", "Before the first dose:"]),
    ("item", ["Rule out an infection."]),
    ("item", ["Measure potassium."]),
    ("paragraph", ["The first dose is 20 mg."]),
)


def test_an_item_takes_its_stem_along() -> None:
    assert shown(LIST, "infection") == "Before the first dose: Rule out an infection."
    assert shown(LIST, "potassium") == "Before the first dose: | Measure potassium."


def test_a_paragraph_before_a_list_that_is_no_stem_stays_away() -> None:
    plain = made(("paragraph", ["The pen is ready to use."]), ("item", ["Measure potassium."]))
    assert shown(plain, "potassium") == "Measure potassium."


def test_a_sentence_without_list_exception_or_note_stands_alone() -> None:
    assert shown(LIST, "20 mg") == "The first dose is 20 mg."


@pytest.mark.parametrize("word", ["However,", "Except in children,", "Unless it is raised,", "Jedoch", "Sin embargo,"])
def test_an_exception_behind_a_sentence_goes_along(word: str) -> None:
    of = made(("paragraph", ["Adults take 20 mg.", f"{word} children do not.", "Store it cold."]))
    assert shown(of, "Adults") == f"Adults take 20 mg. {word} children do not."
    assert shown(of, "Store") == "Store it cold."


def test_a_marked_row_takes_its_note_along() -> None:
    of = made(("row", ["Adults 20 mg*"]), ("row", ["Children none†"]), ("paragraph", ["* With food.", "At noon."]))
    assert shown(of, "Adults") == "Adults 20 mg* | * With food. At noon."
    assert shown(of, "Children") == "Children none†"  # whose note isn't there


def test_what_the_second_reader_did_not_confirm_is_not_taken_along() -> None:
    of = made(
        ("paragraph", ["Before the first dose:"]),
        ("item", ["Measure potassium."]),
        unconfirmed="Before the first dose:",
    )
    assert shown(of, "potassium") == "Measure potassium."


def test_whatever_is_shown_is_confirmed_text_in_its_order_and_on_one_page_each() -> None:
    draw = random.Random(7)  # noqa: S311  # no secret
    texts = ["Take it:", "However, wait.", "One*", "* Note.", "Plain words here.", "Unless told:", "Two†", "† More."]
    kinds: list[BlockKind] = ["paragraph", "item", "row"]
    for _ in range(300):
        blocks = [(draw.choice(kinds), draw.choices(texts, k=draw.randint(1, 3))) for _ in range(draw.randint(1, 9))]
        of = made(*blocks, unconfirmed=draw.choice(texts), pages=draw.randint(1, 3))
        for sentence in (each for block in of.blocks for each in block.sentences if each.confirmed):
            spans = [span for run in with_context(of, sentence, SignOff()) for span in run]
            assert [span.start for span in spans] == sorted({span.start for span in spans})
            assert any(span.start <= sentence.start < span.end for span in spans)
            for span in spans:
                around = of.sentence_at(span.start)
                assert around is not None and around.confirmed and span.end <= around.end
                assert of.page_at(span.start) == of.page_at(span.end - 1)


@pytest.mark.parametrize(
    "text",
    [
        "ÿ",
        "120 mg",
        "— 4 —",
        "Page 3 of 12",
        "www.example.org/leaflet",
        "See section 4.4.",
        "Velmarin is a fictional medicine, made up to try a program.",
    ],
)
def test_boilerplate_is_told(text: str) -> None:
    assert is_boilerplate(text)


@pytest.mark.parametrize("text", ["Deafness", "40 mg once daily", "Page 3 of the leaflet says how.", "See a doctor."])
def test_what_says_something_is_no_boilerplate(text: str) -> None:
    assert not is_boilerplate(text)


def test_a_lead_in_is_told() -> None:
    assert is_lead_in("Before the first dose: ")
    assert not is_lead_in("Dose: 20 mg")
