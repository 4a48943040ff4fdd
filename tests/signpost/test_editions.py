"""`signpost editions`: which are whole, which are shrunk, and how many records need them."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from chatbot.audit.keys import KeyStore
from corpus.database import open_database
from corpus.store import Store
from index.layout import EditionFiles, Home
from index.manifest import activate, current_edition
from signpost.main import main
from tests.chatbot.erasing import recorded
from tests.index.small import LABELS, build

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """One command: exit code, stdout, stderr."""

    def run(home: Home, *arguments: object) -> tuple[int, str, str]:
        code = main(["editions", *map(str, arguments), "--home", str(home.root)])
        out, said = capsys.readouterr()
        return code, out, said

    return run


def test_editions_say_who_needs_them_and_shrink_when_nobody_does(small_copy: Home, run: Run) -> None:
    active = current_edition(small_copy)
    older = [build(small_copy, LABELS[:count]).edition for count in (2, 3)]
    database = open_database(small_copy.database)
    for edition in (*older, active):
        activate(small_copy, edition)
        Store(database).note_edition(edition, "owner")
    edition = {"id": older[0], "manifest_sha256": older[0].removeprefix("sha256:")}
    recorded(database, KeyStore(small_copy.keys), "dr-1", edition=edition)
    assert f"  {older[0]}  whole, needed by 1 record\n" in run(small_copy, "list")[1]
    code, out, _ = run(small_copy, "shrink", "--dry-run")
    assert code == 0
    assert f"{active}  whole: active" in out
    assert f"{older[1]}  whole: the one to go back to" in out
    assert "would shrink" not in out
    with database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM bodies")
    value = json.loads(run(small_copy, "shrink", "--json")[1])
    assert [row["edition"] for row in value["shrunk"]] == [older[0]]
    assert f"  {older[0]}  shrunk\n" in run(small_copy, "list")[1]
    assert run(small_copy, "verify")[0] == 0
    assert run(small_copy, "activate", older[0])[0] == 1
    assert current_edition(small_copy) == active
    database.close()


def test_an_edition_that_is_not_there_is_said_to_be_missing(small_copy: Home, run: Run) -> None:
    code, out, _ = run(small_copy, "verify", "sha256:" + "0" * 64)
    assert code == 1
    assert "no edition is there" in out
    assert run(small_copy, "shrink", current_edition(small_copy))[0] == 2
    assert EditionFiles(small_copy.edition(current_edition(small_copy))).vectors.is_file()
