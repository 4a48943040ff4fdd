"""Legal holds: what is held is neither erased nor retired, and says so, until somebody releases it."""

from __future__ import annotations

import json

import pytest

from chatbot.audit.holds import HoldBook, Over
from chatbot.errors import Erased
from corpus.errors import Conflict, InvalidInput, NotFound
from tests.chatbot.conftest import Portal, on_both
from tests.chatbot.erasing import QUESTION, TICKET, asked, erased, left, name_of
from tests.corpus.test_ledger import check


def book(portal: Portal) -> HoldBook:
    return HoldBook(portal.assistant.store.database)


def test_what_is_held_stays_when_its_reader_is_erased_and_the_rest_goes(portal: Portal) -> None:
    held, free = (asked(portal)["record"]["index"] for _ in range(2))
    hold = book(portal).add(Over("records", first=held, last=held), TICKET, "legal")
    done = erased(portal, name_of(portal))
    assert (done.records, done.complete) == (1, False)
    assert done.held == ((held, (hold.index,)),)
    log = portal.assistant.log
    assert log.body(held).question == QUESTION
    with pytest.raises(Erased):
        log.body(free)
    check(portal.assistant.store.database)


def test_the_erasure_is_finished_when_the_hold_is_released(portal: Portal) -> None:
    held = asked(portal)["record"]["index"]
    name, home = name_of(portal), portal.assistant.home
    key = portal.assistant.keys.subject_key(name)
    hold = book(portal).add(Over("records", first=held, last=held), TICKET, "legal")
    assert not erased(portal, name).complete
    assert asked(portal)["record"]["index"] == portal.assistant.log.size() - 1  # its reader goes on meanwhile
    assert key in left(home)
    assert book(portal).release(hold.index, "LIT-7 is settled", "legal").released == portal.assistant.log.size() - 1
    done = erased(portal, name)
    assert (done.records, done.complete) == (2, True)
    with pytest.raises(Erased):
        portal.assistant.log.body(held)
    assert key not in left(home)


@on_both
@pytest.mark.parametrize("kind", ["subject", "conversation", "document", "version", "records"])
def test_each_kind_of_hold_keeps_what_it_names_and_nothing_else(portal: Portal, kind: str) -> None:
    turns = [asked(portal), asked(portal), asked(portal, text="Hello")]
    first = json.loads(portal.assistant.log.record(turns[0]["record"]["index"]).leaf)
    cited = first["citations"][0]
    over = {
        "subject": Over("subject", name_of(portal)),
        "conversation": Over("conversation", turns[0]["conversation"]),
        "document": Over("document", cited["document"]),
        "version": Over("document", cited["document"], cited["version"]),
        "records": Over("records", first=0, last=turns[1]["record"]["index"]),
    }[kind]
    book(portal).add(over, TICKET, "legal")
    kept = {"subject": [0, 1, 2], "conversation": [0]}.get(kind, [0, 1])
    done = erased(portal, name_of(portal))
    assert [index for index, _ in done.held] == [turns[number]["record"]["index"] for number in kept]
    assert done.records == 3 - len(kept)


def test_another_version_of_a_document_is_not_held(portal: Portal) -> None:
    index = asked(portal)["record"]["index"]
    cited = json.loads(portal.assistant.log.record(index).leaf)["citations"][0]
    book(portal).add(Over("document", cited["document"], "another"), TICKET, "legal")
    assert erased(portal, name_of(portal)).complete


def test_a_hold_and_its_release_are_leaves(portal: Portal) -> None:
    asked(portal)
    hold = book(portal).add(Over("subject", name_of(portal)), TICKET, "legal")
    book(portal).release(hold.index, "LIT-7 is settled", "legal")
    log = portal.assistant.log
    held, released = (json.loads(log.record(index).leaf) for index in (hold.index, hold.index + 1))
    said = {"kind": "subject", "value": name_of(portal), "version": "", "first": 0, "last": 0}
    assert (held["type"], held["hold"]) == ("hold", {**said, "actor": "legal", "reason": TICKET})
    reason = {"hold": hold.index, "actor": "legal", "reason": "LIT-7 is settled"}
    assert (released["type"], released["release"]) == ("release", reason)
    (kept,) = book(portal).all()
    assert (kept.index, kept.released) == (hold.index, hold.index + 1)


def test_a_hold_over_what_is_not_on_record_is_refused(portal: Portal) -> None:
    asked(portal)
    size = portal.assistant.log.size()
    for over in (
        Over("subject", "0" * 64),
        Over("subject"),
        Over("conversation", "no-such"),
        Over("document", "HP-9999"),
        Over("records", first=0, last=size),
    ):
        with pytest.raises(NotFound, match="nothing is held"):
            book(portal).add(over, TICKET, "legal")
    with pytest.raises(InvalidInput, match="no range"):
        book(portal).add(Over("records", first=2, last=1), TICKET, "legal")
    with pytest.raises(InvalidInput, match="personal data"):
        book(portal).add(Over("records"), "Mrs Quackenbush sues us", "legal")
    assert portal.assistant.log.size() == size


def test_a_hold_ends_once(portal: Portal) -> None:
    asked(portal)
    hold = book(portal).add(Over("records"), TICKET, "legal")
    book(portal).release(hold.index, "LIT-7 is settled", "legal")
    with pytest.raises(Conflict, match="released already"):
        book(portal).release(hold.index, "LIT-7 is settled", "legal")
    with pytest.raises(NotFound, match="hold list"):
        book(portal).release(99, "LIT-7 is settled", "legal")
