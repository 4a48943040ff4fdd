"""`signpost preview`, `signpost mark` and `signpost documents accept`, as a content owner types them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.builders import pdf, sidecar
from tests.conftest import Cli

# Printed twice in one place, as some programs make bold type: the second reader reads it twice.
TWICE = "^Patients over eighty years take half of the dose"
DOSE = "The starting dose is 40 mg once daily."
LINES = [TWICE, TWICE, "# 4.2 Posology", "", DOSE, "", "It is halved in frail patients."]


@pytest.fixture
def at(cli: Cli, tmp_path: Path) -> tuple[object, ...]:
    """The options that name a home with one staged PDF, which lacks words."""
    folder, home = tmp_path / "in", tmp_path / "home"
    folder.mkdir()
    (folder / "zorblax.pdf").write_bytes(pdf(LINES))
    (folder / "zorblax.toml").write_text(sidecar(), encoding="utf-8")
    done = cli("ingest", folder, "--home", home)
    assert done.returncode == 0, done.stderr
    return ("--home", home, "--actor", "A. Lee")


def value(cli: Cli, *arguments: object) -> Any:
    done = cli(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def refusal(cli: Cli, *arguments: object) -> str:
    done = cli(*arguments)
    assert done.returncode == 2, done.stdout
    return done.stderr


def test_a_document_that_lacks_words_is_previewed_accepted_and_kept_with_its_reason(
    cli: Cli, at: tuple[object, ...], tmp_path: Path
) -> None:
    seen = value(cli, "preview", "ZOR-1", *at)
    assert seen["waits"] == "words on its pages are missing from the text"
    assert "eighty" in seen["pages"][0]["missed"]
    assert [part["kind"] for part in seen["pages"][0]["parts"]] == ["heading", "heading", "paragraph", "paragraph"]
    (listed,) = value(cli, "documents", *at)["not_published"]
    assert (listed["state"], listed["reason"]) == ("staged, waits for a person", seen["waits"])
    stopped = cli("publish", *at)
    assert stopped.returncode == 1
    assert "1 wait for a person" in stopped.stderr
    assert "give the reason" in refusal(cli, "documents", "accept", "ZOR-1", *at)
    done = value(cli, "documents", "accept", "ZOR-1", "--reason", "page 1 compared", *at)
    assert done["document"] == seen["document"]
    assert value(cli, "preview", "zorblax.pdf", *at)["waits"] is None
    assert value(cli, "documents", *at)["not_published"][0]["state"] == "staged, waits for publish"
    out = tmp_path / "preview.html"
    assert cli("preview", "ZOR-1", "--out", out, *at).returncode == 0
    assert "data:image/jpeg;base64," in out.read_text(encoding="utf-8")


def test_marks_are_set_by_words_or_places_listed_and_taken_back(cli: Cli, at: tuple[object, ...]) -> None:
    why = ("--reason", "out of context")
    (mark,) = value(cli, "mark", "ZOR-1", "--do-not-cite", "starting dose is", *why, *at)["marks"]
    assert (mark["kind"], mark["actor"], mark["reason"]) == ("do_not_cite", "A. Lee", "out of context")
    start, end = mark["place"]
    kept = value(cli, "mark", "ZOR-1", "--keep", f"{start}-{end}", "--with", "halved in frail", *why, *at)["marks"]
    assert [each["kind"] for each in kept] == ["do_not_cite", "keep_with"]
    assert f'never cited: "{DOSE}" (A. Lee' in cli("mark", "ZOR-1", *at).stdout
    left = value(cli, "mark", "ZOR-1", "--remove", mark["mark"], "--reason", "read again", *at)["marks"]
    assert [each["kind"] for each in left] == ["keep_with"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("mark", "ZOR-2"), "no staged document is 'ZOR-2'"),
        (("mark", "ZOR-1", "--do-not-cite", "is", "--reason", "x"), "stand"),
        (("mark", "ZOR-1", "--do-not-cite", "starting dose"), "give the reason"),
        (("mark", "ZOR-1", "--keep", "starting dose", "--reason", "x"), "--with PLACE"),
        (("mark", "ZOR-1", "--remove", "9", "--reason", "x"), "no mark 9"),
        (("preview", "ZOR-1", "--page", "7"), "there is no page 7"),
        (("documents", "accept"), "name the document"),
    ],
)
def test_what_is_wrong_is_said_with_the_way_out(
    arguments: tuple[str, ...], said: str, cli: Cli, at: tuple[object, ...]
) -> None:
    assert said in refusal(cli, *arguments, *at)
