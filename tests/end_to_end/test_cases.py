"""Safety cases for real: a process that is killed while it keeps and sends them, the service, and the command line."""

from __future__ import annotations

import json
import random
import ssl
import subprocess
import sys
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chatbot.safety.book import CaseBook, open_cases_of
from chatbot.safety.deliver import Delivery
from chatbot.safety.outbox import Outbox, Pace
from chatbot.safety.webhook import Webhook
from corpus.database import open_database
from index.layout import Home
from tests.chatbot.safety.conftest import found
from tests.chatbot.safety.receivers import SECRET, Answer, Receiver, confirm, hang_up, receiving, status
from tests.chatbot.safety.test_vault import words_in_home
from tests.conftest import ROOT, Cli
from tests.end_to_end.case_writer import CANARY
from tests.end_to_end.conftest import Serve

ROUNDS = 100  # a tenth without --acceptance
CRASHES = 20260302  # the seed of the moments of death
HOUR = timedelta(hours=1)


def killed_at_random(home: Home, receiver: Receiver, name: str, moment: float) -> list[tuple[str, int, str]]:
    """Runs a writer and kills it ``moment`` seconds after it began; what it had acknowledged by then."""
    command = [sys.executable, "-m", "tests.end_to_end.case_writer", str(home.root), receiver.url, name]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(moment)
    process.kill()
    said = process.communicate()[0]
    whole = said[: said.rfind("\n") + 1].splitlines()  # the last line may have been cut
    return [(line.split(" ", 2)[0], int(line.split(" ", 2)[1]), line.split(" ", 2)[2]) for line in whole]


def in_book(book: CaseBook) -> dict[str, tuple[str, ...]]:
    return {case.id: book.vault.read(case.id, "safety") for case in book.cases(datetime.now(UTC))}


