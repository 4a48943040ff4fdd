from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from corpus.assumed import assumed_approval
from corpus.boxes import NO_BOXES
from corpus.coverage import Coverage, PageCoverage
from corpus.database import Database
from corpus.errors import Conflict, InvalidInput
from corpus.model import Approval, Document, Span
from corpus.products import products_from
from corpus.registry import Event, Registry, Standing
from corpus.staging import Staging
from corpus.store import Store
from corpus.waiting import SHORT as WORDS_MISSING
from corpus.waiting import decision_event
from index import build as building
from index.build import Candidate, build_edition
from index.built import Built
from index.compile import compiled_encoder
from index.edition import open_edition
from index.errors import NoEdition
from index.layout import BUILDING, EditionFiles, Home
from index.manifest import activate, current_edition
from index.publish import Means, Published, prepare, publish
from tests.builders import AT, GB, NOON, approval, mark, withdraw
from tests.index.small import candidate, silent

LABEL = candidate("The recommended starting dose is 40 mg once daily.", name="label.pdf")
SHORT = Coverage((PageCoverage(1, 9, ("elderly", "5", "mg", "once", "a", "day")),), {}, (1,), 1.0)
CARD = candidate("Take one tablet in the morning.", name="card.pdf")


@pytest.fixture
def home(new_home: Callable[[], Home]) -> Iterator[Home]:
    made = new_home()
    yield made
    shutil.rmtree(made.root)


@pytest.fixture
def store(database: Database) -> Store:
    return Store(database)


def stage(
    store: Store, given: Candidate, *approvals: Approval, unapproved: bool = False, covered: Coverage | None = None
) -> None:
    store.add_document(given.document, 1000, given.passages, NO_BOXES, covered)
    source = given.document.source
    store.stage(Staging(source.name, source.sha256, given.document.sha256, "", approvals, unapproved))


def means(home: Home) -> Means:
    return Means(lambda: compiled_encoder(home.encoders), 1, silent)


def published(home: Home, store: Store, **changes: Any) -> Published:
    made = publish(home, store, means(home), "tester", **changes)
    assert current_edition(home) == made.built.edition
    return made


def sources(home: Home) -> set[str]:
    """What the active edition holds, every digest re-checked."""
    return {document.source_sha256 for document in open_edition(home.edition(current_edition(home))).documents}


def trial(document: Document) -> Approval:
    return assumed_approval(document, "GB", date(2026, 5, 1))


class Watched(Store):
    """A store that notes which edition is active when events arrive, and can be killed there."""

    killed = False
    home: Home
    active: set[str] = frozenset()  # type: ignore[assignment]

    def decide(self, events_for: Callable[[Registry], Iterable[Event]]) -> Registry:
        self.active = sources(self.home)
        if self.killed:
            raise KeyboardInterrupt
        return super().decide(events_for)


def test_the_edition_is_active_before_an_event_makes_its_documents_citable(home: Home, database: Database) -> None:
    store = Watched(database)
    store.home = home
    stage(store, LABEL, approval(LABEL.document))
    made = published(home, store)
    assert (made.documents, made.events, made.registry_version) == (1, 1, 1)
    assert store.active == set(store.registry().citable(GB, NOON)) == {LABEL.document.source.sha256}


def test_a_publish_killed_before_its_events_is_finished_by_the_next(home: Home, database: Database) -> None:
    store = Watched(database)
    store.home, store.killed = home, True
    stage(store, LABEL, approval(LABEL.document))
    with pytest.raises(KeyboardInterrupt):
        published(home, store)
    assert store.registry().citable(GB, NOON) == {}
    store.killed = False
    made = published(home, store)
    assert (made.built.encoded, made.events) == (0, 1)
    assert set(store.registry().citable(GB, NOON)) == sources(home)


