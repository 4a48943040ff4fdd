from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.sandbox.workers import Usage
from tests.conftest import ROOT
from tests.ingest.sandbox.apart import PARENT_BYTES, Became, ingested

MEASUREMENT = ROOT / "docs" / "measurements" / "nasty_files.md"
SECONDS = 10
_DETAIL = re.compile(r"[:(;].*")
_NUMBER = re.compile(r"\d[\d,]*")
_MIB = 2**20


@pytest.mark.reference
def test_files_that_readers_choke_on_end_staged_or_quarantined(
    reference_data: Path, whole: bool, tmp_path: Path
) -> None:
    """A tenth of them; whole with --acceptance, and what became of them is kept."""
    files = sorted((reference_data / "pdf_samples").rglob("*.pdf"))
    assert len(files) > 400
    chosen = _one_of_each_name(files if whole else files[::10])
    rows, peak = ingested(chosen, tmp_path)
    assert sorted(row.file for row in rows) == sorted(chosen)
    for row in rows:
        row.check()
        assert "report" not in row.reason, f"a reader failed where it should have refused: {row}"
    assert peak < PARENT_BYTES
    if whole:
        slow = [row for row in rows if row.usage is not None and row.usage.cpu_seconds > SECONDS]
        assert not slow
        MEASUREMENT.write_text(_report(rows, peak), encoding="utf-8")


def _one_of_each_name(files: list[Path]) -> list[Path]:
    """Two of one name in a batch are refused before they are read."""
    return sorted({file.name: file for file in files}.values())


def _report(rows: list[Became], peak: int) -> str:
    states = Counter(row.state for row in rows)
    reasons = Counter(_NUMBER.sub("N", _DETAIL.sub("", row.reason)).strip() for row in rows if row.reason)
    read = [(row, row.usage) for row in rows if row.usage is not None]
    seconds = sorted(usage.cpu_seconds for _, usage in read)
    slowest = sorted(read, key=lambda each: -each[1].cpu_seconds)[:8]
    largest = sorted(read, key=lambda each: -each[1].peak_bytes)[:8]
    lines = [
        "# Files that readers choke on",
        "",
        f"`pytest --acceptance tests/ingest/sandbox/test_nasty_files.py`, {datetime.now(UTC):%Y-%m-%d}, two workers. "
        f"{len(rows)} PDFs of the test suites of pdf.js, pypdf and docling ({states['staged']} staged, "
        f"{states['quarantined']} quarantined); none crashed or hung, none ended without text or a reason. "
        "Seconds are of processor time: they don't depend on what else runs.",
        "",
        f"Parent: {peak // _MIB} MiB at most. A file: median {seconds[len(seconds) // 2]:.2f} s, "
        f"95 % within {seconds[int(len(seconds) * 0.95)]:.2f} s, slowest {seconds[-1]:.1f} s.",
        "",
        "| quarantined because | files |",
        "|---|--:|",
        *(f"| {reason} | {count} |" for reason, count in reasons.most_common()),
        "",
        "| slowest | pages | processor seconds | peak MiB |",
        "|---|--:|--:|--:|",
        *(_row(*each) for each in slowest),
        "",
        "| largest in memory | pages | processor seconds | peak MiB |",
        "|---|--:|--:|--:|",
        *(_row(*each) for each in largest),
    ]
    return "\n".join(lines) + "\n"


def _row(row: Became, usage: Usage) -> str:
    return f"| {row.file.name} | {row.pages or ''} | {usage.cpu_seconds:.2f} | {usage.peak_bytes // _MIB} |"
