"""The real product information of 28 labels in six languages: ingest, quotes, ranking, cost of a second run.

With --acceptance all of them, and the figures are kept in docs/measurements/labels.md; else those of few pages.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import pypdf
import pytest

from index.layout import Home
from ingest.witness import fold
from tests.conftest import ROOT, Cli

HIT_1, HIT_5 = 0.55, 0.75
FEW_PAGES = 30
HIDING = {"tegretol translated to en.pdf"}  # lines of the translation run off its pages
MEASUREMENTS = ROOT / "docs" / "measurements"


@pytest.fixture(scope="module")
def files(reference_data: Path, whole: bool) -> list[Path]:
    """The labels that are read in this run."""
    found = sorted((reference_data / "product_information").glob("*.pdf"))
    assert len(found) == 28
    return [file for file in found if whole or len(pypdf.PdfReader(file).pages) <= FEW_PAGES]


@pytest.fixture(scope="module")
def labels(files: list[Path], new_home: Callable[[], Home], cli: Cli) -> Home:
    """They, published for a trial; the whole takes four minutes."""
    home = new_home()
    done = cli("ingest", *files, "--assume-approved", "--json", "--home", home.root, timeout=1200)
    assert done.returncode == 0, done.stderr
    (home.root / "first_ingest.json").write_text(done.stdout, encoding="utf-8")
    return home


@pytest.fixture(scope="module")
def gold(reference_data: Path, files: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The development questions about them; the ambiguous ones name no document."""
    lines = (reference_data.parent / "gold" / "labels_dev.jsonl").read_text(encoding="utf-8").splitlines()
    named = {file.name for file in files}
    rows = [row for row in map(json.loads, lines) if row.get("document") is None or row["document"] in named]
    chosen = tmp_path_factory.mktemp("gold") / "labels_dev.jsonl"
    chosen.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return chosen


@pytest.fixture(scope="module")
def replies(labels: Home, gold: Path, cli: Cli) -> list[dict[str, Any]]:
    """A reply to every question, by the command line."""
    done = cli("ask", "--batch", gold, "--json", "--home", labels.root)
    assert done.returncode == 0, done.stderr
    return [json.loads(line)["reply"] for line in done.stdout.splitlines()]


def test_every_file_is_published_or_quarantined_with_its_reason(labels: Home, files: list[Path], cli: Cli) -> None:
    first = json.loads((labels.root / "first_ingest.json").read_text(encoding="utf-8"))
    read = {str(file) for file in files if file.name not in HIDING}
    assert set(first["staged"]) == read
    assert {Path(row["file"]).name for row in first["quarantined"]} == HIDING
    assert all(row["reason"].startswith("text that a reader can't see") for row in first["quarantined"])
    states = json.loads(cli("documents", "--json", "--home", labels.root).stdout)
    assert len(states["documents"]) == len(read)
    assert all(row["state"] == "in force" and row["assumed"] for row in states["documents"])
    assert {row["file"] for row in states["not_published"]} == HIDING


def test_a_second_run_reads_and_encodes_nothing(labels: Home, files: list[Path], cli: Cli) -> None:
    before = (labels.editions / "CURRENT").read_text()
    again = cli("ingest", *files, "--assume-approved", "--json", "--home", labels.root)
    outcome = json.loads(again.stdout)
    assert outcome["staged"] == []
    assert len(outcome["unchanged"]) == len(files) - len(HIDING)
    assert (labels.editions / "CURRENT").read_text() == before
    published = json.loads(cli("publish", "--json", "--home", labels.root).stdout)
    assert published["encoded"] == published["events"] == 0


def test_every_quote_stands_on_its_cited_page_in_the_second_readers_extraction(
    replies: list[dict[str, Any]], reference_data: Path, whole: bool
) -> None:
    """Not by our own stored text: pypdf reads the file again, here. A table's row may stand there cell by cell."""
    readers: dict[str, pypdf.PdfReader] = {}
    checked = whole_quotes = 0
    for reply in replies:
        for quote, citation in zip(reply["quotes"], reply["citations"], strict=True):
            checked += 1
            file = citation["file"]
            reader = readers.setdefault(file, pypdf.PdfReader(reference_data / "product_information" / file))
            parts, left = [], quote["text"]
            for span in citation["spans"]:
                length = span["end"] - span["start"]
                parts.append((span["page"], left[:length]))
                left = left[length + 1 :]
            assert left == ""
            assert parts[0][0] == citation["page"]
            on_page = {page: fold(reader.pages[page - 1].extract_text()) for page, _ in parts}
            if all(fold(part) in on_page[page] for page, part in parts):
                whole_quotes += 1
                continue
            cells = [cell for row in (quote["table"] or {"rows": []})["rows"] for cell in row if cell]
            assert cells, (file, parts)  # a row's cells may stand in another order, and a merged one elsewhere
            assert all(any(fold(cell) in text for text in on_page.values()) for cell in cells), (file, parts)
    assert checked > (150 if whole else 30)
    if whole:
        found = (
            f"{checked} quotes of {len(replies)} replies: {whole_quotes} stand on their cited page in pypdf's own "
            "extraction as they are shown, the others are table rows whose cells all stand there."
        )
        text = f"# Quotes\n\nMade by `make acceptance`. {found}\n"
        (MEASUREMENTS / "quotes.md").write_text(text, encoding="utf-8")


def test_the_gold_page_is_found(labels: Home, gold: Path, cli: Cli, whole: bool) -> None:
    done = cli("eval", "labels", gold, "--json", "--home", labels.root)
    assert done.returncode == 0, done.stderr
    metrics = json.loads(done.stdout)["metrics"]
    if whole:
        _keep(labels, cli("eval", "labels", gold, "--home", labels.root).stdout)
    assert metrics["hit@1"]["n"] >= (84 if whole else 20)
    assert metrics["abstained"]["n"] >= (10 if whole else 1)
    assert metrics["hit@1"]["value"] >= HIT_1
    assert metrics["hit@5"]["value"] >= HIT_5


def _keep(labels: Home, figures: str) -> None:
    first = json.loads((labels.root / "first_ingest.json").read_text(encoding="utf-8"))
    shares = list(first["confirmed"].values())
    header = [
        "# Label questions",
        "",
        "Made by `make acceptance`. Real product information: 28 labels in six languages, 100 development questions.",
        "",
        f"Machine: {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}.",
        "",
        "| ingest | value |",
        "|---|---|",
        f"| files staged | {len(first['staged'])} |",
        f"| passages | {first['passages']} |",
        f"| seconds, first run, with the encoder's compilation done | {first['seconds']:.0f} |",
        f"| sentences confirmed by the second reader, median of the files | {median(shares):.1%} |",
        f"| files with fewer than half confirmed | {sum(share < 0.5 for share in shares)} |",
        "",
        "## Ranking and replies",
        "",
        "",
    ]
    (MEASUREMENTS / "labels.md").write_text("\n".join(header) + figures, encoding="utf-8")