def test_a_second_publish_encodes_nothing_and_makes_no_events(home: Home, store: Store) -> None:
    stage(store, LABEL, approval(LABEL.document))
    first, second = published(home, store), published(home, store)
    assert (second.built.edition, second.built.encoded, second.events) == (first.built.edition, 0, 0)
    assert second.registry_version == first.registry_version == len(store.history())


def never(*_arguments: object) -> Built:
    raise AssertionError("an edition is built")


def test_from_the_same_documents_nothing_is_built_again(
    home: Home, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for given in (LABEL, CARD):
        stage(store, given, approval(given.document, document_number=given.document.source.name))
    first = published(home, store)
    monkeypatch.setattr(building, "build_edition", never)
    again = published(home, store)
    assert (again.built.edition, again.built.passages) == (first.built.edition, first.built.passages)
    assert (again.built.encoded, again.documents) == (0, 2)


def other_names(home: Home) -> None:
    home.products.write_text('[[product]]\nbrand = "Velmarin"\ngeneric = "lodisartan potassium"\n')


def damaged(home: Home) -> None:
    EditionFiles(home.edition(current_edition(home))).topics.write_text("")


def forgotten(home: Home) -> None:
    home.built.unlink()


def cut_short(home: Home) -> None:
    home.built.write_text('{"inputs": "')


@pytest.mark.parametrize("change", [other_names, damaged, forgotten, cut_short])
def test_what_changed_or_was_damaged_is_built_again(
    change: Callable[[Home], None], home: Home, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage(store, LABEL, approval(LABEL.document, product="Velmarin"))
    first = published(home, store)
    change(home)
    with monkeypatch.context() as patched, pytest.raises(AssertionError, match="is built"):
        patched.setattr(building, "build_edition", never)
        published(home, store)
    again = published(home, store)
    assert (again.built.edition == first.built.edition) == (change is not other_names)
    assert sources(home) == {LABEL.document.source.sha256}


def test_a_repeated_publish_goes_back_to_its_edition_from_another(home: Home, store: Store) -> None:
    stage(store, LABEL, approval(LABEL.document))
    first = published(home, store)
    activate(home, build_edition([CARD], home, compiled_encoder(home.encoders), 1, silent).edition)
    assert published(home, store).built.edition == first.built.edition


def test_what_a_killed_build_left_is_cleared_away(home: Home, store: Store) -> None:
    left = home.editions / f"{BUILDING}killed"
    (left / "edition").mkdir(parents=True)
    stage(store, LABEL, approval(LABEL.document))
    published(home, store)
    assert not left.exists()


@pytest.mark.parametrize("assume", [None, trial])
def test_when_nothing_is_approved_nothing_is_published(
    assume: Callable[[Document], Approval] | None, home: Home, store: Store
) -> None:
    stage(store, LABEL)  # the catalogue knows the file, but its review isn't over
    store.stage(Staging("broken.pdf", "0" * 64, None, "not a PDF", (approval("0" * 64),), True))
    with pytest.raises(NoEdition, match="nothing staged is approved"):
        publish(home, store, means(home), "tester", assume)
    assert not home.current.exists()
    assert store.history() == []


def test_contradicting_approvals_are_refused_before_anything_is_built(home: Home, store: Store) -> None:
    stage(store, LABEL, approval(LABEL.document))
    before = published(home, store)
    stage(store, CARD, approval(CARD.document))  # the same number and version, other bytes
    folders = sorted(home.editions.iterdir())
    with pytest.raises(Conflict, match="give the new file a new version"):
        publish(home, store, means(home), "tester")
    assert sorted(home.editions.iterdir()) == folders
    assert (current_edition(home), store.registry().version) == (before.built.edition, before.registry_version)


def test_approval_is_assumed_only_for_files_without_metadata(home: Home, store: Store) -> None:
    draft = candidate("Not reviewed to the end.", name="draft.pdf")
    stage(store, LABEL, approval(LABEL.document))
    stage(store, CARD, unapproved=True)
    stage(store, draft)
    published(home, store, assume=trial)
    marks = {entry.approval.source_sha256: entry.approval.assumed for entry in store.registry().entries.values()}
    assert marks == {LABEL.document.source.sha256: False, CARD.document.source.sha256: True}
    assert sources(home) == set(marks)


def test_without_a_trial_a_file_without_metadata_stays_out(home: Home, store: Store) -> None:
    stage(store, LABEL, approval(LABEL.document))
    stage(store, CARD, unapproved=True)
    published(home, store)
    assert sources(home) == {LABEL.document.source.sha256}


@pytest.mark.parametrize("assumed", [True, False])
def test_a_withdrawn_document_stays_withdrawn_when_it_is_published_again(
    assumed: bool, home: Home, store: Store
) -> None:
    given = trial(LABEL.document) if assumed else approval(LABEL.document)
    stage(store, LABEL, *([] if assumed else [given]), unapproved=assumed)
    published(home, store, assume=trial)
    store.append([withdraw(given)])

    def later(document: Document) -> Approval:
        return assumed_approval(document, "GB", date(2026, 5, 9))

    assert published(home, store, assume=later).events == 0
    assert store.registry().standing(given.key, GB, NOON) is Standing.WITHDRAWN
    assert store.registry().citable(GB, NOON) == {}


def test_a_version_stays_in_the_edition_while_its_file_name_holds_the_next(home: Home, store: Store) -> None:
    """The old one is cited until the new one is effective, and is kept for the records that name it."""
    following = candidate("The recommended starting dose is 20 mg once daily.", name="label.pdf")
    stage(store, LABEL, approval(LABEL.document))
    published(home, store)
    stage(store, following, approval(following.document, version="2.0", effective_on=date(2026, 7, 1)))
    assert published(home, store).events == 2  # approve and supersede
    assert sources(home) == {LABEL.document.source.sha256, following.document.source.sha256}
    assert set(store.registry().citable(GB, NOON)) == {LABEL.document.source.sha256}


def test_a_document_is_searched_by_the_names_the_catalogue_and_the_product_table_give(home: Home, store: Store) -> None:
    home.products.write_text('[[product]]\nbrand = "Velmarin"\ngeneric = "lodisartan"\n')
    unnamed = candidate("Take one tablet in the morning.", name="card.pdf", names=("LODISARTAN", "Velmarin Forte"))
    stage(store, unnamed, approval(unnamed.document, product="VELMARIN"))
    published(home, store)
    (document,) = open_edition(home.edition(current_edition(home))).documents
    assert document.names == ("VELMARIN", "lodisartan", "Velmarin Forte")


class Busy(Store):
    """A store into which another process stages a document while an edition is built."""

    def decide(self, events_for: Callable[[Registry], Iterable[Event]]) -> Registry:
        stage(self, CARD, approval(CARD.document, document_number="DOC-2"))
        return super().decide(events_for)


def test_what_is_staged_during_a_publish_waits_for_the_next(home: Home, database: Database) -> None:
    stage(Store(database), LABEL, approval(LABEL.document))
    assert published(home, Busy(database)).events == 1
    assert published(home, Store(database)).events == 1
    assert published(home, Store(database)).events == 0


def test_a_document_that_lacks_words_waits_until_somebody_accepts_it(home: Home, store: Store) -> None:
    stage(store, LABEL, approval(LABEL.document))
    stage(store, CARD, approval(CARD.document, document_number="DOC-2"), covered=SHORT)
    first = published(home, store)
    assert [(each.document, each.reason) for each in first.waiting] == [(CARD.document.sha256, WORDS_MISSING)]
    assert sources(home) == set(store.registry().citable(GB, NOON)) == {LABEL.document.source.sha256}
    given = (CARD.document.sha256, "accept", "A. Lee", AT, "page 1 compared")
    store.append([decision_event(store, store.registry(), *given)])
    assert published(home, store).waiting == ()
    assert sources(home) == set(store.registry().citable(GB, NOON))
    assert CARD.document.source.sha256 in sources(home)


def test_a_rejected_document_is_not_published_and_says_who_rejected_it(home: Home, store: Store) -> None:
    stage(store, CARD, approval(CARD.document), covered=SHORT)
    given = (CARD.document.sha256, "reject", "A. Lee", AT, "the dose table is lost")
    store.append([decision_event(store, store.registry(), *given)])
    with pytest.raises(NoEdition, match="1 wait for a person"):
        published(home, store)
    with pytest.raises(InvalidInput, match="doesn't wait"):
        decision_event(store, store.registry(), LABEL.document.sha256, "accept", "A. Lee", AT, "why not")


def test_a_trial_accepts_what_no_review_stands_behind_and_the_registry_says_so(home: Home, store: Store) -> None:
    stage(store, CARD, unapproved=True, covered=SHORT)
    assert published(home, store, assume=trial).waiting == ()
    assert next((event.type, event.reason) for event in store.history()) == ("accept", "assumed for a trial")


def test_marks_go_along_to_a_new_reading_before_it_can_be_cited(home: Home, store: Store) -> None:
    again = candidate("Label", "The recommended starting dose is 40 mg once daily.", name="label.pdf")
    source = LABEL.document.source
    again = Candidate(replace(again.document, source=source), again.passages, again.names)
    stage(store, LABEL, approval(LABEL.document))
    store.append([mark(LABEL.document, Span(0, 9))])
    stage(store, again, approval(LABEL.document))
    published(home, store)
    (carried,) = store.registry().signoff.marks[again.document.sha256]
    assert carried.place.of(again.document.text) == LABEL.document.text
    assert "carried over" in carried.reason


def test_a_new_reading_whose_marks_do_not_fit_waits_and_the_earlier_one_stays(home: Home, store: Store) -> None:
    other = candidate("The starting dose is 40 mg once daily.", name="label.pdf")
    other = Candidate(replace(other.document, source=LABEL.document.source), other.passages, other.names)
    stage(store, LABEL, approval(LABEL.document))
    published(home, store)
    store.append([mark(LABEL.document, Span(0, 9))])
    stage(store, other)
    assert [each.document for each in published(home, store).waiting] == [other.document.sha256]
    (document,) = open_edition(home.edition(current_edition(home))).documents
    assert document.sha256 == LABEL.document.sha256


def test_what_is_prepared_makes_nothing_live_and_is_what_a_publish_then_takes(home: Home, store: Store) -> None:
    stage(store, LABEL, approval(LABEL.document))
    before = published(home, store)
    stage(store, CARD, approval(CARD.document, document_number="DOC-2"))
    prepared = prepare(home, store, means(home), "tester")
    assert prepared.built.edition != before.built.edition == current_edition(home)
    assert (store.registry().version, prepared.registry.version) == (before.registry_version, 2)
    assert set(prepared.registry.entries) == {("DOC-1", "1.0", "GB"), ("DOC-2", "1.0", "GB")}
    assert any(staging.approvals for staging in store.stagings())
    after = published(home, store)
    assert (after.built.edition, after.built.encoded) == (prepared.built.edition, 0)
    assert store.registry().entries == prepared.registry.entries


def test_what_is_prepared_under_another_product_table_is_found_by_its_names(home: Home, store: Store) -> None:
    stage(store, LABEL, approval(LABEL.document))
    before = published(home, store)
    (product,) = products_from(b'[[product]]\nbrand = "Velmarin"\ngeneric = "othersartan"\n')
    prepared = prepare(home, store, means(home), "tester", products=[product])
    assert prepared.built.edition != before.built.edition
    documents = open_edition(home.edition(prepared.built.edition)).documents
    assert any("othersartan" in document.names for document in documents)
    assert not home.products.exists()
