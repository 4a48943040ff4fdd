"""How fast real product information goes in, and that going in again costs next to nothing. No test asserts a time."""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from index.edition import open_edition
from index.encoder import Encoder, EncoderFiles
from index.layout import EditionFiles, Home
from index.manifest import current_edition
from tests.conftest import ROOT

MEASUREMENTS = ROOT / "docs" / "measurements"
FEW = 2  # of the files, the smallest ones, without --acceptance
ALONE = 200  # passages encoded on one thread, to compare with
NFCORPUS_LOSS = 0.005  # nDCG@10 that ingestion may cost


@dataclass(frozen=True, slots=True)
class Run:
    """One command as the system saw it."""

    said: dict[str, Any]
    seconds: float
    processor: float  # seconds of the command and of all its workers
    parent: int  # bytes: the most that the command itself held


def run(*arguments: object) -> Run:
    """Runs `signpost ARGUMENTS --json` and looks at its memory meanwhile."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    command = [sys.executable, "-m", "signpost", *map(str, arguments), "--json"]
    peak = 0
    with tempfile.TemporaryFile("w+") as output:  # no pipe: thousands of files fill it, and nobody reads meanwhile
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.DEVNULL)
        while process.poll() is None:
            peak = max(peak, high_water(process.pid))
            time.sleep(0.05)
        seconds, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
        assert process.returncode == 0, arguments
        output.seek(0)
        said = json.load(output)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(said, seconds, spent, peak)


def high_water(process: int) -> int:
    """The most memory that a process has held so far, in bytes; 0 once it has ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def alone(home: Home) -> float:
    """Passages a second that one thread encodes here and now, each with some 110 words."""
    folder = home.edition(current_edition(home))
    edition = open_edition(folder)
    texts = [passage.text for passage in edition.passages if 90 <= len(passage.text.split()) <= 110][:ALONE]
    encoder = Encoder(EncoderFiles(EditionFiles(folder).encoder))
    encoder.encode(texts[0])
    started = time.monotonic()
    for text in texts:
        encoder.encode(text)
    return len(texts) / (time.monotonic() - started)


def test_a_second_ingest_of_product_information_reads_encodes_and_builds_nothing(
    reference_data: Path, new_home: Callable[[], Home], whole: bool
) -> None:
    home = new_home()
    files = sorted((reference_data / "product_information").glob("*.pdf"), key=lambda file: file.stat().st_size)
    given = ("ingest", *(files if whole else files[:FEW]), "--assume-approved", "--publish", "--home", home.root)
    first, again = run(*given), run(*given)
    assert len(first.said["staged"]) == len(again.said["unchanged"])
    assert len(first.said["staged"]) + len(first.said["quarantined"]) == (len(files) if whole else FEW)
    assert again.said["quarantined"] == first.said["quarantined"]
    assert again.said["edition"] == first.said["edition"]
    assert again.said["encoded"] == 0
    if whole:
        _report(first, again, alone(home))


@pytest.fixture
def published(reference_data: Path, new_home: Callable[[], Home], whole: bool) -> Home:
    """NFCorpus from its PDFs; a few of them without --acceptance."""
    home, files = new_home(), sorted((reference_data / "nfcorpus_pdfs").glob("*.pdf"))
    chosen = files if whole else files[: 10 * FEW]
    listed = reference_data / "nfcorpus_pdfs" if whole else None
    run("ingest", *([listed] if listed else chosen), "--assume-approved", "--publish", "--home", home.root)
    return home


def test_documents_that_came_as_pdf_are_found_as_well_as_their_plain_text(
    published: Home, reference_data: Path, new_home: Callable[[], Home], whole: bool
) -> None:
    """A few of them without --acceptance: that they are all there, and that the figures are called invalid."""
    mapping = reference_data / "nfcorpus_pdfs" / "_id_map.json"
    judged = ("eval", "retrieval", reference_data / "nfcorpus", "--home", new_home().root, "--json")
    command = [sys.executable, "-m", "signpost", *map(str, (*judged, "--ingested", published.root, "--map", mapping))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == (0 if whole else 3), done.stderr
    if not whole:
        return
    plain = run(*judged[:-1]).said["metrics"]["nDCG@10"]["value"]
    from_pdf = json.loads(done.stdout)["metrics"]["nDCG@10"]["value"]
    text = (
        "# Retrieval over ingested files\n\nMade by `make acceptance`. NFCorpus, dev half: its documents as plain "
        f"text, and from {len(list((reference_data / 'nfcorpus_pdfs').glob('*.pdf'))):,} PDFs.\n\n"
        f"| | nDCG@10 |\n|---|---|\n| plain text | {plain:.4f} |\n| from PDF | {from_pdf:.4f} |\n"
    )
    (MEASUREMENTS / "ingested.md").write_text(text, encoding="utf-8")
    assert from_pdf >= plain - NFCORPUS_LOSS


def _report(first: Run, again: Run, thread: float) -> None:
    passages, cores = first.said["passages"], os.cpu_count() or 1
    rows = [
        ("files", f"{len(first.said['staged'])}"),
        ("passages", f"{passages:,}"),
        ("texts encoded: passages and sentences, each once", f"{first.said['encoded']:,}"),
        ("first run, seconds", f"{first.seconds:.1f}"),
        ("first run, passages a second", f"{passages / first.seconds:.1f}"),
        ("first run, processor seconds of all processes", f"{first.processor:.1f}"),
        (f"passages a second, had all {cores} cores been its own", f"{passages / (first.processor / cores):.1f}"),
        ("the encoder alone, one thread, passages of 90 to 110 words a second, right afterwards", f"{thread:.1f}"),
        ("repeated, seconds", f"{again.seconds:.2f}"),
        ("repeated, share of the first run", f"{again.seconds / first.seconds:.2%}"),
        ("repeated, share of its processor seconds", f"{again.processor / first.processor:.2%}"),
        ("memory of the command itself at most, first run", f"{first.parent / 2**20:,.0f} MiB"),
        ("memory of the command itself at most, repeated", f"{again.parent / 2**20:,.0f} MiB"),
    ]
    text = (
        "# Ingestion\n\nMade by `make acceptance`. `signpost ingest product_information --assume-approved --publish` "
        "in an empty home that has its\nencoder, from the start of the process to its end; then the same again.\n\n"
        f"Machine: {platform.machine()}, {cores} cores, load {os.getloadavg()[0]:.1f} at the end of it, "
        f"Python {platform.python_version()}.\n\n"
        "| measure | value |\n|---|---|\n" + "\n".join(f"| {name} | {value} |" for name, value in rows) + "\n"
    )
    (MEASUREMENTS / "ingestion.md").write_text(text, encoding="utf-8")
