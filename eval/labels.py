"""Page-level questions over real product information: is the right page found, and what kind of reply is given?

The form of the questions is that of the gold sets: {"_id", "text", "kind", "style", "document", "page", "alt"}.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chatbot.assistant import Asker, Assistant
from corpus.errors import InvalidInput
from corpus.model import Audience

DEPTH = 10
Place = tuple[str, int]


def evaluate_labels(assistant: Assistant, questions: Path, audience: Audience) -> dict[str, Any]:
    """Page hit@1, hit@5 and MRR@10 of the ranking, in all and by style, and the kinds of the replies.

    Every question counts: one whose ranking is empty scores zero. Raises ``InvalidInput``.
    """
    asker = Asker("evaluation", "evaluation", "operator", audience)
    totals: Counter[str] = Counter()
    styles: defaultdict[str, Counter[str]] = defaultdict(Counter)
    per_query = []
    for row in _rows(questions):
        reply = assistant.turn(asker, row["text"]).reply
        totals[f"{row['kind']}:{reply.kind}"] += 1
        if row["kind"] != "answerable":
            continue
        rank = _rank(assistant, row, audience)
        per_query.append({"_id": row["_id"], "rank": rank, "kind": reply.kind})
        for group in (totals, *(styles[style] for style in row["style"])):
            group["n"] += 1
            group["hit@1"] += rank == 1
            group["hit@5"] += rank is not None and rank <= 5
        totals["reciprocal"] += 0 if rank is None else round(1e9 / rank)
    count = max(1, totals["n"])
    return {
        "dataset": questions.name,
        "queries": totals["n"],
        "metrics": {
            "hit@1": {"value": totals["hit@1"] / count},
            "hit@5": {"value": totals["hit@5"] / count},
            "MRR@10": {"value": totals["reciprocal"] / 1e9 / count},
        },
        "kinds": {key: value for key, value in sorted(totals.items()) if ":" in key},
        "styles": {
            style: {"n": group["n"], "hit@1": group["hit@1"], "hit@5": group["hit@5"]}
            for style, group in sorted(styles.items())
        },
        "per_query": per_query,
    }


def label_report(result: dict[str, Any]) -> str:
    """The result as Markdown."""
    metrics = result["metrics"]
    lines = [
        f"{result['queries']} answerable questions of {result['dataset']}.",
        "",
        "| measure | value |",
        "|---|---|",
        *(f"| {name} | {metric['value']:.3f} |" for name, metric in metrics.items()),
        "",
        "| question: reply | count |",
        "|---|---|",
        *(f"| {kind} | {count} |" for kind, count in result["kinds"].items()),
        "",
        "| style | questions | hit@1 | hit@5 |",
        "|---|---|---|---|",
        *(
            f"| {style} | {row['n']} | {row['hit@1'] / row['n']:.2f} | {row['hit@5'] / row['n']:.2f} |"
            for style, row in result["styles"].items()
        ),
    ]
    return "\n".join(lines)


def _rows(questions: Path) -> list[dict[str, Any]]:
    try:
        rows = [json.loads(line) for line in questions.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{questions}: not readable as JSON lines: {error}") from error
    for number, row in enumerate(rows, 1):
        needed = {"_id", "text", "kind", "style", *(["document", "page"] if row.get("kind") == "answerable" else [])}
        missing = needed - set(row)
        if missing:
            raise InvalidInput(f"{questions}: question {number} lacks {', '.join(sorted(missing))}")
    return rows


def _rank(assistant: Assistant, row: dict[str, Any], audience: Audience) -> int | None:
    """The rank of the first passage on an acceptable page."""
    places = _places(row)
    found = assistant.search(row["text"], audience, DEPTH, datetime.now(UTC))
    for hit in found.retrieval.hits:
        page = found.edition.passages[hit.passage].page
        if page is not None and (found.edition.document_of(hit.passage).file, page) in places:
            return hit.rank
    return None


def _places(row: dict[str, Any]) -> set[Place]:
    places: set[Place] = set()
    for place in [row, *row.get("alt", [])]:
        pages = place.get("page") or []
        for page in pages if isinstance(pages, list) else [pages]:
            places.add((place.get("document") or row["document"], int(page)))
    return places
