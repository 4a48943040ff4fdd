"""`signpost audit erase | hold | retain`: what they say, and their exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chatbot.audit.keys import KeyStore
from corpus.database import Database, open_database
from index.layout import Home
from signpost.main import main
from tests.chatbot.erasing import TICKET, recorded, sealed

Run = Callable[..., tuple[int, str, str]]
WHO = ("--portal", "demo", "--subject", "dr-1")
REASON = ("--reason", TICKET)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Two records of one reader and one of another: 1, 2 and 3."""
    home = Home(tmp_path)
    database, keys = open_database(home.database), KeyStore(home.keys)
    for subject in ("dr-1", "dr-1", "dr-2"):
        recorded(database, keys, subject, citations=[{"document": "HP-1", "version": "2"}])
    database.close()
    return home


@pytest.fixture
def log(home: Home) -> Iterator[Database]:
    opened = open_database(home.database)
    yield opened
    opened.close()


@pytest.fixture
def run(home: Home, capsys: pytest.CaptureFixture[str]) -> Run:
    """One command: exit code, stdout, stderr."""

    def run(*arguments: object) -> tuple[int, str, str]:
        code = main(["audit", *map(str, arguments), "--actor", "A. Lee", "--home", str(home.root)])
        out, said = capsys.readouterr()
        return code, out, said

    return run


def test_an_erasure_says_what_went_and_leaves_the_others(run: Run, log: Database) -> None:
    code, out, _ = run("erase", *WHO, *REASON)
    assert code == 0
    assert out.startswith("record 4 says that ")
    assert "2 texts went, and the key is destroyed" in out
    assert list(sealed(log)) == [3]
    code, out, said = run("erase", *WHO, *REASON)
    assert (code, out) == (2, "")
    assert "nobody of this name is on record" in said


def test_a_hold_is_named_by_the_erasure_that_it_stops_and_the_rest_is_done_later(run: Run, log: Database) -> None:
    assert run("hold", "add", "--records", "2", *REASON)[:2] == (
        0,
        "hold 4: records 2 to 2 may neither be erased nor retired\n",
    )
    code, out, _ = run("erase", *WHO, *REASON)
    assert code == 1
    assert "1 text stays, and the key, for hold 4: record 2" in out
    (again,) = [line for line in out.splitlines() if line.startswith("when that is released, run: ")]
    assert list(sealed(log)) == [2, 3]
    assert run("hold", "release", 4, *REASON)[0] == 0
    code, out, _ = run(*again.split("signpost audit ")[1].replace("TICKET", TICKET).split())
    assert code == 0
    assert "1 text went" in out
    assert list(sealed(log)) == [3]


def test_holds_are_listed_with_what_they_are_over(run: Run) -> None:
    code, out, _ = run("hold", "list", "--json")
    assert (code, json.loads(out)) == (0, {"holds": []})
    run("hold", "add", *WHO, *REASON)
    run("hold", "release", 4, *REASON)
    run("hold", "add", "--records", "1-3", *REASON)
    found = json.loads(run("hold", "list", "--json")[1])["holds"]
    over = {"kind": "records", "value": "", "version": "", "first": 1, "last": 3}
    assert [(each["hold"], each["over"], each["released"]) for each in found] == [(7, over, None)]
    assert [each["hold"] for each in json.loads(run("hold", "list", "--all", "--json")[1])["holds"]] == [4, 7]
    table = run("hold", "list", "--all")[1]
    assert "records 1 to 3" in table
    assert "by record 6" in table


def test_one_thing_is_held_at_a_time(run: Run, log: Database) -> None:
    for wrong in (
        (),
        ("--records", "1", "--document", "HP-1"),
        ("--version", "2", "--records", "1"),
        ("--records", "one"),
        ("--portal", "demo"),
        (*WHO, "--pseudonym", "0" * 64),
    ):
        code, _, said = run("hold", "add", *wrong, *REASON)
        assert code == 2, wrong
        assert said.count("\n") == 1
    assert run("hold", "list", "--json")[1] == '{"holds": []}\n'


def test_retention_says_what_would_go_and_then_takes_it(run: Run, home: Home, log: Database) -> None:
    code, out, _ = run("retain")
    assert (code, "everything is kept" in out) == (0, True)
    home.retention.write_text("[days]\nanswer = 30\n", encoding="utf-8")
    value = json.loads(run("retain", "--dry-run", "--json")[1])
    assert value == {"dry_run": True, "retired": [{"rule": "answer", "days": 30, "rows": 0, "held": 0}]}
    old = recorded(log, KeyStore(home.keys), "dr-3", ts="2020-01-01T00:00:00.000000Z")
    assert run("retain", "--dry-run")[1] == "answer: 1 older than 30 days would go\n"
    assert run("retain")[1] == "answer: 1 older than 30 days went\n"
    assert old not in sealed(log)
    assert run("retain")[1] == "answer: 0 older than 30 days went\n"


def test_a_wrong_file_is_said_in_one_line_and_nothing_goes(run: Run, home: Home, log: Database) -> None:
    home.retention.write_text("[days]\nanswer = 0\n", encoding="utf-8")
    code, out, said = run("retain")
    assert (code, out) == (2, "")
    assert f"{home.retention}: [days] 'answer' must be" in said
    assert len(sealed(log)) == 3


def test_without_its_key_store_a_home_erases_nobody_and_makes_none(run: Run, home: Home) -> None:
    home.keys.unlink()
    code, _, said = run("erase", *WHO, *REASON)
    assert code == 2
    assert "restore it from its backup" in said
    assert not home.keys.exists()
