"""A reader is erased on the command line while the service runs: what they asked stands in no byte that was left.

Questions and replies lie sealed in the database, so no file ever holds their words; what has to go is the ciphertext,
its key, and whatever says who the reader was.
"""

from __future__ import annotations

import html
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from chatbot.audit.keys import KeyStore
from chatbot.audit.log import AuditLog
from chatbot.errors import Erased, Forbidden
from chatbot.safety.book import open_cases_of
from corpus.database import open_database
from corpus.tables import bodies
from index.layout import Home
from tests.chatbot.conversing import files_with
from tests.conftest import Cli
from tests.corpus.test_ledger import check
from tests.end_to_end.conftest import Serve, Served
from tests.homes import copied

CANARY, WHO, TOLD_CANARY = "zyzzogeton", "dr-quetzalcoatlus", "xylorimba"
ASKED = (
    f"What is the starting dose of Velmarin in renal impairment, {CANARY}?",
    f"Can I use Velmarin off-label for migraine {CANARY}?",  # handed over with the question in its prefill
    f"{CANARY}: " + "Velmarin in older patients, week by week. " * 30,
)
TOLD = f"My patient developed a severe rash and {TOLD_CANARY} after the second tablet of Velmarin."
OTHER = "Velmarin starting dose in renal impairment"


@dataclass(frozen=True, slots=True)
class Left:
    """What there was of a reader, and what was left after the erasure."""

    home: Home
    temporary: Path
    secrets: tuple[bytes, ...]  # nonces, pieces of ciphertext and the key
    case: str
    other: int  # another reader's record
    back: Any  # the answer to the same reader, afterwards
    pages: dict[str, str]
    log: str
    said: Any  # by the command


def left_of(home: Home, *parts: bytes) -> list[bytes]:
    """Which of these bytes stand in a file of the home that can hold them."""
    files = [file.read_bytes() for file in home.root.iterdir() if file.is_file()]
    return [part for part in parts if any(part in content for content in files)]


def page(url: str) -> str:
    try:
        with urllib.request.urlopen(url, timeout=30) as response:  # noqa: S310 - our own server
            return html.unescape(response.read().decode())
    except urllib.error.HTTPError as error:
        with error:
            return html.unescape(error.read().decode())


def secrets_of(home: Home, pseudonym: str) -> tuple[bytes, ...]:
    """Everything that would open, or be, what a reader was told."""
    with closing(open_database(home.database)) as database, database.reading() as connection:
        rows = connection.execute(select(bodies).where(bodies.c.pseudonym == pseudonym)).all()
    pieces = [row.ciphertext[at : at + 32] for row in rows for at in range(0, len(row.ciphertext) - 32, 1_000)]
    key = KeyStore(home.keys).known_subject_key(pseudonym)
    return (key, *(bytes(row.nonce) for row in rows), *map(bytes, pieces))


def everything_asked(served: Served, headers: dict[str, str]) -> list[Any]:
    turns = []
    for text in (*ASKED, TOLD):
        status, turn = served.post("/api/v1/turns", {"text": text}, headers)
        assert status == 200, turn
        turns.append(turn)
        verdict = {"turn": turn["turn"], "helpful": False, "reason": "incomplete"}
        request = urllib.request.Request(  # noqa: S310 - our own server
            served.url + "/api/v1/feedback",
            json.dumps(verdict).encode(),
            {"Content-Type": "application/json", **headers},
        )
        with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
            assert response.status == 204
    return turns


@pytest.fixture(scope="module")
def left(small: Home, serve: Serve, cli: Cli, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Left]:
    home = copied(small, tmp_path_factory.mktemp("erased") / "home")
    temporary = tmp_path_factory.mktemp("temporary")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(temporary))
        with serve(home) as served:
            _, made = served.post("/demo/token", {"subject": WHO})
            headers = {"Authorization": f"Bearer {made['token']}"}
            turns = everything_asked(served, headers)
            assert turns[1]["reply"]["handovers"][0]["prefill"]["question"] == ASKED[1]
            _, other = served.ask(OTHER)
            pseudonym = KeyStore(home.keys).known_pseudonym("demo", WHO)
            secrets = secrets_of(home, pseudonym)
            assert left_of(home, *secrets) == list(secrets)
            named = ("--portal", "demo", "--subject", WHO, "--reason", "DSR-2026-0117")
            done = cli("audit", "erase", *named, "--home", home.root, "--json")
            assert done.returncode == 0, done.stderr
            assert left_of(home, *secrets) == []  # while the service still has the database open
            indexes = [turn["record"]["index"] for turn in turns]
            pages = {path: page(served.url + path) for path in ("/review", *(f"/review/turns/{at}" for at in indexes))}
            status, back = served.post("/api/v1/turns", {"text": ASKED[0]}, headers)
            assert status == 200, back
            served.kill()
            log = (served.process.stderr.read() if served.process.stderr else "") + done.stdout + done.stderr
    leaf = json.loads(_log_of(home).record(indexes[-1]).leaf)
    yield Left(
        home, temporary, secrets, leaf["refs"][0], other["record"]["index"], back, pages, log, json.loads(done.stdout)
    )


def _log_of(home: Home) -> AuditLog:
    return AuditLog(open_database(home.database), KeyStore(home.keys))


def test_no_file_holds_what_was_sealed_or_its_key(left: Left) -> None:
    assert left_of(left.home, *left.secrets) == []
    assert left.said["complete"]
    assert left.said["erased"] == len(ASKED) + 1


def test_no_file_log_or_temporary_file_has_a_word_of_it(left: Left) -> None:
    for folder in (left.home.root, left.temporary):
        assert files_with(folder, CANARY, TOLD_CANARY, WHO) == []
    assert files_with(left.home.root, "Velmarin")  # the search does find what stands there
    assert [word for word in (CANARY, TOLD_CANARY, WHO) if word in left.log] == []


def test_a_reviewer_is_shown_that_it_was_erased_and_nothing_of_it(left: Left) -> None:
    for path, text in left.pages.items():
        assert CANARY not in text, path
        assert f"was erased: record {left.said['record']} says when and why" in text, path


def test_the_reader_who_comes_back_has_another_name_and_a_text_that_opens(left: Left) -> None:
    log, index = _log_of(left.home), left.back["record"]["index"]
    assert log.body(index).question == ASKED[0]
    assert json.loads(log.record(index).leaf)["actor"]["pseudonym"] != left.said["pseudonym"]


def test_nobody_else_lost_anything_and_the_log_holds(left: Left) -> None:
    log = _log_of(left.home)
    assert log.body(left.other).question == OTHER
    for index in log.replies():
        if json.loads(log.record(index).leaf)["actor"]["pseudonym"] == left.said["pseudonym"]:
            with pytest.raises(Erased):
                log.body(index)
    check(open_database(left.home.database))


def test_the_safety_case_stays_for_the_safety_role_alone(left: Left) -> None:
    book = open_cases_of(left.home, open_database(left.home.database))
    mine = [case for case in book.cases(datetime.now(UTC)) if case.subject == left.said["pseudonym"]]
    assert left.said["safety_cases"] == len(mine) >= 1
    assert book.vault.read(left.case, "safety") == (TOLD,)
    assert left.case in {case.id for case in mine}
    with pytest.raises(Forbidden):
        book.vault.read(left.case, "reviewer")
