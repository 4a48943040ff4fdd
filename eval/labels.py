"""Questions with known answers: is the right place found, is the right sentence shown, what kind of reply is given?

The form of the questions is that of the gold sets: {"_id", "text", "kind", "style", "document", "page", "quote",
"alt"}; a question may name its own reader by "country", "role" and "lang". ``page`` is null in formats without pages.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chatbot.assistant import Asker, Assistant
from corpus.calendar import zones
from corpus.errors import InvalidInput
from corpus.model import Audience

DEPTH = 10
_GOOD_PART = 4  # words; fewer are no answer just because the right one contains them
_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+|[<>≤≥%±]")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one answerable question."""

    id: str
    text: str
    country: str
    styles: tuple[str, ...]
    document: str
    page: int | None  # the first acceptable one
    quote: str  # the sentence to be shown
    kind: str  # of the reply
    rank: int | None  # of the first passage at an acceptable place
    shown: int | None  # the position of the first quote that holds an acceptable sentence
    quotes: tuple[str, ...]


def evaluate_labels(assistant: Assistant, questions: Path, audience: Audience) -> dict[str, Any]:
    """Sentence shown, place hit@1, hit@5 and MRR@10, in all and by style, and the kinds of the replies.

    Every question counts: one whose ranking is empty scores zero. Raises ``InvalidInput``.
    """
    kinds: Counter[str] = Counter()
    outcomes: list[Outcome] = []
    for row in _rows(questions):
        reader = _reader(row, audience)
        reply = assistant.turn(Asker("evaluation", "evaluation", "operator", reader), row["text"]).reply
        kinds[f"{row['kind']}:{reply.kind}"] += 1
        if row["kind"] == "answerable":
            quotes = tuple(citation.text for citation in reply.citations)
            outcomes.append(_outcome(assistant, row, reader, reply.kind, quotes))
    return {
        "dataset": questions.name,
        "queries": len(outcomes),
        "metrics": {name: {"value": value} for name, value in _measures(outcomes).items()},
        "kinds": dict(sorted(kinds.items())),
        "styles": {
            style: {"n": len(group), **_measures(group)} for style, group in sorted(_by_style(outcomes).items())
        },
        "per_query": [asdict(outcome) for outcome in outcomes],
    }


def label_report(result: dict[str, Any]) -> str:
    """The result as Markdown."""
    missed = [row for row in result["per_query"] if row["shown"] is None]
    lines = [
        f"{result['queries']} answerable questions of {result['dataset']}.",
        "",
        "| measure | value |",
        "|---|---|",
        *(f"| {name} | {metric['value']:.3f} |" for name, metric in result["metrics"].items()),
        "",
        "| question: reply | count |",
        "|---|---|",
        *(f"| {kind} | {count} |" for kind, count in result["kinds"].items()),
        "",
        "| style | questions | sentence shown | hit@1 | hit@5 |",
        "|---|---|---|---|---|",
        *(
            f"| {style} | {row['n']} | {row['sentence shown']:.2f} | {row['hit@1']:.2f} | {row['hit@5']:.2f} |"
            for style, row in result["styles"].items()
        ),
        "",
        f"Not shown: {', '.join(row['id'] for row in missed) or 'none'}.",
    ]
    return "\n".join(lines)


def _measures(outcomes: Iterable[Outcome]) -> dict[str, float]:
    """The measures by name; 0 where there is no question."""
    rows = list(outcomes)
    count = max(1, len(rows))
    return {
        "sentence shown": sum(row.shown is not None for row in rows) / count,
        "sentence shown first": sum(row.shown == 1 for row in rows) / count,
        "hit@1": sum(row.rank == 1 for row in rows) / count,
        "hit@5": sum(row.rank is not None and row.rank <= 5 for row in rows) / count,
        "MRR@10": sum(1 / row.rank for row in rows if row.rank is not None) / count,
    }


def _by_style(outcomes: Iterable[Outcome]) -> dict[str, list[Outcome]]:
    groups: defaultdict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        for style in outcome.styles:
            groups[style].append(outcome)
    return groups


