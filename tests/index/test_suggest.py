from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from corpus.model import Passage
from index.documents import EditionDocument
from index.suggest import Suggester, build_topics

LABEL, LEAFLET, GERMAN, CARD, LONG = (letter * 64 for letter in "abcde")
ALL = {LABEL, LEAFLET, GERMAN}
DOCUMENTS = (
    EditionDocument(LABEL, LABEL, "label.pdf", "Label", "en", ("Velmarin", "lodisartan")),
    EditionDocument(LEAFLET, LEAFLET, "leaflet.pdf", "Leaflet", "en", ("Nerolin",)),
    EditionDocument(GERMAN, GERMAN, "de.pdf", "Fachinformation", "de", ("Velmarin",)),
    EditionDocument(CARD, CARD, "card.pdf", "Card", "en", ("Velmarin",)),
    EditionDocument(LONG, LONG, "long.pdf", "Long", "en", ("Mirta Forte",)),
)
HEADINGS = [
    (0, ("4. CLINICAL PARTICULARS", "4.2 Posology", "Renal impairment")),
    (0, ("4. CLINICAL PARTICULARS", "4.2 Posology", "Hepatic impairment")),
    (0, ("4. CLINICAL PARTICULARS", "4.2 Posology")),
    (0, ("Velmarin 40 mg film-coated tablets",)),
    (0, ("The tablets are taken with water in the morning",)),
    (1, ("Renal problems",)),
    (2, ("4.2 Dosierung", "Nierenfunktionsstörung")),
    (0, ("4.2 Posology", "Creatinine clearance Dose")),
]
ROWS = "30 to 59 mL/min 20 mg once daily\nbelow 30 mL/min 10 mg once daily"


def opened(headings: Sequence[tuple[int, tuple[str, ...]]], folder: Path) -> Suggester:
    """Over passages of the documents with these numbers, each under its headings."""
    passages: list[list[Passage]] = [[] for _ in DOCUMENTS]
    for owner, path in headings:
        text = ROWS if "clearance" in path[-1] else "A sentence."
        passages[owner].append(Passage(DOCUMENTS[owner].sha256, 0, text, path, 1, None, ()))
    build_topics(zip(DOCUMENTS, passages, strict=True), folder / "topics.jsonl")
    return Suggester(folder / "topics.jsonl")


@pytest.fixture
def suggester(tmp_path: Path) -> Suggester:
    return opened(HEADINGS, tmp_path)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("velm ren", ["Velmarin: Renal impairment"]),
        ("RENAL", ["Nerolin: Renal problems", "Velmarin: Renal impairment"]),
        ("impairment velmarin", ["Velmarin: Hepatic impairment", "Velmarin: Renal impairment"]),
        ("nierenfunktionsstorung", ["Velmarin: Nierenfunktionsstörung"]),  # without its accent
        ("clinical", ["Velmarin: Clinical particulars"]),
        ("enal", []),  # not the start of a word
        ("  ", []),
        ("40 mg", []),  # a strength is no topic
        ("water", []),  # nor is a sentence
        ("clearance", []),  # nor a table's header
    ],
)
def test_every_typed_word_starts_a_word_of_the_topic(typed: str, found: list[str], suggester: Suggester) -> None:
    assert suggester.suggest(typed, ALL, "en", 6) == found


def test_topics_with_more_text_under_them_come_first(suggester: Suggester) -> None:
    assert suggester.suggest("velmarin", ALL, "en", 2) == ["Velmarin: Posology", "Velmarin: Clinical particulars"]


def test_the_readers_language_comes_first(suggester: Suggester) -> None:
    assert suggester.suggest("velmarin", ALL, "de", 1) == ["Velmarin: Dosierung"]


def test_a_document_the_reader_may_not_see_is_never_suggested(suggester: Suggester) -> None:
    assert suggester.suggest("renal", {LABEL}, "en", 6) == ["Velmarin: Renal impairment"]
    assert suggester.suggest("renal", set(), "en", 6) == []


def test_a_topic_of_two_documents_has_the_better_place(tmp_path: Path) -> None:
    made = opened([(0, ("Posology",))] * 4 + [(0, ("Posters",))] * 2 + [(3, ("Posology",))], tmp_path)
    assert made.suggest("pos", {LABEL, CARD}, "en", 6) == ["Velmarin: Posology", "Velmarin: Posters"]


def test_a_name_of_two_words_is_no_part_of_its_topics(tmp_path: Path) -> None:
    made = opened([(4, (text,)) for text in ("Side effects", "HIV", "DOSE AND USE")], tmp_path)
    assert made.follow_ups(LONG, "side effects", 3) == ["Mirta Forte: Dose and use", "Mirta Forte: HIV"]


def test_a_document_without_topics_has_no_follow_ups(suggester: Suggester) -> None:
    assert suggester.follow_ups(LONG, "renal impairment", 3) == []


def test_follow_ups_are_what_was_not_asked(suggester: Suggester) -> None:
    found = suggester.follow_ups(LABEL, "posology in renal impairment", 3)
    assert found == ["Velmarin: Clinical particulars", "Velmarin: Hepatic impairment"]
