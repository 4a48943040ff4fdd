"""Erasing a subject: their texts and their key are gone, the log still holds, and nobody else loses anything."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from chatbot.audit.erasure import Erasures, KeysMoved, erase
from chatbot.audit.keys import KeyStore
from chatbot.audit.leaf import Body
from chatbot.audit.log import AuditLog, Entry
from chatbot.errors import AuditUnavailable, Erased, Forbidden, UnknownConversation
from chatbot.turns import Asker
from corpus.database import Database
from corpus.errors import InvalidInput, NotFound, StoreUnavailable
from corpus.ledger import append_leaves, new_leaf, newest_of, read_head
from corpus.tables import erasures, feedback, records
from tests.builders import GB
from tests.chatbot.conftest import Portal, on_both
from tests.chatbot.erasing import QUESTION, TICKET, asked, elsewhere, erased, left, name_of, sealed
from tests.corpus.test_ledger import check


@on_both
def test_the_texts_of_one_reader_go_and_those_of_others_stay(portal: Portal) -> None:
    turns = [asked(portal, subject) for subject in ("dr-1", "dr-2", "dr-1")]
    one, other, last = (turn["record"]["index"] for turn in turns)
    name, log = name_of(portal), portal.assistant.log
    done = erased(portal, name)
    assert (done.records, done.complete, done.held) == (2, True, ())
    for index in (one, last):
        with pytest.raises(Erased, match=f"record {done.index} says"):
            log.body(index)
    assert log.body(other).question == QUESTION
    with pytest.raises(NotFound):
        portal.assistant.keys.known_subject_key(name)
    check(portal.assistant.store.database)


def test_the_leaf_says_who_erased_how_much_and_why(portal: Portal) -> None:
    index, name = asked(portal)["record"]["index"], name_of(portal)
    done = erased(portal, name)
    with portal.assistant.store.database.reading() as connection:
        leaf = newest_of(connection, "erasure")
    assert leaf is not None
    said = {"pseudonym": name, "complete": True, "count": 1, "held": 0, "actor": "a.lee", "reason": TICKET}
    assert leaf["erasure"] == {**said, "size": done.index}
    assert done.index > index


def test_no_byte_of_what_was_sealed_stays_in_any_file(portal: Portal) -> None:
    """Of the database, its write-ahead log and its free pages, while the service has it open."""
    long = f"{QUESTION} {'and in older patients, week by week, ' * 40}"
    mine = [asked(portal, text=text)["record"]["index"] for text in (QUESTION, long, QUESTION) for _ in range(4)]
    kept = [asked(portal, "dr-2")["record"]["index"] for _ in range(3)]
    rows, name, home = sealed(portal.assistant.store.database), name_of(portal), portal.assistant.home
    key = portal.assistant.keys.subject_key(name)
    assert all(part in left(home) for index in mine for part in (rows[index][0], rows[index][1][:32], key))
    erased(portal, name)
    remains = left(home)
    for index in mine:
        nonce, ciphertext = rows[index]
        parts = [nonce, *(ciphertext[at : at + 32] for at in range(0, len(ciphertext) - 32, 512))]
        assert [part for part in parts if part in remains] == []
    assert key not in remains
    assert all(rows[index][0] in remains for index in kept)


@on_both
def test_the_reader_who_comes_back_is_somebody_else(portal: Portal) -> None:
    """The service has the old name and its key in its memory."""
    before, name = asked(portal), name_of(portal)
    erased(portal, name)
    again = asked(portal)
    log = portal.assistant.log
    leaf = json.loads(log.record(again["record"]["index"]).leaf)
    assert leaf["actor"]["pseudonym"] == name_of(portal) != name
    assert log.body(again["record"]["index"]).question == QUESTION
    follow_up = {"text": "and in renal impairment?", "conversation": before["conversation"]}
    assert portal.http.post("/api/v1/turns", json=follow_up, headers=portal.headers()).status_code == 404
    with pytest.raises(NotFound):
        portal.assistant.keys.subject_key(name)  # nor does the memory have it any more


def test_a_conversation_ends_when_its_reader_is_erased_in_the_middle_of_a_turn(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, name = asked(portal), name_of(portal)
    answer = portal.assistant.answer

    def slowly(*given: Any) -> Any:
        monkeypatch.setattr(portal.assistant, "answer", answer)
        erased(portal, name)
        return answer(*given)

    monkeypatch.setattr(portal.assistant, "answer", slowly)
    asker = Asker("dr-1", "demo", "hcp", GB)
    with pytest.raises(UnknownConversation, match="erased"):
        portal.assistant.turn(asker, "and in renal impairment?", before["conversation"])
    assert portal.assistant.turn(asker, QUESTION).record.index == portal.assistant.log.size() - 1


def test_a_new_conversation_survives_the_erasure_of_its_reader_in_the_middle_of_a_turn(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(portal)
    name, answer = name_of(portal), portal.assistant.answer

    def slowly(*given: Any) -> Any:
        monkeypatch.setattr(portal.assistant, "answer", answer)
        erased(portal, name)
        return answer(*given)

    monkeypatch.setattr(portal.assistant, "answer", slowly)
    turn = portal.assistant.turn(Asker("dr-1", "demo", "hcp", GB), QUESTION)
    leaf = json.loads(turn.record.leaf)
    assert leaf["actor"]["pseudonym"] == name_of(portal) != name
    assert portal.assistant.log.body(turn.record.index).question == QUESTION


@on_both
def test_turns_and_erasures_at_once_leave_no_text_that_nobody_can_open(portal: Portal) -> None:
    """Several readers ask while they are erased again and again by another process."""
    stop, faults = threading.Event(), []
    for number in range(3):
        asked(portal, f"dr-{number}")

    def ask(subject: str) -> None:
        while not stop.is_set():
            try:
                portal.assistant.turn(Asker(subject, "demo", "hcp", GB), QUESTION)
            except AuditUnavailable:  # erased five times while it was answered: refused, and not on record
                continue
            except Exception as error:  # noqa: BLE001 - looked at below
                faults.append(error)

    threads = [threading.Thread(target=ask, args=(f"dr-{number}",)) for number in range(3)]
    for thread in threads:
        thread.start()
    database, keys = elsewhere(portal)
    gone = 0
    for number in range(12):
        try:
            gone += erase(database, keys, keys.known_pseudonym("demo", f"dr-{number % 3}"), TICKET, "a.lee").records
        except NotFound:  # not back yet
            continue
    stop.set()
    for thread in threads:
        thread.join()
    assert faults == []
    log, opened, covered = AuditLog(database, keys), 0, 0
    for index in log.replies():
        try:
            opened += log.body(index).question == QUESTION
        except Erased:
            covered += 1
    assert opened + covered == len(log.replies())
    assert covered == gone > 0
    check(database)
    database.close()


def test_a_kill_between_the_leaf_and_the_key_is_made_good_by_whoever_opens_the_log(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(portal)
    name, home = name_of(portal), portal.assistant.home
    key = portal.assistant.keys.subject_key(name)

    def killed(*_: object) -> None:
        raise AuditUnavailable("killed")

    with monkeypatch.context() as patch:
        patch.setattr(KeyStore, "destroy", killed)
        with pytest.raises(AuditUnavailable):
            erased(portal, name)
    assert key in left(home)
    database, keys = elsewhere(portal)
    AuditLog(database, keys)
    assert key not in left(home)
    database.close()


def test_a_key_store_that_is_restored_from_a_backup_loses_the_keys_of_the_erased_again(portal: Portal) -> None:
    asked(portal)
    name, home = name_of(portal), portal.assistant.home
    backup, key = home.keys.read_bytes(), portal.assistant.keys.subject_key(name_of(portal))
    erased(portal, name)
    home.keys.write_bytes(backup)
    database, keys = elsewhere(portal)
    Erasures(database, keys)
    assert key not in left(home)
    database.close()


def test_an_erasure_that_is_asked_for_again_appends_nothing(portal: Portal) -> None:
    asked(portal)
    name = name_of(portal)
    first, size = erased(portal, name), portal.assistant.log.size()
    again = erased(portal, name)
    assert (again.index, again.records, again.complete) == (first.index, 0, True)
    assert portal.assistant.log.size() == size


def test_a_reason_that_names_a_person_is_refused_and_nothing_is_erased(portal: Portal) -> None:
    index, size = asked(portal)["record"]["index"], portal.assistant.log.size()
    database, keys = elsewhere(portal)
    for reason in ("Erasure request of Mrs Quackenbush", "w.quack@zzmail.example asked for it", " ", "x" * 201):
        with pytest.raises(InvalidInput):
            erase(database, keys, name_of(portal), reason, "a.lee")
    assert portal.assistant.log.body(index).question == QUESTION
    assert portal.assistant.log.size() == size
    database.close()


def test_nobody_is_erased_under_a_name_that_nothing_is_kept_under(portal: Portal) -> None:
    asked(portal)
    size = portal.assistant.log.size()
    with pytest.raises(NotFound):
        erased(portal, "0" * 64)
    assert portal.assistant.log.size() == size


@on_both
def test_verdicts_go_with_the_text_that_they_are_about_and_no_others(portal: Portal) -> None:
    for subject in ("dr-1", "dr-2"):
        body = {"turn": asked(portal, subject)["turn"], "helpful": False, "reason": "incomplete"}
        assert (
            portal.http.post("/api/v1/feedback", json=body, headers=portal.headers(subject=subject)).status_code == 204
        )
    erased(portal, name_of(portal))
    database = portal.assistant.store.database
    with database.reading() as connection:
        kept = connection.execute(select(feedback.c.idx)).scalars().all()
    assert [portal.assistant.log.body(index).question for index in kept] == [QUESTION]
    asked(portal)
    with pytest.raises(StoreUnavailable, match="append-only"), database.writing() as connection:
        connection.execute(feedback.delete())


@on_both
def test_what_was_erased_can_not_be_unsaid(portal: Portal) -> None:
    asked(portal)
    erased(portal, name_of(portal))
    database = portal.assistant.store.database
    for change in (erasures.delete(), erasures.update().values(pseudonym="x")):
        with pytest.raises(StoreUnavailable, match="append-only"), database.writing() as connection:
            connection.execute(change)


def test_a_safety_case_stays_for_the_safety_role_alone(portal: Portal) -> None:
    told = "My patient developed a severe rash after the second tablet of Velmarin."
    asked(portal, text=told)
    done = erased(portal, name_of(portal))
    (case,) = portal.assistant.cases.cases(datetime.now(UTC))
    assert (done.cases, done.records) == (1, 1)
    assert case.subject == done.pseudonym
    assert portal.assistant.cases.vault.read(case.id, "safety") == (told,)
    for role in ("reviewer", "owner", ""):
        with pytest.raises(Forbidden):
            portal.assistant.cases.vault.read(case.id, role)


def test_exports_that_had_the_texts_are_named(portal: Portal) -> None:
    turn = asked(portal)
    index, other = turn["record"]["index"], asked(portal, "dr-2")["record"]["index"]
    database = portal.assistant.store.database
    with database.writing() as connection:
        origin = read_head(connection).origin
        span = {"first": 0, "last": index, "conversation": None, "bodies": True, "actor": "b.ray"}
        values = [
            span,
            {**span, "bodies": False},
            {**span, "first": other, "last": other},
            {**span, "last": other, "conversation": turn["conversation"]},
        ]
        places = append_leaves(connection, [new_leaf(origin, "export", {"export": value}) for value in values])
    exports = erased(portal, name_of(portal)).exports
    named = [(export.index, export.actor, export.records) for export in exports]
    assert named == [(places[0].index, "b.ray", 1), (places[3].index, "b.ray", 1)]


def test_a_reader_who_holds_the_write_ahead_log_is_waited_for_and_then_named(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    index, home = asked(portal)["record"]["index"], portal.assistant.home
    name, (nonce, _) = name_of(portal), sealed(portal.assistant.store.database)[index]
    monkeypatch.setattr("corpus.sqlite.BUSY_MS", 50)
    with closing(sqlite3.connect(home.database, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM records").fetchall()
        with pytest.raises(StoreUnavailable, match="run the same command again"):
            erased(portal, name)
        assert nonce in left(home)
    erased(portal, name)
    assert nonce not in left(home)


def test_a_missing_text_without_an_erasure_is_not_called_erased(portal: Portal) -> None:
    first, second = (asked(portal)["record"]["index"] for _ in range(2))
    erased(portal, name_of(portal))
    third = asked(portal)["record"]["index"]
    with closing(sqlite3.connect(portal.assistant.home.database)) as connection, connection:
        connection.execute("DELETE FROM bodies WHERE idx = ?", (third,))
    for index, kind in ((first, Erased), (second, Erased), (third, NotFound)):
        with pytest.raises(NotFound) as caught:
            portal.assistant.log.body(index)
        assert type(caught.value) is kind


def test_the_console_says_that_a_text_was_erased(portal: Portal) -> None:
    index = asked(portal)["record"]["index"]
    done = erased(portal, name_of(portal))
    for path in ("/review", f"/review/turns/{index}"):
        shown = portal.http.get(path).text
        assert f"was erased: record {done.index} says when and why" in shown
        assert QUESTION not in shown


def test_projections_of_erasures_are_what_their_leaves_say(portal: Portal) -> None:
    asked(portal)
    erased(portal, name_of(portal))
    with portal.assistant.store.database.reading() as connection:
        rows = connection.execute(select(erasures)).all()
        leaves = connection.execute(select(records.c.idx, records.c.leaf).where(records.c.type == "erasure")).all()
    said = [(index, json.loads(leaf)["erasure"]) for index, leaf in leaves]
    assert [(row.idx, row.pseudonym, row.complete) for row in rows] == [
        (index, value["pseudonym"], value["complete"]) for index, value in said
    ]


def test_what_was_sealed_before_an_erasure_is_refused_until_the_process_knows_of_it(
    database: Database, tmp_path: Path
) -> None:
    keys = KeyStore(tmp_path / "keys.db")
    log = AuditLog(database, keys)

    def entry() -> Entry:
        seen, name = log.erasures.newest, keys.pseudonym("demo", "dr-1")
        body = log.seal(name, "id", Body(QUESTION, (), b"{}", bytes(32)))
        return Entry(new_leaf(log.origin, "answer", {"actor": {"pseudonym": name}}), body, name, 0, seen)

    log.append(entry())
    stale = entry()
    erase(database, KeyStore(tmp_path / "keys.db"), stale.pseudonym, TICKET, "a.lee")
    with pytest.raises(KeysMoved):
        log.append(stale)
    with pytest.raises(KeysMoved):
        log.append(entry())  # still with the key that this process remembers
    log.erasures.settle()
    with pytest.raises(KeysMoved):
        log.seal(stale.pseudonym, "id", Body(QUESTION, (), b"{}", bytes(32)))
    assert log.append(entry()).index == 3
    assert list(sealed(database)) == [3]