def _outcome(
    assistant: Assistant, row: dict[str, Any], reader: Audience, kind: str, quotes: tuple[str, ...]
) -> Outcome:
    wanted = [words for place in _places(row) if (words := _words(place.get("quote") or ""))]
    shown = next((at for at, quote in enumerate(quotes, 1) if _holds(_words(quote), wanted)), None)
    return Outcome(
        id=row["_id"],
        text=row["text"],
        country=reader.country,
        styles=tuple(row["style"]),
        document=row["document"],
        page=next(iter(_pages(row)), None),
        quote=row.get("quote", ""),
        kind=kind,
        rank=_rank(assistant, row, reader),
        shown=shown,
        quotes=quotes,
    )


def _holds(quote: list[str], wanted: Iterable[list[str]]) -> bool:
    """Whether a shown quote holds a wanted sentence, or is a good part of it, word by word and sign by sign."""
    return any(
        _contains(quote, sentence) or (len(quote) >= _GOOD_PART and _contains(sentence, quote)) for sentence in wanted
    )


def _contains(words: list[str], part: list[str]) -> bool:
    """Whether ``part`` stands in ``words`` in one piece; nothing stands nowhere."""
    size = len(part)
    return bool(part) and any(words[at : at + size] == part for at in range(len(words) - size + 1))


def _rows(questions: Path) -> list[dict[str, Any]]:
    try:
        lines = questions.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{questions}: not readable: {error}; give JSON lines in UTF-8") from error
    rows = [_row(line, f"{questions}: line {number}") for number, line in enumerate(lines, 1) if line.strip()]
    if not rows:
        raise InvalidInput(f"{questions}: no question in it; write one JSON object a line")
    return rows


def _row(line: str, where: str) -> dict[str, Any]:
    """One question; raises ``InvalidInput`` with what is wrong and what is wanted."""
    try:
        row = json.loads(line)
    except ValueError as error:
        raise InvalidInput(f"{where}: no JSON: {error}") from error
    if not isinstance(row, dict):
        raise InvalidInput(f"{where}: no JSON object; write {{...}}")
    needed = {"_id", "text", "kind", "style", *(["document", "page"] if row.get("kind") == "answerable" else [])}
    missing = needed - set(row)
    if missing:
        raise InvalidInput(f"{where}: lacks {', '.join(sorted(missing))}")
    if "country" in row:
        try:
            zones(str(row["country"]))
        except InvalidInput as error:
            raise InvalidInput(f"{where}: {error}") from error
    places = [row, *(row.get("alt") or [])]
    pages = [page for place in places for page in _listed(place.get("page"))]
    if not isinstance(row["style"], list) or not all(isinstance(page, int) for page in pages):
        raise InvalidInput(f"{where}: 'style' is a list of words, 'page' a number, a list of numbers or null")
    return row


def _reader(row: dict[str, Any], audience: Audience) -> Audience:
    """The reader a question names, for what it names."""
    named = {name: row[key] for name, key in (("country", "country"), ("role", "role")) if key in row}
    if "country" in row and "lang" in row:  # a set that names its readers names their language too
        named["language"] = row["lang"]
    return replace(audience, **named)


def _rank(assistant: Assistant, row: dict[str, Any], reader: Audience) -> int | None:
    """The rank of the first passage at an acceptable place: its page, or without pages where its sentence stands."""
    found = assistant.search(row["text"], reader, DEPTH, datetime.now(UTC))
    for hit in found.retrieval.hits:
        passage = found.edition.passages[hit.passage]
        file = found.edition.document_of(hit.passage).file
        for place in _places(row):
            if file != (place.get("document") or row["document"]):
                continue
            if passage.page in _pages(place) or _stands_in(place, passage.text, passage.page):
                return hit.rank
    return None


def _stands_in(place: dict[str, Any], text: str, page: int | None) -> bool:
    return page is None and _contains(_words(text), _words(place.get("quote") or ""))


def _places(row: dict[str, Any]) -> list[dict[str, Any]]:
    return [row, *(row.get("alt") or [])]


def _pages(place: dict[str, Any]) -> list[int]:
    return [int(page) for page in _listed(place.get("page"))]


def _listed(pages: Any) -> list[Any]:
    """One page, several, or none."""
    return [] if pages is None else pages if isinstance(pages, list) else [pages]


def _words(text: str) -> list[str]:
    """Words, figures with their decimals, and the signs that turn a dose around; line breaks don't matter."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
