"""What a content owner does to an approval on the command line, and what it says back."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from corpus.database import open_database
from corpus.lifecycle import approval_events
from corpus.model import Approval
from corpus.proposal_book import ProposalBook
from corpus.registry import Registry, Standing
from corpus.store import Store
from index.layout import Home
from signpost.main import main
from tests.builders import AT, approval, sidecar

FIRST = approval("1" * 64, expires_on=date(2999, 1, 5))
NEXT = replace(FIRST, version="2.0", source_sha256="2" * 64, effective_on=date(2999, 1, 1), expires_on=None)
Run = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def run(home: Home, capsys: pytest.CaptureFixture[str]) -> Run:
    """One command with --json: exit code, its value, what it said on stderr."""

    def run(*arguments: object) -> tuple[int, Any, str]:
        code = main([*map(str, arguments), "--json", "--actor", "A. Lee", "--home", str(home.root)])
        out, said = capsys.readouterr()
        return code, json.loads(out) if out else None, said

    return run


def approve(home: Home, *approvals: Approval) -> None:
    """As a publish does, without its edition."""
    home.root.mkdir(exist_ok=True)
    database = open_database(home.database)
    store = Store(database)
    waiting = [each for staging in store.stagings() for each in staging.approvals]
    store.decide(lambda present: approval_events(present, [*approvals, *waiting], "import", AT))
    store.clear_approvals(store.stagings())
    database.close()


def registry(home: Home) -> Registry:
    database = open_database(home.database)
    found = Store(database).registry()
    database.close()
    return found


def standing(home: Home, number: str = "DOC-1", version: str = "1.0", country: str = "GB") -> Standing:
    return registry(home).standing_at((number, version, country), datetime.now(UTC))


def test_a_document_is_withdrawn_and_reinstated_and_its_history_says_so(home: Home, run: Run) -> None:
    approve(home, FIRST)
    code, value, _ = run("withdraw", "DOC-1", "--reason", "an error in 4.2")
    assert (code, value["withdrawn"], standing(home)) == (0, ["DOC-1 1.0 GB"], Standing.WITHDRAWN)
    code, value, _ = run("reinstate", "DOC-1", "--reason", "no error after all")
    assert (code, value["reinstated"], standing(home)) == (0, ["DOC-1 1.0 GB"], Standing.IN_FORCE)
    _, value, _ = run("documents", "--history", "DOC-1")
    assert [(row["event"], row["actor"], row["reason"]) for row in value["events"]] == [
        ("approve", "import", "catalogue: MLR-1"),
        ("withdraw", "A. Lee", "an error in 4.2"),
        ("reinstate", "A. Lee", "no error after all"),
    ]


def test_an_expiry_is_extended_and_documents_says_what_changes_next(home: Home, run: Run) -> None:
    approve(home, FIRST)
    code, value, _ = run("amend", "DOC-1", "--set", "expires_on=2999-12-31", "--reason", "MLR-2")
    assert (code, value["amended"]) == (0, ["DOC-1 1.0 GB"])
    _, value, _ = run("documents")
    (row,) = value["documents"]
    assert (row["state"], row["becomes"], row["changes_on"]) == ("in force", "expired", "3000-01-01")
    _, value, _ = run("documents", "--history", "DOC-1")
    assert value["events"][-1]["amended"] == {"expires_on": ["2999-01-05", "2999-12-31"]}


def test_what_follows_for_other_versions_is_said(home: Home, run: Run) -> None:
    approve(home, FIRST, NEXT)
    _, value, _ = run("withdraw", "DOC-1", "--version", "2.0", "--reason", "not printed")
    assert value["follows"] == ["DOC-1 1.0 GB: no successor is left"]
    _, value, _ = run("reinstate", "DOC-1", "--reason", "printed after all")
    assert value["follows"] == ["DOC-1 1.0 GB: version 2.0 is effective from 2999-01-01"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("withdraw", "DOC-1", "--reason", " "), "give the reason: --reason TEXT"),
        (("withdraw", "DOC-9", "--reason", "x"), "no document 'DOC-9' is registered; `signpost documents` lists"),
        (("reinstate", "DOC-1", "--reason", "x"), "nothing of 'DOC-1' is left to reinstate"),
        (("amend", "DOC-1", "--set", "title=New", "--reason", "x"), "has versions 1.0, 2.0; name one with --version"),
        (("amend", "DOC-1", "--version", "1.0", "--set", "title", "--reason", "x"), "'title': write --set FIELD=VALUE"),
        (("amend", "DOC-1", "--version", "1.0", "--set", "version=3", "--reason", "x"), "version can't be amended"),
        (
            ("amend", "DOC-1", "--version", "1.0", "--set", "expires_on=soon", "--reason", "x"),
            "expires_on 'soon' is no date; write YYYY-MM-DD",
        ),
        (
            ("amend", "DOC-1", "--version", "1.0", "--set", "expires_on=2999-01-05", "--reason", "x"),
            "says so already: expires_on=2999-01-05; nothing was changed",
        ),
        (("proposals", "accept", "1", "--reason", "x"), "no proposal 1 is open"),
        (("proposals", "accept", "--reason", "x"), "name proposals by number"),
        (("proposals", "list", "1"), "say what becomes of them"),
        (("documents", "--history", "DOC-9"), "no document 'DOC-9' is registered"),
        (("ingest", "in", "--gone", "in"), "--gone says what a --sync may propose; give both"),
        (("ingest", __file__, "--mapping", "m.toml"), "name the export with --catalogue"),
    ],
)
def test_a_wrong_command_changes_nothing_and_says_what_to_do(
    home: Home, run: Run, arguments: tuple[str, ...], message: str
) -> None:
    approve(home, FIRST, NEXT)
    before = registry(home)
    code, value, said = run(*arguments)
    assert (code, value) == (2, None)
    assert message in said
    assert registry(home) == before


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve documents in two folders, each with its sidecar."""
    for number in range(12):
        file = tmp_path / "share" / ("uk" if number < 10 else "ie") / f"ZOR-{number}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"# Zorblax {number}\n\nTake {number} tablets a day.\n", encoding="utf-8")
        file.with_suffix(".toml").write_text(sidecar(document_number=f"ZOR-{number}"), encoding="utf-8")
    return tmp_path / "share"


