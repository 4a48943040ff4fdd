"""Marks and decisions of people: bound to a text, in order, and carried to a new reading only where that is sure."""

from __future__ import annotations

from dataclasses import replace

import pytest

from corpus.boxes import NO_BOXES
from corpus.database import Database
from corpus.errors import Conflict, InvalidInput, NotFound
from corpus.model import Document, Span
from corpus.registry import Event, Registry, fold
from corpus.signoff import carried, mark_payload
from corpus.store import Store
from corpus.waiting import MARKS, carrying_events, why_waiting
from tests.builders import AT, document, mark

LINES = ("The dose is 40 mg.", "It is halved in frail patients.", "Swallow with water.")
LABEL = document(*LINES)
DOSE, HALVED, WATER = (Span(block.start, block.end) for block in LABEL.blocks)


def after(*events: Event) -> Registry:
    return fold(replace(event, sequence=at) for at, event in enumerate(events, 1))


def decided(type_: str, sha256: str = LABEL.sha256) -> Event:
    return Event(type_, "", "", "", {"sha256": sha256}, "A. Lee", AT, "looked at page 3")  # type: ignore[arg-type]


def test_a_place_that_is_not_to_be_cited_is_forbidden_wherever_it_is_touched() -> None:
    signoff = after(mark(LABEL, HALVED)).signoff
    assert signoff.forbids(LABEL.sha256, Span(HALVED.start + 3, HALVED.start + 4))
    assert signoff.forbids(LABEL.sha256, Span(0, len(LABEL.text)))
    assert not signoff.forbids(LABEL.sha256, DOSE)
    assert not signoff.forbids("f" * 64, HALVED)


def test_a_mark_says_who_set_it_when_and_why() -> None:
    (set_,) = after(mark(LABEL, HALVED)).signoff.marks[LABEL.sha256]
    assert (set_.actor, set_.at, set_.reason, set_.sequence) == ("A. Lee", AT, "out of context", 1)


def test_a_mark_holds_from_its_event_until_it_is_taken_back() -> None:
    events = [mark(LABEL, HALVED), Event("unmark", "", "", "", {"sha256": LABEL.sha256, "mark": 1}, "B", AT, "wrong")]
    numbered = [replace(event, sequence=at) for at, event in enumerate(events, 1)]
    states = [fold(numbered[:count]).signoff.forbids(LABEL.sha256, HALVED) for count in range(3)]
    assert states == [False, True, False]
    with pytest.raises(NotFound, match="no mark 1"):
        fold([replace(numbered[1], sequence=3)], fold(numbered))


def test_the_same_mark_is_not_set_twice() -> None:
    with pytest.raises(Conflict, match="says this already"):
        after(mark(LABEL, HALVED), mark(LABEL, HALVED))


def test_a_mark_is_widened_to_whole_sentences() -> None:
    payload = mark_payload(LABEL, "keep_with", Span(DOSE.start + 4, DOSE.start + 6), Span(HALVED.end - 2, HALVED.end))
    assert payload["place"] == [DOSE.start, DOSE.end]
    assert payload["beside"] == [HALVED.start, HALVED.end]


def test_what_is_kept_with_another_place_lacks_it_when_it_stands_alone() -> None:
    signoff = after(mark(LABEL, DOSE, HALVED)).signoff
    assert signoff.beside(LABEL.sha256, DOSE) == (HALVED,)
    assert signoff.lacks(LABEL, [DOSE]) == HALVED
    assert signoff.lacks(LABEL, [DOSE, Span(HALVED.start, HALVED.end - 3)]) == HALVED
    assert (
        signoff.lacks(LABEL, [DOSE, Span(HALVED.start, HALVED.start + 5), Span(HALVED.start + 6, HALVED.end)]) is None
    )
    assert signoff.lacks(LABEL, [HALVED]) is None


