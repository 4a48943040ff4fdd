"""A file that is gone proposes; a person decides; both stay on record."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DatabaseError

from corpus.database import Database
from corpus.errors import CorpusError, InvalidInput, NotFound
from corpus.lifecycle import approval_events
from corpus.model import Approval
from corpus.proposal_book import ProposalBook
from corpus.proposals import Subject
from corpus.registry import Standing
from corpus.staging import Staging
from corpus.store import Store
from corpus.tables import proposals
from tests.builders import AT, NOON, approval

FIRST = approval("1" * 64)
GERMAN = replace(FIRST, country="DE")
OTHER = approval("2" * 64, document_number="DOC-2")
GONE: Subject = ("/in/label.pdf", FIRST.source_sha256)
CARD: Subject = ("/in/card.pdf", OTHER.source_sha256)


class Desk:
    """A database with what was approved of two files, both staged."""

    def __init__(self, database: Database) -> None:
        self.store, self.book = Store(database), ProposalBook(database)
        self.approve(FIRST, GERMAN, OTHER)
        for file, source in (GONE, CARD):
            self.store.stage(Staging(file, source, "d" * 64, "", (), unapproved=False))

    def approve(self, *approvals: Approval) -> None:
        self.store.decide(lambda present: approval_events(present, approvals, "import", AT))

    def sync(self, gone: list[Subject], present: list[Subject] | None = None) -> list[tuple[str, str]]:
        new = self.book.sync(gone, present or [], "nightly", AT)
        return [(event.state, event.file) for event in new]

    def numbers(self) -> list[int]:
        return [proposal.number for proposal in self.book.open()]

    def standing(self, of: Approval) -> Standing:
        return self.store.registry().standing_at(of.key, NOON)


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


def test_a_vanished_file_is_a_proposal_and_withdraws_nothing(desk: Desk) -> None:
    assert desk.sync([GONE]) == [("proposed", "/in/label.pdf")]
    (proposal,) = desk.book.open()
    assert (proposal.file, {each.country for each in proposal.approvals}) == ("/in/label.pdf", {"GB", "DE"})
    assert desk.standing(FIRST) is desk.standing(GERMAN) is Standing.IN_FORCE


def test_an_accepted_proposal_withdraws_with_its_actor_and_reason(desk: Desk) -> None:
    desk.sync([GONE])
    decided, registry = desk.book.decide(desk.numbers(), "accepted", "owner", AT, "retired")
    assert [proposal.file for proposal in decided] == ["/in/label.pdf"]
    assert desk.standing(FIRST) is desk.standing(GERMAN) is Standing.WITHDRAWN
    assert desk.standing(OTHER) is Standing.IN_FORCE
    events = [event for event in desk.store.history() if event.type == "withdraw"]
    assert {(event.actor, event.at, event.reason) for event in events} == {("owner", AT, "file gone: retired")}
    assert registry.version == len(desk.store.history())
    assert desk.numbers() == []


def test_a_rejected_proposal_is_not_made_again_until_the_file_was_there(desk: Desk) -> None:
    desk.sync([GONE])
    desk.book.decide(desk.numbers(), "rejected", "owner", AT, "the share was down")
    assert desk.standing(FIRST) is Standing.IN_FORCE
    assert desk.sync([GONE]) == []
    assert desk.sync([], [GONE]) == [("returned", "/in/label.pdf")]
    assert desk.sync([GONE]) == [("proposed", "/in/label.pdf")]


def test_a_file_that_is_there_again_closes_its_proposal(desk: Desk) -> None:
    desk.sync([GONE, CARD])
    assert desk.sync([], [GONE]) == [("returned", "/in/label.pdf")]
    assert [proposal.file for proposal in desk.book.open()] == ["/in/card.pdf"]
    assert desk.sync([CARD], [GONE]) == []


def test_a_file_whose_bytes_are_under_another_path_closes_its_proposal(desk: Desk) -> None:
    """Else its acceptance would withdraw what was only moved."""
    desk.sync([GONE])
    assert desk.sync([], [("/in/new/label.pdf", GONE[1])]) == [("returned", "/in/label.pdf")]
    assert desk.numbers() == []


def test_a_proposal_of_which_nothing_is_left_is_not_listed(desk: Desk) -> None:
    from corpus.lifecycle import withdrawal_events

    desk.sync([CARD])
    desk.store.decide(lambda present: withdrawal_events(present, [OTHER.key], "owner", AT, "an error"))
    assert desk.numbers() == []


def test_a_file_that_waits_for_publish_is_taken_back_by_its_proposal(desk: Desk) -> None:
    waiting = approval("3" * 64, document_number="DOC-3")
    desk.store.stage(Staging("/in/new.pdf", "3" * 64, "e" * 64, "", (waiting,), unapproved=False))
    desk.sync([("/in/new.pdf", "3" * 64)])
    (proposal,) = desk.book.open()
    assert (proposal.approvals, proposal.waiting) == ((), (waiting,))
    desk.book.decide([proposal.number], "accepted", "owner", AT, "never printed")
    assert all(not staging.approvals for staging in desk.store.stagings())


def test_a_decision_is_of_all_the_numbers_or_of_none(desk: Desk) -> None:
    desk.sync([GONE])
    (number,) = desk.numbers()
    with pytest.raises(NotFound, match=f"no proposal {number + 1} is open; `signpost proposals` lists"):
        desk.book.decide([number, number + 1], "accepted", "owner", AT, "retired")
    with pytest.raises(InvalidInput, match="--reason TEXT"):
        desk.book.decide([number], "accepted", "owner", AT, " ")
    assert desk.numbers() == [number]
    assert desk.standing(FIRST) is Standing.IN_FORCE


def test_what_was_proposed_and_decided_can_not_be_changed(desk: Desk) -> None:
    desk.sync([GONE])
    kept = desk.book.history()
    for statement in (update(proposals).values(state="rejected"), delete(proposals)):
        with pytest.raises((CorpusError, DatabaseError), match="append-only"), desk.store.database.writing() as open_:
            open_.execute(statement)
    assert desk.book.history() == kept