def test_a_re_import_says_which_withdrawals_and_amendments_outlive_it(home: Home, run: Run, folder: Path) -> None:
    run("ingest", folder)
    approve(home)
    run("withdraw", "ZOR-1", "--reason", "an error")
    run("amend", "ZOR-2", "--set", "expires_on=2030-12-31", "--reason", "shortened")
    code, value, said = run("ingest", folder)
    assert (code, len(value["unchanged"])) == (0, 12)
    withdrawn, amended = value["kept"]
    assert (withdrawn["document"], bool(withdrawn["withdrawn_at"])) == ("ZOR-1 1.0 GB", True)
    assert amended["amended"] == {"expires_on": {"holds": "2030-12-31", "catalogue": "empty"}}
    assert "ZOR-1 1.0 GB stays withdrawn (since " in said
    assert "ZOR-2 1.0 GB was amended by hand: expires_on stays 2030-12-31 (the catalogue says empty)" in said
    approve(home)  # what the import staged becomes events, or rather doesn't
    assert standing(home, "ZOR-1") is Standing.WITHDRAWN
    assert registry(home).entries["ZOR-2", "1.0", "GB"].approval.expires_on == date(2030, 12, 31)


def test_a_row_that_is_not_approved_any_more_takes_back_what_waits(home: Home, run: Run, folder: Path) -> None:
    run("ingest", folder)
    row = (folder / "uk" / "ZOR-3.toml").read_text(encoding="utf-8").replace('approved"', 'withdrawn"', 1)
    (folder / "uk" / "ZOR-3.toml").write_text(row, encoding="utf-8")
    run("ingest", folder / "uk" / "ZOR-3.md")
    approve(home)
    assert standing(home, "ZOR-3") is Standing.UNAPPROVED
    assert standing(home, "ZOR-4") is Standing.IN_FORCE


