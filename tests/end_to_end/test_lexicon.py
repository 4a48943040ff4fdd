"""`signpost lexicon`, and what `signpost search --explain` says of it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chatbot.assistant import Assistant
from chatbot.replay import Replayer
from chatbot.routing.imported import kept_lists
from index.layout import Home
from index.manifest import current_edition
from signpost.home import open_database_of
from tests.conftest import Cli


def test_an_imported_term_is_searched_and_explained_until_it_is_removed(
    small_copy: Home, cli: Cli, tmp_path: Path
) -> None:
    at = ("--home", small_copy.root)
    own = tmp_path / "own.csv"
    own.write_text("phrase,meanings,kind\ntake-up,starting dose;nothing that is said,lay\n", encoding="utf-8")
    done = cli("lexicon", "import", own, "--form", "csv", "--json", *at)
    assert json.loads(done.stdout) == {"name": "own.csv", "terms": 1, "left_out": {}}, done.stderr
    listed = json.loads(cli("lexicon", "list", "--json", *at).stdout)["lists"]
    assert listed[-1]["name"] == "own.csv" and listed[-1]["lay"] == 1
    shown = json.loads(cli("lexicon", "show", "Take-up of Velmarin", "--json", *at).stdout)["terms"]
    assert [term["phrase"] for term in shown] == ["take-up"]
    found = json.loads(cli("search", "velmarin take-up potasium", "--explain", "VEL-1", "--json", *at).stdout)
    assert found["searched"] == [
        {"phrase": "take-up", "kind": "lay", "means": ["starting dose"], "weight": 0.5},
        {"phrase": "potasium", "kind": "reading", "means": ["potassium"], "weight": 1.0},
    ]
    said = cli("search", "velmarn take-up", "--explain", "VEL-1", *at).stdout
    assert "also searched, at 0.5: starting dose (lay: take-up)" in said
    assert "not taken for a slip: velmarn, though near velmarin" in said
    assert cli("lexicon", "remove", "own.csv", *at).returncode == 0
    assert json.loads(cli("search", "take-up", "--json", *at).stdout)["searched"] == []
    wrong = cli("lexicon", "remove", "own.csv", *at)
    assert wrong.returncode == 2 and "no list 'own.csv'" in wrong.stderr


def test_a_wrong_list_changes_nothing(small_copy: Home, cli: Cli, tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    own.write_text("phrase,meanings,kind\nvelmarin,lumetra,lay\n", encoding="utf-8")
    done = cli("lexicon", "import", own, "--form", "csv", "--home", small_copy.root)
    assert done.returncode == 2
    assert f"{own}: line 2: 'velmarin' would be searched as 'lumetra'" in done.stderr
    assert not small_copy.lexicon.exists()


def test_a_record_names_the_lexicon_and_replay_sees_another(small_copy: Home, cli: Cli, tmp_path: Path) -> None:
    at = ("--home", small_copy.root)
    record = json.loads(cli("ask", "velmarin dose", "--json", *at).stdout)["record"]["index"]
    own = tmp_path / "own.csv"
    own.write_text("phrase,meanings,kind\ndose,overdose,lay\n", encoding="utf-8")
    assert cli("lexicon", "import", own, "--form", "csv", *at).returncode == 0
    database = open_database_of(small_copy, None)
    assert "imported terms" in Replayer(small_copy, database).replay(record).today.moved
    database.close()


def test_a_broken_lexicon_is_named_and_can_be_removed(small_copy: Home, cli: Cli) -> None:
    at = ("--home", small_copy.root)
    small_copy.lexicon.write_text("no JSON", encoding="utf-8")
    for command in (("ask", "velmarin dose"), ("lexicon", "list"), ("lexicon", "show", "velmarin")):
        done = cli(*command, *at)
        assert done.returncode == 2 and f"{small_copy.lexicon}: the imported terms can't be read" in done.stderr
        assert "Traceback" not in done.stderr
    assert cli("lexicon", "remove", "any", *at).returncode == 0
    assert cli("ask", "velmarin dose", *at).returncode == 0


def test_a_running_service_goes_on_when_the_lexicon_breaks_before_a_publish(
    small_copy: Home, cli: Cli, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    database = open_database_of(small_copy, None)
    running = Assistant(small_copy, database, trial=True)
    before = running.library()
    small_copy.lexicon.write_text("no JSON", encoding="utf-8")
    (tmp_path / "new.md").write_text("# Zomarin\n\nThe starting dose of Zomarin is 5 mg.\n", encoding="utf-8")
    done = cli("ingest", tmp_path / "new.md", "--assume-approved", "--publish", "--home", small_copy.root)
    assert done.returncode == 0, done.stderr
    assert current_edition(small_copy) != before.edition.id
    assert running.library() is running.library() is before
    (said,) = [line for line in caplog.messages if "lexicon.json" in line]
    assert f"{before.edition.id} goes on answering" in said
    database.close()


def test_two_imports_at_once_keep_both_lists(small_copy: Home, cli: Cli, tmp_path: Path) -> None:
    def bring(name: str) -> int:
        (tmp_path / name).write_text(f"phrase,meanings,kind\n{name[0]}zz,sleep,lay\n", encoding="utf-8")
        return cli("lexicon", "import", tmp_path / name, "--form", "csv", "--home", small_copy.root).returncode

    names = [f"{letter}.csv" for letter in "abcd"]
    with ThreadPoolExecutor() as pool:
        assert list(pool.map(bring, names)) == [0] * 4
    assert [each.name for each in kept_lists(small_copy.lexicon)] == names


def test_a_list_that_leaves_nothing_does_not_delete_the_one_of_its_name(
    small_copy: Home, cli: Cli, tmp_path: Path
) -> None:
    at, file = ("--form", "abbreviations", "--home", small_copy.root), tmp_path / "a.jsonl"
    file.write_text('{"abbreviation": "zzq", "expansion": "sleep"}\n', encoding="utf-8")
    assert cli("lexicon", "import", file, *at).returncode == 0
    before = small_copy.lexicon.read_bytes()
    file.write_text('{"abbreviation": "zzq", "expansion": "Velmarin tablets"}\n', encoding="utf-8")
    done = cli("lexicon", "import", file, *at)
    assert done.returncode == 2 and "nothing is left to keep (1 would exchange two names)" in done.stderr
    assert small_copy.lexicon.read_bytes() == before