def test_no_case_is_lost_and_none_invented_by_kill_9(tmp_path: Path, whole: bool) -> None:
    """Killed while it opens and sends: what was acknowledged is there, and nothing was sent that isn't."""
    chance = random.Random(CRASHES)  # noqa: S311 - moments, not secrets
    answers: list[Answer] = [confirm, confirm, confirm, hang_up, status(503)]
    home = Home(tmp_path / "home")
    home.root.mkdir()
    acknowledged: list[tuple[str, int, str]] = []
    with receiving() as receiver:
        for number in range(ROUNDS if whole else ROUNDS // 10):
            receiver.answers[:] = chance.choices(answers, k=200)
            acknowledged += killed_at_random(home, receiver, f"round{number}", chance.uniform(0, 0.25))
            database = open_database(home.database)
            kept = in_book(open_cases_of(home, database))
            database.close()
            for case_id, sequence, text in acknowledged:
                assert kept[case_id][sequence - 1] == text
            check_deliveries(receiver, kept)
        receiver.answers.clear()
        finish(home, receiver)
    assert len(acknowledged) > 20
    assert words_in_home(home, CANARY) == []


def check_deliveries(receiver: Receiver, kept: dict[str, tuple[str, ...]]) -> None:
    """Each message is of a report in the book, with its texts; those of one id are the same to the byte."""
    bodies: defaultdict[str, set[bytes]] = defaultdict(set)
    for body in list(receiver.bodies):
        value = json.loads(body)
        told = tuple(report["text"] for report in value["reports"])
        assert told == kept[value["case"]][: value["sequence"]]
        bodies[value["id"]].add(body)
    assert all(len(same) == 1 for same in bodies.values())


def finish(home: Home, receiver: Receiver) -> None:
    """After the last crash a start without one sends everything that was left."""
    database = open_database(home.database)
    book, outbox = open_cases_of(home, database), Outbox(database)
    channel = Webhook(receiver.url, SECRET, ssl.create_default_context(), 5)
    pace = Pace(timedelta(milliseconds=10), timedelta(milliseconds=50))
    delivery = Delivery(book, outbox, [channel], home.delivery_lock, pace, 0.01)
    delivery.start()
    end = time.monotonic() + 60
    while outbox.waiting("webhook"):
        assert time.monotonic() < end
        time.sleep(0.05)
    delivery.stop()
    cases = book.cases(datetime.now(UTC))
    assert {case.state for case in cases} == {"sent"}
    assert set(receiver.ids) == {f"{case.id}.{report.sequence}" for case in cases for report in case.reports}
    for case in cases:
        confirmed = [attempt.sequence for attempt in outbox.attempts(case.id) if attempt.confirmed]
        assert sorted(confirmed) == [report.sequence for report in case.reports]
    database.close()


def test_the_service_sends_the_cases_of_its_home_and_says_where(small_copy: Home, serve: Serve) -> None:
    database = open_database(small_copy.database)
    book = open_cases_of(small_copy, database)
    case = book.open(found(at=datetime.now(UTC)))
    with receiving() as receiver:
        (small_copy.root / "secret").write_bytes(SECRET)
        content = f'[webhook]\nurl = "{receiver.url}"\nsecret_file = "secret"\n'
        small_copy.safety.write_text(content, encoding="utf-8")
        with serve(small_copy) as served:
            receiver.wait(1)
            later = book.open(found(conversation="later", at=datetime.now(UTC)))
            receiver.wait(2)
            served.kill()
            said = served.process.stderr.read() if served.process.stderr else ""
    assert "safety cases are sent to webhook (127.0.0.1:" in said
    assert receiver.ids == [f"{case.id}.1", f"{later.id}.1"]
    database.close()


def test_the_service_says_that_cases_are_sent_nowhere(small_copy: Home, serve: Serve) -> None:
    with serve(small_copy) as served:
        served.kill()
        said = served.process.stderr.read() if served.process.stderr else ""
    assert "safety cases are sent nowhere and wait in the console" in said


@pytest.mark.parametrize(
    ("content", "lost", "said"),
    [("[webhook]\nurl = 1\n", False, "[webhook] 'url'"), ("", True, "safety.key is gone; restore it from its backup")],
)
def test_the_service_does_not_start_when_cases_would_go_astray(
    small_copy: Home, cli: Cli, content: str, lost: bool, said: str
) -> None:
    database = open_database(small_copy.database)
    open_cases_of(small_copy, database).open(found())
    database.close()
    if lost:
        small_copy.safety_key.unlink()
    if content:
        small_copy.safety.write_text(content, encoding="utf-8")
    done = cli("serve", "--demo", "--port", "1", "--home", small_copy.root, timeout=60)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def kept(tmp_path: Path) -> tuple[Home, str]:
    """A home with one case of two reports, and its id."""
    home = Home(tmp_path)
    database = open_database(home.database)
    book = open_cases_of(home, database)
    book.open(found(f"{CANARY} \x1b[31mred\ud800", at=datetime.now(UTC) - 26 * HOUR))
    case = book.open(found("second", at=datetime.now(UTC) - 25 * HOUR, cut=True))
    database.close()
    return home, case.id


def test_a_case_is_taken_from_detected_to_closed_on_the_command_line(kept: tuple[Home, str], cli: Cli) -> None:
    home, case_id = kept
    at = ("--home", home.root)
    (listed,) = json.loads(cli("cases", "list", "--json", *at).stdout)["cases"]
    assert (listed["id"], listed["state"], listed["overdue"], listed["reports"]) == (case_id, "detected", True, 2)
    assert "overdue by 2 h 0 min" in cli("cases", "list", *at).stdout
    shown = cli("cases", "show", case_id, *at).stdout
    assert CANARY not in shown
    assert "--role safety" in shown
    shown = cli("cases", "show", case_id, "--role", "safety", *at).stdout
    assert f"Report 1:\n{CANARY} \ufffd[31mred?\n" in shown
    assert "Report 2 (cut: it went on):\nsecond\n" in shown
    texts = json.loads(cli("cases", "show", case_id, "--role", "safety", "--json", *at).stdout)["texts"]
    assert texts == [f"{CANARY} \x1b[31mred?", "second"]
    done = cli("cases", "receive", case_id, "--reference", "ARGUS-17", "--as", "A. Lee", *at)
    assert done.stdout == f"case {case_id} is received now\n"
    signed = ("--reason", "filed", "--as", "A. Lee", "--role", "safety")
    assert json.loads(cli("cases", "close", case_id, *signed, "--json", *at).stdout)["state"] == "closed"
    assert json.loads(cli("cases", "list", "--json", *at).stdout)["cases"] == []
    assert case_id in cli("cases", "list", "--ended", *at).stdout
    assert "by A. Lee as safety, filed" in cli("cases", "show", case_id, *at).stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "ID", "--role", "medical"), "role 'medical' may not do this"),
        (("show", "nothing"), "`signpost cases list` names them"),
        (("close", "ID", "--reason", "x", "--as", "A", "--role", "safety"), "it can be marked received"),
        (("not-a-case", "ID", "--reason", "x", "--as", "A", "--role", "qa"), "somebody of the role 'safety' may"),
        (("not-a-case", "ID", "--reason", " ", "--as", "A", "--role", "safety"), "give a reason"),
        (
            ("not-a-case", "ID", "--reason", "x", "--as", "A", "--role", "safety", "--seen", "1"),
            "has reports 1 to 2 now",
        ),
        (("receive", "ID", "--reference", "", "--as", "A"), "give a reference"),
        (("receive", "ID", "--reference", "R"), "--as"),
        (("list", "--limit", "0"), "--limit"),
    ],
)
def test_a_step_that_cannot_be_taken_is_one_line(
    kept: tuple[Home, str], cli: Cli, arguments: tuple[str, ...], said: str
) -> None:
    home, case_id = kept
    words = [case_id if word == "ID" else word for word in arguments]
    done = cli("cases", *words, "--home", home.root)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("signpost: ")
    assert said in line
    assert CANARY not in done.stdout + done.stderr
