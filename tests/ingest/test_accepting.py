"""A file with hidden text waits for a person; their word holds for those bytes and for what they were shown."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from corpus.database import open_database
from corpus.findings import Acceptance, Finding
from corpus.staging import Staging
from corpus.store import Store
from index.layout import Home
from ingest.errors import Quarantined
from signpost.main import main
from tests.builders import AT, drawn_pdf

SHOWN = "BT /F1 11 Tf 60 780 Td (Take one tablet of lodisartan a day.) Tj ET "
HIDDEN = "1 g BT /F1 11 Tf 60 700 Td (Never with quorvel.) Tj ET "


def run(home: Path, *words: str) -> int:
    workers = ["--workers", "1"] if words[0] == "ingest" else []
    return main([*words, *workers, "--home", str(home), "--json"])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "label.pdf"
    file.write_bytes(drawn_pdf(SHOWN + HIDDEN))
    return file


def text_of(home: Path) -> str:
    database = open_database(Home(home).database)
    (staging,) = Store(database).stagings()
    text = Store(database).document(staging.document or "").text
    database.close()
    return text


def test_a_file_with_hidden_text_waits_until_a_person_accepts_it(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    assert run(home, "ingest", str(file)) == 0
    (waiting,) = json.loads(capsys.readouterr().out)["quarantined"]
    assert "page 1, in the colour of its ground: 'Never with quorvel'" in waiting["reason"]
    assert "signpost documents accept FILE --reason TEXT" in waiting["reason"]
    (finding,) = waiting["findings"]
    assert (finding["page"], finding["kind"], finding["text"]) == (1, "colour", "Never with quorvel")
    assert (home / finding["picture"]).is_file()

    assert run(home, "documents", "accept", "label.pdf", "--reason", "a watermark", "--actor", "Ada") == 0
    (accepted,) = json.loads(capsys.readouterr().out)["accepted"]
    assert accepted["findings"] == [finding]
    assert run(home, "ingest", str(file)) == 0
    assert json.loads(capsys.readouterr().out)["staged"] == [str(file)]
    assert text_of(home) == "Take one tablet of lodisartan a day."
    assert run(home, "ingest", str(file)) == 0
    assert json.loads(capsys.readouterr().out)["unchanged"] == [str(file)]


def test_a_file_with_nothing_else_in_it_is_not_read_again_for_being_accepted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home, file = tmp_path / "home", tmp_path / "label.pdf"
    file.write_bytes(drawn_pdf(HIDDEN))
    run(home, "ingest", str(file))
    before = json.loads(capsys.readouterr().out)["quarantined"]
    run(home, "documents", "accept", "label.pdf", "--reason", "a watermark")
    capsys.readouterr()
    (picture,) = (home / "pages").rglob(Path(before[0]["findings"][0]["picture"]).name)
    picture.write_bytes(b"whoever draws it again writes it anew")
    run(home, "ingest", str(file))
    assert json.loads(capsys.readouterr().out)["quarantined"] == before
    assert picture.read_bytes() == b"whoever draws it again writes it anew"


def test_what_was_found_is_drawn_again_when_its_picture_is_gone(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    run(home, "ingest", str(file))
    ((finding,),) = (each["findings"] for each in json.loads(capsys.readouterr().out)["quarantined"])
    picture = home / finding["picture"]
    drawn = picture.read_bytes()
    picture.unlink()
    run(home, "ingest", str(file))
    assert picture.read_bytes() == drawn


def test_other_bytes_are_not_accepted_with_them(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = tmp_path / "home"
    run(home, "ingest", str(file))
    run(home, "documents", "accept", str(file), "--reason", "a watermark")
    file.write_bytes(drawn_pdf(SHOWN + HIDDEN.replace("60 700", "60 600")))
    capsys.readouterr()
    run(home, "ingest", str(file))
    assert json.loads(capsys.readouterr().out)["quarantined"][0]["findings"]


@pytest.mark.parametrize(
    ("words", "way_out"),
    [
        (["accept"], "--reason TEXT"),
        (["accept", "label.pdf"], "--reason TEXT"),
        (["accept", "label.pdf", "--reason", " "], "--reason TEXT"),
        (["accept", "other.pdf", "--reason", "x"], "signpost documents"),
    ],
)
def test_an_acceptance_needs_a_file_that_waits_and_a_reason(
    words: list[str], way_out: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    database = open_database(Home(home).database)
    findings = (Finding(1, "scan", ""),)
    Store(database).stage(Staging("/in/label.pdf", "1" * 64, None, "a scan", (), False, findings))
    database.close()
    assert run(home, "documents", *words) == 2
    assert way_out in capsys.readouterr().err


def test_an_acceptance_covers_what_the_person_was_shown_and_no_more() -> None:
    one, other = Finding(1, "colour", "never"), Finding(2, "scan", "")
    word = Acceptance("a" * 64, (one,), "Ada", AT, "a watermark")
    assert word.covers("a" * 64, (one,))
    assert not word.covers("a" * 64, (one, other))
    assert not word.covers("b" * 64, (one,))
    assert not word.covers("a" * 64, (replace(one, text="not"),))


def test_what_a_worker_found_comes_back_with_its_refusal() -> None:
    refused = Quarantined("page 1 has no text layer", (Finding(1, "scan", "", "0001.jpg"),))
    again = pickle.loads(pickle.dumps(refused))  # noqa: S301 - as a pool of processes does
    assert (str(again), again.findings) == (str(refused), refused.findings)