def test_a_vanished_file_is_proposed_accepted_or_rejected_and_never_ordered(home: Home, run: Run, folder: Path) -> None:
    run("ingest", folder)
    approve(home)
    for number in (1, 2):
        (folder / "uk" / f"ZOR-{number}.md").unlink()
    code, value, said = run("ingest", folder, "--sync")
    assert (code, len(value["sync"]["proposed"]), value["sync"]["known"]) == (0, 2, 12)
    assert "warning: 2 of 12 files are gone at once; look why before you accept a proposal" in said
    assert standing(home, "ZOR-1") is standing(home, "ZOR-2") is Standing.IN_FORCE
    _, value, _ = run("proposals")
    first, second = value["proposals"]
    assert first["documents"] == ["ZOR-1 1.0 GB"]
    _, value, _ = run("proposals", "accept", first["number"], "--reason", "retired")
    assert value["withdrawn"] == ["ZOR-1 1.0 GB"]
    run("proposals", "reject", second["number"], "--reason", "it comes back")
    assert (standing(home, "ZOR-1"), standing(home, "ZOR-2")) == (Standing.WITHDRAWN, Standing.IN_FORCE)
    _, value, said = run("ingest", folder, "--sync")
    assert (value["sync"]["proposed"], "warning" in said) == ([], False)
    _, value, _ = run("documents", "--history", "ZOR-1")
    assert (value["events"][-1]["actor"], value["events"][-1]["reason"]) == ("A. Lee", "file gone: retired")


def test_an_unmounted_share_proposes_nothing_until_it_is_named(home: Home, run: Run, folder: Path) -> None:
    run("ingest", folder)
    approve(home)
    (folder / "ie").rename(folder.with_name("away"))
    (folder / "ie").mkdir()
    code, value, said = run("ingest", folder, "--sync")
    assert (code, value["sync"]["proposed"]) == (0, [])
    assert value["sync"]["held_back"] == [{"folder": str(folder / "ie"), "files": 2}]
    assert "all 2 files are gone, so nothing is proposed: is a share not mounted? If they went on purpose, add " in said
    assert "warning: 2 of 12 files are gone at once" in said
    code, value, _ = run("ingest", folder, "--sync", "--gone", folder / "uk")
    assert code == 2  # it is still there
    _, value, _ = run("ingest", folder, "--sync", "--gone", folder / "ie")
    assert len(value["sync"]["proposed"]) == 2
    folder.with_name("away").rename(folder / "ie2")  # the same bytes, under another path
    _, value, said = run("ingest", folder, "--sync")
    assert (value["sync"]["proposed"], len(value["sync"]["returned"])) == ([], 2)
    assert "there again; its proposal is closed" in said
    assert run("proposals")[1] == {"proposals": []}


def test_when_everything_is_gone_a_sync_is_an_error_and_proposes_nothing(home: Home, run: Run, folder: Path) -> None:
    run("ingest", folder)
    approve(home)
    folder.rename(folder.with_name("away"))
    code, value, said = run("ingest", folder, "--sync")
    assert (code, value) == (2, None)
    assert "no such file or folder" in said
    folder.mkdir()
    code, value, said = run("ingest", folder, "--sync")
    assert (code, value) == (2, None)
    database = open_database(home.database)
    assert ProposalBook(database).history() == []
    database.close()
    code, value, _ = run("ingest", folder, "--sync", "--gone", folder)
    assert (code, len(value["sync"]["proposed"])) == (0, 12)


def test_a_file_that_is_only_renamed_proposes_nothing(home: Home, run: Run, folder: Path) -> None:
    run("ingest", folder)
    approve(home)
    for suffix in (".md", ".toml"):
        (folder / "uk" / f"ZOR-1{suffix}").rename(folder / "uk" / f"renamed{suffix}")
    code, value, _ = run("ingest", folder, "--sync")
    assert (code, value["sync"]["proposed"]) == (0, [])
    assert [Path(file).name for file in value["sync"]["forgotten"]] == ["ZOR-1.md"]
