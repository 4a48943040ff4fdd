"""A small set of documents with marked answers, written for these tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

DOCUMENTS = {
    "D1": (
        "Salt and pressure",
        "Salt and pressure\n\n  Salt  raises blood pressure.\u200b It does so within\u00ad days.\n\n"
        "Water lowers it again.",
    ),
    "D2": ("Sleep", "Adults sleep seven hours. Children sleep longer.\n\nCoffee delays sleep by an hour."),
}
QUESTIONS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "q1": ("what does salt do to blood pressure", "D1", ("Salt  raises blood pressure.\u200b It does so",)),
    "q2": ("how long do adults sleep", "D2", (" seven hours", "Adults sleep")),
    "q3": ("what delays sleep, and by how much", "D2", ("Coffee delays sleep by an hour",)),
}


def question(id_: str) -> dict[str, Any]:
    """A row of questions.jsonl."""
    text, document, answers = QUESTIONS[id_]
    starts = [(answer, DOCUMENTS[document][1].index(answer)) for answer in answers]
    marked = [{"text": answer, "start": start, "end": start + len(answer)} for answer, start in starts]
    return {"_id": id_, "text": text, "doc": document, "answers": marked}


def write_span_set(folder: Path, *questions: dict[str, Any]) -> Path:
    """Both files in ``folder``; all questions unless some are given."""
    folder.mkdir(exist_ok=True)
    documents = [{"_id": name, "title": title, "text": text} for name, (title, text) in DOCUMENTS.items()]
    _write(folder / "documents.jsonl", documents)
    _write(folder / "questions.jsonl", list(questions) or [question(id_) for id_ in QUESTIONS])
    return folder


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
