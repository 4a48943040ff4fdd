"""Personal data that is typed stands nowhere afterwards, but for a safety case in its vault.

A real service and the command line are told names, dates, numbers and addresses; then every byte that they left is
searched: the home with its database while it is written, logs, metrics, temporary files, and what reviewers are shown.
"""

from __future__ import annotations

import html
import json
import re
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chatbot.assistant import Assistant
from chatbot.limits import QUESTION_CHARACTERS
from corpus.database import open_database
from index.layout import Home
from tests.chatbot.conversing import files_with
from tests.conftest import Cli
from tests.end_to_end.conftest import Serve
from tests.homes import copied

ASKED = (
    "Mrs Wilhelmina Quackenbush, born 17/03/1958, phone +44 20 7946 0958, e-mail w.quack@zzmail.example, "
    "NHS number 943 476 5919, card 4539 1488 0343 6467, lives at 14 Larkspur Crescent, Reading RG1 4QD. "
    "Velmarin starting dose in renal impairment?"
)
FOLLOWED = "and in heart failure? Call Dr Ignatz Wobbelmann on 020 7946 0123"
TOLD = "My patient Odalys Brackenridge (DOB 1961-04-23) developed a severe rash after Velmarin, o.brack@qqmail.example"
LONG = f"NINO QQ123456C, IBAN DE89 3704 0044 0532 0130 00. {'Velmarin and potassium, week by week. ' * 60}"
STRANGER = "My patient Tobias Zwinglihof, insurance number A123456780, had a severe rash on Velmarin"
UNSIGNED = "Velmarin dose for Frances Plimpton-Vance, MRN 88213377, frances.pv@xxmail.example"
TYPED = "Velmarin f.ossett@yymail.example"
ON_LINE = "Velmarin dose for Mr Barnaby Thistlewood, SSN 536-22-1189, barnaby@wwmail.example"
EARLIER = "Velmarin dose for Mrs Philippa Snodgrass, p.snod@vvmail.example"
CANARIES = (
    *("Wilhelmina", "Quackenbush", "17/03/1958", "7946 0958", "w.quack@", "943 476 5919", "4539 1488", "Larkspur"),
    *("RG1 4QD", "Wobbelmann", "7946 0123", "Odalys", "Brackenridge", "1961-04-23", "o.brack@", "QQ123456C"),
    *("DE89 3704", "Zwinglihof", "A123456780", "Plimpton", "88213377", "frances.pv", "f.ossett", "Thistlewood"),
    *("536-22-1189", "barnaby@", "Snodgrass", "p.snod@"),
)


@dataclass(frozen=True, slots=True)
class Left:
    """What a service and a command line left behind."""

    home: Home
    replies: list[str]  # every body that was answered, as it came
    metrics: str
    log: str  # of the service, and what the commands said
    pages: dict[str, str]  # what reviewers are shown, by path
    temporary: Path


def test_the_canaries_are_in_what_is_typed() -> None:
    typed = " ".join((ASKED, FOLLOWED, TOLD, LONG, STRANGER, UNSIGNED, TYPED, ON_LINE, EARLIER))
    assert [canary for canary in CANARIES if canary not in typed] == []
    assert len(LONG) > QUESTION_CHARACTERS


def page(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as response:  # noqa: S310 - our own server
        text: str = response.read().decode()
    return text


@pytest.fixture(scope="module")
def left(small: Home, serve: Serve, cli: Cli, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Left]:
    folder, temporary = tmp_path_factory.mktemp("canary"), tmp_path_factory.mktemp("temporary")
    home = copied(small, folder / "home")
    (folder / "batch.jsonl").write_text(json.dumps({"text": ON_LINE, "context": [EARLIER]}), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(temporary))
        with serve(home) as served:
            said = [cli("ask", ON_LINE, "--home", home.root)]
            said.append(cli("ask", "--batch", folder / "batch.jsonl", "--home", home.root))
            assert [done.returncode for done in said] == [0, 0], said
            replies = [*map(json.dumps, everything_asked(served)), *(done.stdout for done in said)]
            turns = sorted(set(re.findall(r"/review/turns/\d+", page(f"{served.url}/review"))))
            assert len(turns) >= 6
            paths = ["/review", *turns, "/review/cases"]
            pages = {path: html.unescape(page(served.url + path)) for path in paths}
            metrics = page(f"{served.url}/metrics")
            assert (home.root / "signpost.db-wal").stat().st_size > 0
            found = files_with(home.root, *CANARIES)
            served.kill()
            log = (served.process.stderr.read() if served.process.stderr else "") + "".join(s.stderr for s in said)
    assert found == []
    yield Left(home, replies, metrics, log, pages, temporary)


def everything_asked(served: Any) -> list[Any]:
    """Every way in: a turn, a follow-up, a case, a text that is too long, refused requests, and typing."""
    headers = served.token()

    def turn(text: str, status: int, given: dict[str, str] | None = None, **body: str) -> Any:
        got, value = served.post("/api/v1/turns", {"text": text, **body}, headers if given is None else given)
        assert got == status, value
        return value

    first = turn(ASKED, 200)
    return [
        first,
        turn(FOLLOWED, 200, conversation=first["conversation"]),
        turn(TOLD, 200, conversation=first["conversation"]),
        turn(LONG, 200),
        turn(STRANGER, 404, conversation="no-such-conversation"),
        turn(UNSIGNED, 401, given={"Authorization": "Bearer forged"}),
        turn(UNSIGNED, 422, language="much too long"),
        served.post("/api/v1/suggest", {"q": TYPED}, headers)[1],
    ]


def test_no_file_holds_what_was_masked(left: Left) -> None:
    """The home is searched while it is served, and once more after the service was killed."""
    assert files_with(left.home.root, *CANARIES) == []
    assert files_with(left.home.root, "Velmarin")  # the search does find what stands there
    assert files_with(left.temporary, *CANARIES) == []


def test_no_log_metric_or_reply_holds_what_was_masked(left: Left) -> None:
    for text in (left.log, left.metrics, *left.replies):
        assert [canary for canary in CANARIES if canary in text] == []
    assert "serves" in left.log
    assert "signpost_turns_total" in left.metrics


def test_a_record_opens_to_the_masked_question_alone(left: Left) -> None:
    database = open_database(left.home.database)
    log = Assistant(left.home, database, trial=True).log
    bodies = [log.body(index) for index in log.replies()]
    assert len(bodies) == 6
    for body in bodies:
        assert [canary for canary in CANARIES if canary in body.question + body.reply.decode()] == []
        assert body.redactions
    database.close()


def test_a_reviewer_is_shown_the_masked_text_alone(left: Left) -> None:
    for path, text in left.pages.items():
        assert [canary for canary in CANARIES if canary in text] == [], path
    assert any("[name]" in text and "[date of birth]" in text for text in left.pages.values())


def test_the_vault_has_a_case_whole_for_the_safety_role(left: Left) -> None:
    database = open_database(left.home.database)
    book = Assistant(left.home, database, trial=True).cases
    cases = book.cases(datetime.now(UTC))
    assert {TOLD, STRANGER} <= {text for case in cases for text in book.vault.read(case.id, "safety")}
    database.close()
