"""What is stored comes back as it was, and events are appended all or not at all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import delete, func, select, update

from corpus.boxes import Boxes
from corpus.database import Database, open_database
from corpus.errors import Conflict, NotFound, StoreUnavailable
from corpus.findings import Acceptance, Finding
from corpus.model import Document, Passage
from corpus.registry import fold
from corpus.staging import Staging
from corpus.store import Store
from corpus.tables import acceptances, documents, sources
from tests.builders import AT, approval, approve, document, registry, withdraw

LABEL = document("Take 40 mg once a day.", "Für Erwachsene: ≤ 80 mg.", pages=2)
FIRST = approval(LABEL)
NEXT = replace(FIRST, version="2.0", source_sha256="2" * 64)


def passages(of: Document) -> tuple[Passage, ...]:
    return tuple(
        Passage(of.sha256, block.start, of.text[block.start : block.end], block.path, page, None, block.sentences)
        for page, block in enumerate(of.blocks, 1)
    )


def add(store: Store, made: Document) -> str:
    boxes = Boxes(np.ones((2, 2), np.float32), np.arange(4 * len(made.text), dtype=np.int32).reshape(-1, 4))
    return store.add_document(made, 1000, passages(made), boxes)


@pytest.fixture
def store(database: Database) -> Store:
    return Store(database)


def test_a_document_comes_back_as_it_was_stored(store: Store) -> None:
    sha256 = add(store, LABEL)
    found = store.document(sha256)
    assert found == LABEL
    assert found.sha256 == sha256 == LABEL.sha256
    assert store.boxes(sha256).characters.shape == (len(LABEL.text), 4)
    assert store.passages(sha256) == passages(LABEL)
    for passage in store.passages(sha256):
        assert found.text[passage.start : passage.end] == passage.text


def test_the_findings_of_a_file_come_back_and_go_with_the_next_word_on_it(store: Store) -> None:
    found = (Finding(2, "colour", "für ≤ 5 mg", "found-0002.jpg"), Finding(None, "markup", "never"))
    store.stage(Staging("/in/label.pdf", "1" * 64, None, "hidden text", (), False, found))
    assert store.stagings()[0].findings == found
    store.stage(Staging("/in/label.pdf", "1" * 64, None, "damaged", (), False))
    assert store.stagings()[0].findings == ()


def test_what_was_accepted_stays_on_record_with_who_and_why(store: Store) -> None:
    first = Acceptance("1" * 64, (Finding(1, "scan", ""),), "Ada", AT, "a diagram")
    second = replace(first, actor="Bo", findings=())
    for word in (first, second, replace(first, source_sha256="2" * 64)):
        store.accept(word)
    assert store.acceptances("1" * 64) == [first, second]
    for statement in (update(acceptances).values(actor="Eve"), delete(acceptances)):
        with pytest.raises(StoreUnavailable, match="append-only"), store.database.writing() as connection:
            connection.execute(statement)


def test_storing_a_document_again_changes_nothing(store: Store) -> None:
    add(store, LABEL)
    store.add_document(LABEL, 1, (), Boxes(np.zeros((0, 2), np.float32), np.zeros((0, 4), np.int32)))
    with store.database.reading() as connection:
        for table in (documents, sources):
            assert connection.execute(select(func.count()).select_from(table)).scalar() == 1
    assert store.passages(LABEL.sha256) == passages(LABEL)


def test_a_document_is_found_by_its_source_name_and_reader(store: Store) -> None:
    """The same bytes under another name, or read by another release, are another document."""
    renamed = replace(LABEL, source=replace(LABEL.source, name="copy.pdf"))
    reread = replace(LABEL, reader="newer")
    digests = [add(store, made) for made in (LABEL, renamed, reread)]
    kept = [store.find_document(made.source.sha256, made.source.name, made.reader) for made in (LABEL, renamed, reread)]
    found = [each.sha256 for each in kept if each]
    assert found == digests == store.digests_of_source(LABEL.source.sha256)
    assert store.find_document(LABEL.source.sha256, "copy.pdf", "newer") is None


def test_an_unknown_digest_is_not_found(store: Store) -> None:
    for read in (store.document, store.boxes, store.passages):
        with pytest.raises(NotFound, match="no document with sha256 0000 is stored; ingest its file again"):
            read("0000")


def test_the_last_word_on_a_file_name_counts(store: Store) -> None:
    good = Staging("a.pdf", "1" * 64, "d" * 64, "", (FIRST, replace(FIRST, country="DE")), False)
    bad = Staging("a.pdf", "2" * 64, None, "it is empty", (), False)
    other = Staging("b.pdf", "3" * 64, "e" * 64, "", (), True)
    for staging in (other, good):
        store.stage(staging)
    assert store.stagings() == [good, other]
    store.stage(bad)
    assert store.stagings() == [bad, other]


def test_events_come_back_numbered_in_order_after_a_restart(store: Store) -> None:
    given = [approve(FIRST), approve(NEXT), withdraw(FIRST)]
    state = store.append(given)
    store.database.close()
    reopened = Store(open_database(store.database.target))
    assert reopened.history() == [replace(event, sequence=number) for number, event in enumerate(given, 1)]
    assert reopened.registry() == state == fold(reopened.history())
    assert state.version == 3
    reopened.database.close()


@pytest.mark.parametrize(
    ("last", "error"), [(approve(FIRST), Conflict), (withdraw(replace(FIRST, version="9")), NotFound)]
)
def test_events_are_appended_all_or_not_at_all(store: Store, last: object, error: type[Exception]) -> None:
    before = store.append([approve(FIRST)])
    with pytest.raises(error):
        store.append([approve(NEXT), withdraw(FIRST), last])  # type: ignore[list-item]
    assert store.registry() == before
    assert len(store.history()) == 1
    assert store.append([approve(NEXT)]).version == 2  # no number was lost either


def test_a_reader_that_knows_the_registry_sees_another_writers_next_event(store: Store) -> None:
    known = store.append([approve(FIRST)])
    assert store.registry(known) is known
    other = Store(open_database(store.database.target))
    other.append([withdraw(FIRST)])
    other.database.close()
    now = store.registry(known)
    assert now == store.registry()
    assert now.entries[FIRST.key].withdrawn
    assert known == registry(FIRST)
