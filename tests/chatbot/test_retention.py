"""Retention: each type of text goes when its time is over, and the log says which rule took it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from chatbot.audit.holds import HoldBook, Over
from chatbot.audit.retention import RULES, Retired, Rule, due, ranges, read_rules, retire
from chatbot.errors import Erased, Misconfigured
from chatbot.limits import SAFETY_CASE_DAYS
from chatbot.safety.vault import RETIRED
from corpus.tables import bodies, case_reports, feedback, used_tickets
from tests.chatbot.conftest import Portal, on_both
from tests.chatbot.erasing import QUESTION, TICKET, asked, left, name_of, sealed
from tests.conftest import ROOT
from tests.corpus.test_ledger import check

TOLD = "My patient developed a severe rash after the second tablet of Velmarin."


def later(days: float) -> datetime:
    return datetime.now(UTC) + timedelta(days=days)


def retired(portal: Portal, *rules: Rule, days: float = 0) -> list[Retired]:
    return retire(portal.assistant.store.database, rules, "cron", later(days))


def rows(found: list[Retired]) -> list[tuple[str, int, int]]:
    return [(each.rule.name, each.rows, each.held) for each in found]


def erasure_leaves(portal: Portal) -> list[dict[str, object]]:
    log = portal.assistant.log
    leaves = (json.loads(log.record(index).leaf) for index in range(log.size()))
    return [leaf["erasure"] for leaf in leaves if leaf["type"] == "erasure"]


@on_both
def test_a_text_goes_when_its_days_are_over_and_not_before(portal: Portal) -> None:
    index = asked(portal)["record"]["index"]
    nonce, _ = sealed(portal.assistant.store.database)[index]
    assert rows(retired(portal, Rule("answer", 30), days=29)) == [("answer", 0, 0)]
    assert portal.assistant.log.body(index).question == QUESTION
    assert rows(retired(portal, Rule("answer", 30), days=31)) == [("answer", 1, 0)]
    with pytest.raises(Erased):
        portal.assistant.log.body(index)
    assert nonce not in left(portal.assistant.home)
    check(portal.assistant.store.database)


def test_a_second_run_finds_nothing_and_says_nothing(portal: Portal) -> None:
    asked(portal)
    retired(portal, Rule("answer", 1), days=2)
    size = portal.assistant.log.size()
    assert rows(retired(portal, Rule("answer", 1), days=2)) == [("answer", 0, 0)]
    assert portal.assistant.log.size() == size


def test_a_rule_takes_its_own_type_alone(portal: Portal) -> None:
    answer, notice = asked(portal)["record"]["index"], asked(portal, text="Hello")["record"]["index"]
    kinds = [json.loads(portal.assistant.log.record(index).leaf)["type"] for index in (answer, notice)]
    assert kinds == ["answer", "notice"]
    retired(portal, Rule("notice", 1), days=2)
    assert portal.assistant.log.body(answer).question == QUESTION
    with pytest.raises(Erased):
        portal.assistant.log.body(notice)


def test_the_leaf_says_rule_and_range(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatbot.audit.retention.RETIRED_AT_ONCE", 2)
    indexes = [asked(portal)["record"]["index"] for _ in range(3)]
    size, now = portal.assistant.log.size(), later(9)
    retire(portal.assistant.store.database, [Rule("answer", 7)], "cron", now)
    first, second = erasure_leaves(portal)
    before = (now - timedelta(days=7)).isoformat(timespec="microseconds").replace("+00:00", "Z")
    rule = {"rule": "answer", "days": 7, "before": before, "actor": "cron"}
    assert first == {**rule, "records": [indexes[:2]], "count": 2, "size": size}
    assert second == {**rule, "records": [[indexes[2], indexes[2]]], "count": 1, "size": size + 1}


def test_ranges_are_as_few_as_they_can_be() -> None:
    assert ranges([7, 3, 4, 9, 5]) == [[3, 5], [7, 7], [9, 9]]
    assert ranges([]) == []


def test_a_dry_run_counts_and_changes_nothing(portal: Portal) -> None:
    asked(portal)
    size = portal.assistant.log.size()
    found = due(portal.assistant.store.database, [Rule("answer", 1), Rule("notice", 1)], later(2))
    assert rows(found) == [("answer", 1, 0), ("notice", 0, 0)]
    assert portal.assistant.log.size() == size
    assert len(sealed(portal.assistant.store.database)) == 1


@on_both
def test_what_is_held_stays_until_it_is_released(portal: Portal) -> None:
    index = asked(portal)["record"]["index"]
    asked(portal)
    book = HoldBook(portal.assistant.store.database)
    hold = book.add(Over("records", first=index, last=index), TICKET, "legal")
    assert rows(retired(portal, Rule("answer", 1), days=2)) == [("answer", 1, 1)]
    assert portal.assistant.log.body(index).question == QUESTION
    book.release(hold.index, TICKET, "legal")
    assert rows(retired(portal, Rule("answer", 1), days=2)) == [("answer", 1, 0)]


@on_both
def test_verdicts_have_a_time_of_their_own(portal: Portal) -> None:
    turn = asked(portal)
    portal.http.post("/api/v1/feedback", json={"turn": turn["turn"], "helpful": True}, headers=portal.headers())
    assert rows(retired(portal, Rule("feedback", 5), days=6)) == [("feedback", 1, 0)]
    with portal.assistant.store.database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(feedback)).scalar_one() == 0
        assert connection.execute(select(func.count()).select_from(bodies)).scalar_one() == 1
    (leaf,) = erasure_leaves(portal)
    assert (leaf["rule"], leaf["count"], "records" in leaf) == ("feedback", 1, False)


@on_both
def test_used_tickets_go_without_a_word_in_the_log(portal: Portal) -> None:
    database, now = portal.assistant.store.database, datetime.now(UTC)
    with database.writing() as connection:
        for name, hours in (("old", -49), ("new", -1)):
            expires = int((now + timedelta(hours=hours)).timestamp())
            connection.execute(insert(used_tickets).values(nonce=name, expires=expires))
    size = portal.assistant.log.size()
    assert rows(retired(portal, Rule("tickets", 2))) == [("tickets", 1, 0)]
    with database.reading() as connection:
        assert connection.execute(select(used_tickets.c.nonce)).scalars().all() == ["new"]
    assert portal.assistant.log.size() == size


@on_both
def test_the_words_of_a_safety_case_go_long_after_its_end_and_nothing_else_of_it(portal: Portal) -> None:
    asked(portal, text=TOLD)
    asked(portal, "dr-2", text=TOLD)
    book, rule = portal.assistant.cases, Rule("safety_case", SAFETY_CASE_DAYS)
    case, open_one = book.cases(datetime.now(UTC))
    book.receive(case.id, "ARGUS-1", datetime.now(UTC))
    book.close(case.id, "filed", "A. Lee", "safety", datetime.now(UTC))
    assert rows(retired(portal, rule, days=SAFETY_CASE_DAYS - 1)) == [("safety_case", 0, 0)]
    assert rows(retired(portal, rule, days=SAFETY_CASE_DAYS + 1)) == [("safety_case", 1, 0)]
    assert book.vault.read(case.id, "safety") == (RETIRED,)
    assert book.vault.read(open_one.id, "safety") == (TOLD,)
    assert book.case(case.id).state == "closed"
    assert erasure_leaves(portal)[0]["cases"] == [case.id]
    with portal.assistant.store.database.reading() as connection:
        kept = connection.execute(select(case_reports.c.facts).where(case_reports.c.case_id == case.id)).scalar_one()
    assert json.loads(kept)["kind"] == "adverse_event"


def test_a_case_whose_reader_is_held_is_kept(portal: Portal) -> None:
    asked(portal, text=TOLD)
    book, rule = portal.assistant.cases, Rule("safety_case", SAFETY_CASE_DAYS)
    (case,) = book.cases(datetime.now(UTC))
    book.not_a_case(case.id, "a drill", "A. Lee", "safety", datetime.now(UTC))
    HoldBook(portal.assistant.store.database).add(Over("subject", name_of(portal)), TICKET, "legal")
    assert rows(retired(portal, rule, days=SAFETY_CASE_DAYS + 1)) == [("safety_case", 0, 1)]
    assert book.vault.read(case.id, "safety") == (TOLD,)


def test_a_turn_that_is_answered_while_texts_are_retired_is_kept(portal: Portal) -> None:
    """A rule destroys no key, so no turn has to be sealed again."""
    asked(portal)
    seen = portal.assistant.log.erasures.newest
    retired(portal, Rule("answer", 1), days=2)
    index = asked(portal)["record"]["index"]
    assert portal.assistant.log.body(index).question == QUESTION
    assert portal.assistant.log.erasures.newest == seen


def test_without_a_file_everything_is_kept(tmp_path: Path) -> None:
    assert read_rules(tmp_path / "retention.toml") == ()


def test_the_sample_file_is_read_and_names_every_rule() -> None:
    rules = read_rules(ROOT / "docs" / "examples" / "retention.toml")
    assert [rule.name for rule in rules] == list(RULES)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("[days", "not readable as TOML"),
        ("answer = 3\n", "one table"),
        ("[days]\nanswer = 3\n[more]\n", "one table"),
        ("days = 3\n", "one table"),
        ("[days]\nanswers = 3\n", "'answers' is nothing that is kept; write one of answer,"),
        ("[days]\nanswer = 0\n", "'answer' must be a whole number of 1 or more"),
        ("[days]\nanswer = true\n", "'answer' must be"),
        ('[days]\nanswer = "3"\n', "'answer' must be"),
        ("[days]\nsafety_case = 365\n", "3,653 or more .*520/2012"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place_and_the_way_out(tmp_path: Path, written: str, said: str) -> None:
    file = tmp_path / "retention.toml"
    file.write_text(written, encoding="utf-8")
    with pytest.raises(Misconfigured, match=said) as caught:
        read_rules(file)
    assert str(file) in str(caught.value)
