"""A log of a million replies is read as quickly as a small one: the list, a turn, who was told of a document.

A fiftieth of it in a normal run, where only the processor's time counts, since other tests run beside it.
"""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from chatbot.app import create_app
from chatbot.assistant import Assistant
from chatbot.audit.citing import CitedBook
from chatbot.identity import DemoIdentity
from chatbot.turns import Asker
from corpus.database import Database, open_database
from corpus.ledger import read_head
from corpus.model import Audience
from index.layout import Home
from tests.builders import GB
from tests.conftest import ROOT
from tests.corpus.test_ledger import check
from tests.homes import copied
from tests.million import grow

LIST_SECONDS = 0.2
TIMES = 20
ASKED = (
    *("Velmarin starting dose in heart failure", "Lumetra missed dose", "hello", "Nerolin starting dose"),
    *("who won the world cup", "starting dose in renal impairment", "Compare Velmarin with losartan"),
)


@dataclass(frozen=True, slots=True)
class Grown:
    """A service over a long log."""

    http: TestClient
    database: Database
    replies: int


@pytest.fixture(scope="module")
def grown(small: Home, tmp_path_factory: pytest.TempPathFactory, whole: bool) -> Iterator[Grown]:
    home = copied(small, tmp_path_factory.mktemp("million") / "home")
    database = open_database(home.database)
    assistant = Assistant(home, database, trial=True)
    asker, count = Asker("dr-1", "portal", "hcp", GB), 1_000_000 if whole else 20_000
    for text in ASKED:
        assistant.turn(asker, text)
    assistant.turn(Asker("dr-2", "portal", "hcp", Audience("DE", "physician", "", "de")), "Velmarin bei Hypertonie")
    grow(home, database, count)
    with TestClient(create_app(assistant, DemoIdentity())) as http:
        yield Grown(http, database, count + len(ASKED) + 1)
    database.close()


def timed(read: Callable[[], object], *, whole: bool) -> tuple[float, float]:
    """The median and the largest of TIMES runs, seconds."""
    clock = time.perf_counter if whole else time.process_time
    taken = []
    for _ in range(TIMES):
        began = clock()
        read()
        taken.append(clock() - began)
    return statistics.median(taken), max(taken)


def test_the_grown_log_is_one_log(grown: Grown, whole: bool) -> None:
    if not whole:
        check(grown.database)  # all rows and nodes at once: the verifier streams a million
    rows = list(islice(CitedBook(grown.database).replies("VEL-1", "3.0"), 100))
    assert len(rows) == 100
    assert [row.index for row in rows] == sorted({row.index for row in rows})


def test_reading_a_long_log_takes_no_longer_than_a_person_waits(grown: Grown, whole: bool) -> None:
    newest = grown.http.get("/review").text
    assert f"The log has {size_of(grown) - 1:,} records." in newest  # the last says that the list was read
    cases = {
        "the list, unfiltered": "/review",
        "the list, from the middle": f"/review?before={grown.replies // 2}",
        "the list of one document's": "/review?document=VEL-1&version=3.0",
        "the list of what nothing fits": "/review?kind=handover&country=DE",
        "a turn": f"/review/turns/{grown.replies - 5}",
    }
    taken = {name: timed(lambda path=path: page(grown, path), whole=whole) for name, path in cases.items()}
    book = CitedBook(grown.database)
    taken["100 replies that cited a document"] = timed(
        lambda: list(islice(book.replies("VEL-1", "3.0"), 100)), whole=whole
    )
    if whole:
        _report(grown, taken)
    assert {name: median for name, (median, _) in taken.items() if median > LIST_SECONDS} == {}


def page(grown: Grown, path: str) -> None:
    assert grown.http.get(path).status_code == 200


def size_of(grown: Grown) -> int:
    """How many records there are, of whatever type."""
    with grown.database.reading() as connection:
        return read_head(connection).size


def _report(grown: Grown, taken: dict[str, tuple[float, float]]) -> None:
    rows = [f"| {name} | {median * 1000:,.0f} | {most * 1000:,.0f} |" for name, (median, most) in taken.items()]
    text = (
        f"# Reading a long log\n\nMade by `make acceptance`: {grown.replies:,} replies, "
        f"{Path(grown.database.target).stat().st_size / 1e9:.1f} GB, over HTTP in one process; {TIMES} times each.\n\n"
        f"Machine: {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the end of it, "
        f"Python {platform.python_version()}.\n\n"
        "| read | median, ms | most, ms |\n|---|---|---|\n" + "\n".join(rows) + "\n"
    )
    (ROOT / "docs" / "measurements" / "long_log.md").write_text(text, encoding="utf-8")
