"""A place of a question set is so, or it is said why not: no sentence, another page, another country."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from corpus.boxes import NO_BOXES
from corpus.database import Database
from corpus.errors import StoreUnavailable
from corpus.model import Document
from corpus.store import Store
from eval.judging.placing import Shelf
from eval.sets import Place
from index.edition import EditionDocument
from tests.builders import GB, approval, approve, document, withdraw

PAGES = ("Take 5 mg once a day.", "Never take 10 mg.", "Store it dry and", "away from light.")  # one sentence a page


@pytest.fixture
def store(database: Database) -> Store:
    return Store(database)


def shelf(store: Store, *made: Document, trial: bool = True, **changes: Any) -> Shelf:
    """Documents that are approved one by one, as ``changes`` say."""
    for number, one in enumerate(made):
        store.add_document(one, 1, (), NO_BOXES)
        store.append([approve(approval(one, document_number=f"DOC-{number}", **changes))])
    known = [EditionDocument(one.sha256, one.source.sha256, one.source.name, "", "en", ()) for one in made]
    return Shelf(known, store, trial=trial)


@pytest.mark.parametrize(
    ("quote", "pages", "said"),
    [
        ("Take 5 mg once a day.", (1,), ""),
        ("take 5 mg\nonce a day", (3, 1), ""),
        ("Take 5 mg", (1,), ""),
        ("Store it dry and away from light.", (3,), ""),
        ("Store it dry and away from light.", (4,), ""),
        (
            "Store it dry and away from light.",
            (2,),
            "its sentence stands on p. 3, 4 of label.pdf, and the set says p. 2",
        ),
        ("Never take 10 mg.", (1, 3), "its sentence stands on p. 2 of label.pdf, and the set says p. 1, 3"),
        ("Never take 10 mg.", (9,), "its sentence stands on p. 2 of label.pdf, and the set says p. 9"),
        ("Never take 10 mg.", (), "its sentence stands on p. 2 of label.pdf, and the set says p. none"),
        ("Take 15 mg once a day.", (1,), "its sentence stands nowhere in label.pdf"),
        ("Take 5 mg once a day and never", (1,), "its sentence stands nowhere in label.pdf"),
    ],
)
def test_a_sentence_stands_on_a_page_that_the_set_names(
    quote: str, pages: tuple[int, ...], said: str, store: Store
) -> None:
    place = Place("label.pdf", pages, quote)
    assert shelf(store, document(*PAGES, pages=4)).fault(place, GB) == said


@pytest.mark.parametrize("pages", [(), (1,)])
def test_in_a_format_without_pages_it_stands_anywhere(pages: tuple[int, ...], store: Store) -> None:
    made = replace(document(*PAGES, name="label.md"), pages=())
    found = shelf(store, made)
    assert found.fault(Place("label.md", pages, PAGES[1]), GB) == ""
    assert "nowhere in label.md" in found.fault(Place("label.md", pages, "Take 7 mg."), GB)


def test_a_document_of_another_country_is_none_for_this_reader(store: Store) -> None:
    found = shelf(store, document(*PAGES, pages=4), country="DE")
    place = Place("label.pdf", (1,), PAGES[0])
    assert found.fault(place, GB) == "label.pdf is approved for DE, and the reader is in GB"
    assert found.fault(place, replace(GB, country="DE")) == ""
    assert found.fault(place, None) == ""  # nobody asked


def test_an_assumed_approval_counts_in_a_trial_alone(store: Store) -> None:
    made, place = document(*PAGES, pages=4), Place("label.pdf", (1,), PAGES[0])
    assert shelf(store, made, assumed=True).fault(place, GB) == ""
    known = [EditionDocument(made.sha256, made.source.sha256, made.source.name, "", "en", ())]
    said = "label.pdf is approved for no country, and the reader is in GB"
    assert Shelf(known, store, trial=False).fault(place, GB) == said


def test_an_approval_that_has_ended_is_no_fault_of_the_set(store: Store) -> None:
    made = document(*PAGES, pages=4)
    before = shelf(store, made)
    store.append([withdraw(approval(made, document_number="DOC-0"))])
    known = [EditionDocument(made.sha256, made.source.sha256, made.source.name, "", "en", ())]
    place = Place("label.pdf", (1,), PAGES[0])
    assert before.fault(place, GB) == Shelf(known, store, trial=True).fault(place, GB) == ""


def test_of_two_documents_with_one_file_name_one_that_holds_is_enough(store: Store) -> None:
    found = shelf(store, document("Something else.", pages=1), document(*PAGES, pages=4))
    assert found.fault(Place("label.pdf", (1,), PAGES[0]), GB) == ""
    assert found.fault(Place("label.pdf", (1,), "Nowhere."), GB) == "its sentence stands nowhere in label.pdf"


def test_a_file_that_isnt_here_and_a_damaged_text_are_said_elsewhere(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(_self: Store, sha256: str) -> Document:
        raise StoreUnavailable(f"document {sha256}: its stored text is not what it was; restore the database")

    found = shelf(store, document(*PAGES, pages=4))
    assert found.fault(Place("lost.pdf", (1,), PAGES[0]), GB) == ""
    monkeypatch.setattr(Store, "document", damaged)
    assert found.fault(Place("label.pdf", (1,), "Nowhere."), GB) == ""
