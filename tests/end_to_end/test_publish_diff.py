"""Before a publish, what it would change of the replies on record is told; nothing of it is live."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from chatbot.assistant import Assistant
from chatbot.diff.questions import read_questions
from chatbot.turns import Asker
from corpus.database import open_database
from corpus.model import Audience
from index.layout import Home
from index.manifest import current_edition
from tests.builders import sidecar
from tests.conftest import SAMPLE, Cli
from tests.homes import copied
from tests.labels import VELMARIN

DOSE = "Velmarin starting dose in heart failure"
ASKED = (DOSE, DOSE, "Velmarin starting dose", "Lumetra missed dose", "hello", "who won the world cup")


@dataclass(frozen=True, slots=True)
class Staged:
    """A home with logged questions, and a new version staged that says another dose."""

    home: Home
    cli: Cli
    folder: Path

    def run(self, *arguments: object) -> Any:
        done = self.cli("publish", "--diff", *arguments, "--home", self.home.root)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if "--json" in arguments else done.stdout


@pytest.fixture(scope="module")
def staged(small: Home, cli: Cli, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staged]:
    folder = tmp_path_factory.mktemp("diff")
    home = copied(small, folder / "home")
    database = open_database(home.database)
    assistant = Assistant(home, database, trial=True)
    asker = Asker("dr-1", "portal", "hcp", Audience("GB", "physician", "", "en"))
    for text in ASKED:
        assistant.turn(asker, text)
    first = assistant.turn(asker, "Velmarin starting dose")
    assistant.turn(asker, "and in heart failure?", first.conversation)
    database.close()
    new = folder / "new"
    new.mkdir()
    (new / "VEL-1.md").write_text(
        VELMARIN.replace("The starting dose is 20 mg once", "The starting dose is 10 mg once")
    )
    facts = {
        "document_number": "VEL-1",
        "version": "4.0",
        "product": "Velmarin",
        "title": "Velmarin",
        "status": "approved",
    }
    (new / "VEL-1.toml").write_text(sidecar(**facts, effective_on="2026-05-01"))
    done = cli("ingest", new, "--json", "--home", home.root)
    assert done.returncode == 0, done.stderr
    yield Staged(home, cli, folder)


def types_of(home: Home) -> list[str]:
    database = open_database(home.database)
    with database.reading() as connection:
        found = [row[0] for row in connection.exec_driver_sql("SELECT type FROM records ORDER BY idx")]
    database.close()
    return found


def test_it_says_which_replies_change_and_how_and_makes_nothing_live(staged: Staged) -> None:
    before, active = types_of(staged.home), current_edition(staged.home)
    page = staged.folder / "diff.html"
    found = staged.run("--json", "--html", page)
    assert types_of(staged.home) == [*before, "access"]  # who was shown readers' questions, and nothing else
    assert current_edition(staged.home) == active == found["edition"]["today"] != found["edition"]["candidate"]
    assert found["registry_version"]["candidate"] == found["registry_version"]["today"] + 2  # approved, and it replaces
    assert (found["records"], found["questions"], found["unreadable"]) == (8, 6, 0)
    dose = next(each for each in found["changes"] if each["question"] == DOSE)
    assert (dose["worst"], dose["aspects"][:2]) == ("sentences", ["sentences", "version"])
    assert len(dose["records"]) == 2
    assert "VEL-1" in {row[0] for row in dose["other_versions"]}
    assert any("10 mg once daily" in text for text in dose["sentences_added"])
    assert any("The starting dose is 20 mg once daily" in text for text in dose["sentences_removed"])
    followed = next(each for each in found["changes"] if each["question"] == "and in heart failure?")
    assert any("10 mg once daily" in text for text in followed["sentences_added"])  # of the product before it
    assert "Lumetra missed dose" not in {each["question"] for each in found["changes"]}
    assert found["changed"]["records"] == sum(len(each["records"]) for each in found["changes"])
    html = page.read_text(encoding="utf-8")
    assert "<script" not in html
    assert "The starting dose is 10 mg once daily" in html
    assert found["edition"]["candidate"] in html


def test_the_publish_after_it_takes_the_edition_that_was_built(staged: Staged, tmp_path: Path) -> None:
    home = copied(staged.home, tmp_path / "home")
    other = Staged(home, staged.cli, staged.folder)
    promised = other.run("--json")
    done = staged.cli("publish", "--json", "--home", home.root)
    assert done.returncode == 0, done.stderr
    published = json.loads(done.stdout)
    assert (published["edition"], published["encoded"]) == (promised["edition"]["candidate"], 0)
    assert published["registry_version"] == promised["registry_version"]["candidate"]
    assert other.run("--json")["changes"] == []
    database = open_database(home.database)
    assistant = Assistant(home, database, trial=True)
    asker = Asker("dr-2", "portal", "hcp", Audience("GB", "physician", "", "en"))
    quotes = assistant.turn(asker, DOSE).value()["reply"]["quotes"]
    database.close()
    change = next(each for each in promised["changes"] if each["question"] == DOSE)
    assert {quote["text"] for quote in quotes} >= set(change["sentences_added"])


def test_a_part_of_the_log_is_compared_and_told_for_a_person(staged: Staged) -> None:
    said = staged.run("--last", 3)
    assert "of 3 replies) would be answered otherwise" in " ".join(said.split())
    assert "Nothing was published." in said
    assert "of 0 replies" in staged.run("--since", "2100-01-01")
    everything = staged.run("--since", "2020-01-01", "--json")
    assert everything["records"] == 8


def test_another_product_table_is_compared_and_not_kept(staged: Staged) -> None:
    before = staged.home.products.read_bytes()
    table = staged.folder / "products.toml"
    table.write_bytes((SAMPLE / "products.toml").read_bytes() + b'\n[[product]]\nbrand = "World"\ngeneric = "cupine"\n')
    found = staged.run("--json", "--products", table)
    assert found["policy"]["today"] != found["policy"]["candidate"]
    assert staged.home.products.read_bytes() == before


def test_wrong_use_is_said(staged: Staged) -> None:
    for arguments, said in (
        (("--last", 5), "--last, --since and --html go with --diff"),
        (("--diff", "--last", 5, "--since", "2026-01-01"), "choose one of --last and --since"),
        (("--diff", "--since", "yesterday"), "--since yesterday: no day; write it as 2026-11-22"),
    ):
        done = staged.cli("publish", *arguments, "--home", staged.home.root)
        assert (done.returncode, said in done.stderr) == (2, True), done.stderr


def test_a_text_that_was_erased_is_counted_and_not_asked(staged: Staged, tmp_path: Path) -> None:
    home = copied(staged.home, tmp_path / "home")
    database = open_database(home.database)
    assistant = Assistant(home, database, trial=True)
    with database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM bodies WHERE idx = ?", (assistant.log.replies()[0],))
    questions = read_questions(assistant.log, None, None)
    assert (questions.records, questions.unreadable) == (8, 1)
    assert [len(each.records) for each in questions.asked] == [2, 1, 1, 1, 1, 1][: len(questions.asked)]
    database.close()