@pytest.mark.parametrize(
    ("place", "beside", "said"),
    [
        (Span(5_000, 5_001), None, "no sentence, item or row"),
        (DOSE, Span(DOSE.start, HALVED.end), "kept with itself"),
    ],
)
def test_a_place_that_can_not_be_marked_so_is_refused(place: Span, beside: Span | None, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        mark_payload(LABEL, "keep_with" if beside else "do_not_cite", place, beside)


def test_nothing_is_kept_with_what_can_not_be_quoted() -> None:
    block = LABEL.blocks[1]
    doubtful = replace(block, sentences=tuple(replace(each, confirmed=False) for each in block.sentences))
    read = replace(LABEL, blocks=(LABEL.blocks[0], doubtful, LABEL.blocks[2]))
    with pytest.raises(InvalidInput, match="second reader"):
        mark_payload(read, "keep_with", DOSE, HALVED)


def test_the_last_decision_on_a_document_counts() -> None:
    assert after(decided("accept")).signoff.is_accepted(LABEL.sha256)
    assert not after(decided("accept"), decided("reject")).signoff.is_accepted(LABEL.sha256)
    assert after(decided("reject"), decided("accept")).signoff.is_accepted(LABEL.sha256)
    assert not after(decided("accept", "f" * 64)).signoff.is_accepted(LABEL.sha256)


def test_the_state_read_from_the_database_is_the_one_that_was_written(database: Database) -> None:
    store = Store(database)
    written = store.append([mark(LABEL, DOSE, HALVED), decided("accept")])
    assert store.registry() == written
    assert written.signoff.beside(LABEL.sha256, DOSE) == (HALVED,)
    assert fold(store.history()[:1]).signoff.decisions == {}


def test_marks_are_carried_to_another_reading_of_the_same_words() -> None:
    kept, banned = after(mark(LABEL, DOSE, HALVED), mark(LABEL, WATER)).signoff.marks[LABEL.sha256]
    again = document("A title that was lost.", *LINES)
    payload, other = carried(kept, LABEL, again), carried(banned, LABEL, again)
    assert payload is not None and other is not None
    assert Span(*payload["place"]).of(again.text) == LINES[0]
    assert Span(*payload["beside"]).of(again.text) == LINES[1]
    assert Span(*other["place"]).of(again.text) == LINES[2]
    assert payload["sha256"] == other["sha256"] == again.sha256


@pytest.mark.parametrize("again", [(LINES[0], "Swallow with  water."), (*LINES, LINES[2])])
def test_marks_whose_words_are_gone_or_stand_twice_are_not_guessed(again: tuple[str, ...]) -> None:
    (set_,) = after(mark(LABEL, WATER)).signoff.marks[LABEL.sha256]
    assert carried(set_, LABEL, document(*again)) is None


def reading(store: Store, *lines: str) -> Document:
    """Another reading of LABEL's file, stored."""
    made = replace(document(*lines), source=LABEL.source)
    store.add_document(made, 1, (), NO_BOXES)
    return made


def test_a_mark_of_an_earlier_reading_goes_along_beside_those_set_on_the_new_one(database: Database) -> None:
    store = Store(database)
    first, second = reading(store, *LINES), reading(store, "A title that was lost.", *LINES)
    place = second.blocks[1]
    registry = store.append([mark(first, WATER), mark(second, Span(place.start, place.end))])
    (event,) = carrying_events(store, registry, [second.sha256], "A. Lee", AT)
    assert Span(*event.payload["place"]).of(second.text) == LINES[2]
    registry = store.append([event])
    assert carrying_events(store, registry, [second.sha256], "A. Lee", AT) == []


def test_a_new_mark_does_not_let_out_a_reading_that_an_earlier_mark_does_not_fit(database: Database) -> None:
    store = Store(database)
    first, second = reading(store, *LINES), reading(store, *LINES[:2])
    registry = store.append([mark(first, WATER), mark(second, DOSE)])
    assert why_waiting(store, registry, [second.sha256]) == {second.sha256: MARKS}
    registry = store.append([decided("accept", second.sha256)])
    assert why_waiting(store, registry, [second.sha256]) == {}
