"""The whole of it for real: process, socket, database, PDF, browser."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chatbot.audit.keys import KeyStore
from chatbot.audit.log import AuditLog
from corpus.database import open_database
from corpus.proofs.merkle import leaf_hash
from index.layout import Home
from tests.builders import pdf, sidecar
from tests.conftest import SAMPLE, Cli
from tests.end_to_end.conftest import Serve

MISSED = "What to do after a missed dose of Lumetra?"
LABEL = [
    [
        "# Zelpidan 5 mg tablets",
        "# 4.1 Therapeutic indications",
        "Zelpidan is indicated for chronic hiccups in adults.",
    ],
    [
        "# 4.2 Posology and method of administration",
        "The recommended dose of Zelpidan is 5 mg twice daily, taken with a glass of water before",
        "the two main meals of the day.",
    ],
]


@pytest.fixture
def pdf_home(new_home: Callable[[], Home], cli: Cli, tmp_path: Path) -> Home:
    """A home with one PDF of two pages, approved by a sidecar."""
    home = new_home()
    (tmp_path / "ZEL-1.pdf").write_bytes(pdf(*LABEL))
    facts = {"document_number": "ZEL-1", "title": "Zelpidan label", "product": "Zelpidan"}
    (tmp_path / "ZEL-1.toml").write_text(sidecar(**facts, roles=["physician", "pharmacist"]), encoding="utf-8")
    done = cli("ingest", tmp_path, "--publish", "--home", home.root)
    assert done.returncode == 0, done.stderr
    return home


def test_a_reader_asks_and_opens_the_pdf_at_the_marked_passage(pdf_home: Home, serve: Serve, browser: Any) -> None:
    with serve(pdf_home) as served:
        page = browser.new_page(viewport={"width": 390, "height": 844})
        problems: list[str] = []
        page.on("console", lambda message: problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(served.url)
        page.click("signpost-chat .launcher")
        page.fill("signpost-chat input", "Zelpidan dose")
        page.keyboard.press("Enter")
        quote = page.inner_text("signpost-chat blockquote >> nth=0")
        assert quote == (
            "The recommended dose of Zelpidan is 5 mg twice daily, taken with a glass of water before "
            "the two main meals of the day. [1]"
        )
        with page.context.expect_page() as opening:
            page.click("signpost-chat a.action >> nth=0")
        source = opening.value
        source.on("console", lambda message: problems.append(message.text))
        source.wait_for_selector("svg image")
        assert "page=2" in source.url
        assert "ticket" not in source.url
        assert "approved 2026-01-01" in source.inner_text("header")
        # The picture really loads, and the marks lie on the two lines that were drawn at y = 752 and 738 of 842.
        natural = """async () => {
            const picture = new Image();
            picture.src = document.querySelector("image").href.baseVal;
            await picture.decode();
            return picture.naturalWidth;
        }"""
        assert source.evaluate(natural) > 500
        marks = source.eval_on_selector_all(
            "rect.mark", "rs => rs.map(r => [+r.getAttribute('x'), +r.getAttribute('y')])"
        )
        assert [round(x) for x, _ in marks] == [59, 59]
        assert [842 - y > 730 for _, y in marks] == [True, True]
        source.reload()
        assert "Zelpidan label" in source.inner_text("h1")
        assert problems == []
        page.context.close()


def test_a_withdrawal_by_another_process_changes_the_next_answer_of_a_running_service(
    small_copy: Home, serve: Serve, cli: Cli
) -> None:
    with serve(small_copy) as served:
        _, before = served.ask(MISSED)
        assert before["reply"]["citations"][0]["document"] == "LUM-1"
        done = cli("withdraw", "LUM-1", "--reason", "test of the recall", "--home", small_copy.root)
        assert done.returncode == 0, done.stderr
        _, after = served.ask(MISSED)
        assert after["reply"]["kind"] == "no_answer"
        assert after["reply"]["citations"] == []


def test_a_publish_by_another_process_reaches_a_running_service(
    sample_copy: Home, serve: Serve, cli: Cli, tmp_path: Path
) -> None:
    with serve(sample_copy) as served:
        (tmp_path / "HP-NEW-001.md").write_text(
            "# Ostrelix tablets\n\n## 4.2 Posology\n\nThe dose of Ostrelix is 7 mg on Mondays.\n", encoding="utf-8"
        )
        header = (SAMPLE / "catalogue.csv").read_text(encoding="utf-8").splitlines()[0]
        (tmp_path / "new.csv").write_text(
            f"{header}\nHP-NEW-001,1.0,GB,Ostrelix,approved,Ostrelix,,product information,,,en,MLR-7,2026-01-01,"
            "2026-01-01,,Medical\n",
            encoding="utf-8",
        )
        _, before = served.ask("dose of Ostrelix")
        arguments = ("--catalogue", tmp_path / "new.csv", "--publish", "--home", sample_copy.root)
        done = cli("ingest", tmp_path / "HP-NEW-001.md", *arguments)
        assert done.returncode == 0, done.stderr
        _, after = served.ask("dose of Ostrelix")
        assert before["reply"]["kind"] != "answer"
        assert after["reply"]["quotes"][0]["text"] == "The dose of Ostrelix is 7 mg on Mondays."
        assert after["edition"] != before["edition"]


def test_a_reply_that_was_sent_survives_kill_9(sample_copy: Home, serve: Serve) -> None:
    sent = []
    for round_number in range(3):
        with serve(sample_copy) as served:
            for question in (MISSED, "Velmarin starting dose", "lisinopril dose"):
                _, turn = served.ask(f"{question} {round_number}")
                sent.append(turn)
            served.kill()
    database = open_database(sample_copy.database)
    log = AuditLog(database, KeyStore(sample_copy.keys))
    assert len(log.replies()) == len(sent)
    for turn in sent:
        record = log.record(turn["record"]["index"])
        assert leaf_hash(record.leaf).hex() == record.hash == turn["record"]["leaf"].removeprefix("sha256:")
        assert json.loads(record.leaf)["id"] == turn["turn"]
        assert json.loads(log.body(record.index).reply) == turn["reply"]
    database.close()


def test_the_service_refuses_to_start_without_an_identity_key(sample: Home, cli: Cli) -> None:
    done = cli("serve", "--home", sample.root, SIGNPOST_IDENTITY_KEY="")
    assert done.returncode == 2
    assert "--identity-key" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_at_answer_time_nothing_leaves_the_machine(sample_copy: Home) -> None:
    """P7: every connection but to this process's own files is refused while a turn is answered."""
    import subprocess
    import sys

    from tests.conftest import ROOT

    code = (
        "import socket, sys\n"
        "def refuse(*_): raise AssertionError('a socket was opened')\n"
        "from pathlib import Path\n"
        "from chatbot.assistant import Assistant\n"
        "from chatbot.turns import Asker\n"
        "from corpus.database import open_database\n"
        "from corpus.model import Audience\n"
        "from index.layout import Home\n"
        "socket.socket.__init__ = refuse\n"
        "socket.getaddrinfo = refuse\n"
        "home = Home(Path(sys.argv[1]))\n"
        "assistant = Assistant(home, open_database(home.database), trial=False)\n"
        "asker = Asker('s', 'p', 'hcp', Audience('GB', 'physician', '', 'en'))\n"
        "print(assistant.turn(asker, 'Velmarin starting dose').reply.kind)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(sample_copy.root)], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.stdout.strip() == "answer", done.stderr


def test_no_library_keeps_notes_on_us_elsewhere(sample_copy: Home, cli: Cli, tmp_path: Path) -> None:
    """P7 below Python: onnxruntime would queue reports to its maker in the user's cache folder."""
    (tmp_path / "user").mkdir()
    folder = str(tmp_path / "user")
    done = cli("ask", "Velmarin starting dose", "--home", sample_copy.root, HOME=folder, XDG_CACHE_HOME=folder)
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "user").rglob("*")) == []
