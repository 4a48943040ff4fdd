"""Ingest and publish are killed at random moments: the next run goes on where they stopped, to the same edition."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from corpus.database import open_database
from corpus.store import Store
from index.layout import Home
from index.manifest import current_edition, verify_edition
from tests.builders import pdf, sidecar
from tests.conftest import ROOT, Cli
from tests.labels import write_labels

ROUNDS = 50  # a tenth without --acceptance
MOMENTS = 20261123  # the seed of the moments of death
FILES, PAGES, LINES = 8, 5, 14  # of the PDFs beside the six labels: some seconds' work for each stage
WORDS = ("dose", "tablet", "renal", "hepatic", "adult", "child", "week", "daily", "severe", "storage", "onset", "risk")
MEASUREMENTS = ROOT / "docs" / "measurements"


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """What a run that nobody kills does."""

    edition: str
    encoded: int  # texts, each once
    seconds: float


@dataclass(frozen=True, slots=True)
class Left:
    """What a killed run left behind."""

    documents: set[str]
    encodings: int
    published: bool

    @property
    def stage(self) -> str:
        """How far it had come."""
        if self.published:
            return "after CURRENT was replaced"
        if self.encodings:
            return "encoding or building"
        return "reading" if self.documents else "before the first document was stored"


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files, each with its sidecar."""
    folder = tmp_path_factory.mktemp("batch")
    write_labels(folder)
    chance = random.Random(7)  # noqa: S311 - words, not secrets
    for number in range(FILES):
        pages = [
            ["# 4.2 Posology", *(" ".join(chance.choices(WORDS, k=9)).capitalize() + "." for _ in range(LINES))]
            for _ in range(PAGES)
        ]
        (folder / f"made{number}.pdf").write_bytes(pdf(*pages))
        (folder / f"made{number}.toml").write_text(sidecar(document_number=f"MADE-{number}"), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def undisturbed(batch: Path, new_home: Callable[[], Home], cli: Cli) -> Undisturbed:
    """The edition and the time of the whole batch."""
    home, started = new_home(), time.monotonic()
    said = finished(cli, batch, home)
    return Undisturbed(said["edition"], said["encoded"], time.monotonic() - started)


def command(batch: Path, home: Home) -> list[str]:
    return ["ingest", str(batch), "--publish", "--json", "--home", str(home.root)]


def finished(cli: Cli, batch: Path, home: Home) -> dict[str, Any]:
    done = cli(*command(batch, home))
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    assert said["quarantined"] == []
    return said


def killed(batch: Path, home: Home, moment: float) -> Iterator[float | None]:
    """Runs the batch and kills the run after ``moment`` seconds; yields after how many it had ended by itself, if so.

    Its workers are not killed with it: what they still write, the next run has to live with.
    """
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(
        [sys.executable, "-m", "signpost", *command(batch, home)], cwd=ROOT, start_new_session=True, **silent
    )
    started = time.monotonic()
    try:
        with suppress(subprocess.TimeoutExpired):
            process.wait(moment)
        seconds = time.monotonic() - started
        process.send_signal(signal.SIGKILL)
        yield None if process.wait() == -signal.SIGKILL else seconds
    finally:
        with suppress(ProcessLookupError):  # when they went by themselves
            os.killpg(process.pid, signal.SIGKILL)


def left_in(home: Home) -> Left:
    """What is on the disk, read by nothing of ours that would mend it."""
    documents = {row[0] for row in rows_of(home.database, "documents", "source_sha256")}
    return Left(documents, len(rows_of(home.encodings, "encodings", "key")), home.current.exists())


def rows_of(database: Path, table: str, column: str) -> list[tuple[Any, ...]]:
    """None where there is no such file or table yet."""
    if not database.exists():
        return []
    with closing(sqlite3.connect(database)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone():
            return []
        return connection.execute(f"SELECT {column} FROM {table}").fetchall()  # noqa: S608 - names of this file


def test_a_run_after_kill_9_ends_in_the_edition_of_an_undisturbed_one(
    batch: Path, undisturbed: Undisturbed, new_home: Callable[[], Home], cli: Cli, whole: bool
) -> None:
    """Each round in a home of its own, its moment drawn from its part of a run.

    A run that ended before its moment was no kill: it says how long runs take by now, and its round is repeated.
    """
    rounds = ROUNDS if whole else ROUNDS // 10
    chance = random.Random(MOMENTS)  # noqa: S311 - moments, not secrets
    stages: dict[str, int] = {}
    takes = undisturbed.seconds
    while (number := sum(stages.values())) < rounds:
        home = new_home()
        for ended in killed(batch, home, takes * (number + chance.random()) / rounds):
            left = left_in(home)
            stage = left.stage if ended is None else "after its end"
            said = finished(cli, batch, home)
        if ended is None:
            stages[stage] = stages.get(stage, 0) + 1
        else:
            takes = min(takes, ended)
        assert said["edition"] == current_edition(home) == undisturbed.edition, stage
        verify_edition(home.edition(undisturbed.edition))
        assert [folder.name for folder in home.editions.iterdir() if folder.is_dir()] == [
            undisturbed.edition.removeprefix("sha256:")
        ]
        assert said["encoded"] == undisturbed.encoded - left.encodings  # nothing twice, nothing left out
        assert len(said["unchanged"]) == len(left.documents)
        assert set(sources(home)) == {file.name for file in home.sources.iterdir() if not file.name.startswith(".")}
    if whole:
        _report(takes, stages)


def sources(home: Home) -> list[str]:
    """The sources of what is citable now."""
    database = open_database(home.database)
    entries = Store(database).registry().entries.values()
    database.close()
    return [entry.approval.source_sha256 for entry in entries]


def _report(takes: float, stages: dict[str, int]) -> None:
    rows = [f"| {stage} | {count} |" for stage, count in sorted(stages.items())]
    text = (
        "# Ingestion killed\n\n"
        f"Made by `make acceptance`. `signpost ingest … --publish` over {FILES + 6} files was killed with SIGKILL "
        f"{sum(stages.values())} times, at moments\nspread over the {takes:.1f} s that it takes when nobody kills it, "
        "each in a home of its own. Every next run ended in the edition of the undisturbed\none, read again no "
        "document that was stored, and encoded no text that was in the cache.\n\n"
        "| killed | times |\n|---|---|\n" + "\n".join(rows) + "\n"
    )
    (MEASUREMENTS / "killed_ingest.md").write_text(text, encoding="utf-8")
