"""A tiny BEIR folder, written for these tests."""

from __future__ import annotations

import json
from pathlib import Path

DOCUMENTS = {
    "D1": ("Renal impairment", "In severe renal impairment the dose should not exceed 20 mg.\u2028It is halved."),
    "D2": ("Pregnancy", "Treatment must be stopped as soon as pregnancy is detected."),
    "D3": ("", "Inject the pen once a week, at any time of day."),
    "D4": ("Nausea is frequent", ""),
}
QUERIES = {
    "q1": "dose in kidney disease, renal impairment",
    "q2": "is it safe in pregnancy",
    "q3": "how often is the pen injected",
    "not judged": "nausea",
}
QRELS = (("q1", "D1", 2), ("q1", "D2", 0), ("q2", "D2", 1), ("q3", "D3", 1), ("q3", "D4", 1))


def write_collection(folder: Path) -> Path:
    """The three files in ``folder``."""
    folder.mkdir(exist_ok=True)
    rows = [{"_id": name, "title": title, "text": text, "metadata": {}} for name, (title, text) in DOCUMENTS.items()]
    _write(folder / "corpus.jsonl", rows)
    _write(folder / "queries.jsonl", [{"_id": name, "text": text} for name, text in QUERIES.items()])
    write_qrels(folder / "qrels.tsv", QRELS)
    return folder


def write_qrels(path: Path, rows: tuple[tuple[str, str, int], ...]) -> Path:
    """Judgements, under BEIR's header."""
    lines = ["query-id\tcorpus-id\tscore", *("\t".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _write(path: Path, rows: list[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
