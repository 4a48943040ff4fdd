"""`signpost ask` and `signpost search`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from signpost.arguments import Commands, positive
from signpost.home import audience_of, open_assistant
from signpost.terminal import PASSED, UsageError, print_json

if TYPE_CHECKING:
    from chatbot.assistant import Assistant
    from chatbot.routing.lexicon import Query
    from chatbot.turns import Asker


def add_commands(commands: Commands) -> None:
    """`ask` and `search`."""
    ask = commands.add("ask", run_ask, "Ask one question, or a batch.", reads=True)
    ask.add_argument("text", nargs="?", metavar="TEXT")
    ask.add_argument("--batch", type=Path, help='JSON lines: {"_id", "text", "context"?, "country"?}; one reply a line')
    search = commands.add("search", run_search, "The retrieval alone.", reads=True)
    search.add_argument("text", nargs="?", metavar="TEXT")
    search.add_argument("--k", type=positive, default=10, help="hits (10)")
    search.add_argument("--batch", type=Path, help="JSON lines, one result a line")
    search.add_argument("--explain", metavar="DOCUMENT", help="why this document is or is not there")


def run_ask(options: argparse.Namespace) -> int:
    """`signpost ask`"""
    from chatbot.turns import Asker

    _check_one_source(options)
    assistant = open_assistant(options)
    asker = Asker(options.actor, "command-line", "operator", audience_of(options))
    if options.batch is None:
        value = assistant.turn(asker, _text(options)).value()
        if options.json:
            print_json(value)
        else:
            _print_reply(value["reply"])
        return PASSED
    for row in batch_rows(options.batch):
        context = tuple(row.get("context") or ())
        print_json(assistant.turn(_asker_of(row, asker), row["text"], context=context).value())
    return PASSED


def run_search(options: argparse.Namespace) -> int:
    """`signpost search`"""
    _check_one_source(options)
    assistant = open_assistant(options)
    if options.explain:
        return _explain(options, assistant)
    if options.batch is not None:
        for row in batch_rows(options.batch):
            print_json(_hits(assistant, row["text"], options))
        return PASSED
    value = _hits(assistant, _text(options), options)
    if options.json:
        print_json(value)
        return PASSED
    for hit in value["hits"]:
        place = f"p. {hit['page']}" if hit["page"] else "no pages"
        print(f"{hit['rank']:3} {hit['score']:.3f}  {hit['document']} {hit['version']}, {place}: {hit['text'][:100]}…")
    return PASSED


def _asker_of(row: dict[str, Any], asker: Asker) -> Asker:
    """Who asks a row of a batch: the country, role and language that the row names, else what the options say.

    A row's language counts only beside its country: a set that names its readers names their language too.
    """
    named = {"country": str(row["country"]).upper()} if row.get("country") else {}
    if row.get("role"):
        named["role"] = str(row["role"]).casefold()
    if named.get("country") and row.get("lang"):
        named["language"] = str(row["lang"]).casefold()
    return replace(asker, audience=replace(asker.audience, **named))


def _hits(assistant: Assistant, text: str, options: argparse.Namespace) -> dict[str, Any]:
    now = datetime.now(UTC)
    audience = audience_of(options)
    found = assistant.search(text, audience, options.k, now)
    hits = []
    for hit in found.retrieval.hits:
        passage, document = found.edition.passages[hit.passage], found.edition.document_of(hit.passage)
        approval = found.approvals[document.source_sha256]
        hits.append(
            {
                "rank": hit.rank,
                "document": approval.document_number,
                "version": approval.version,
                "file": document.file,
                "page": passage.page,
                "text": passage.text,
                "score": hit.score,
                "bm25": hit.bm25,
                "cosine": hit.cosine,
            }
        )
    return {"hits": hits, "searched": searched_beside(found.query)}


def searched_beside(query: Query) -> list[dict[str, Any]]:
    """What was searched beside the question: each term or misspelt word with its meanings and their weight in BM25."""
    from index.bm25 import EXPANSION_WEIGHT

    weighted = [*((term, EXPANSION_WEIGHT) for term in query.terms), *((reading, 1.0) for reading in query.readings)]
    return [
        {"phrase": term.phrase, "kind": term.kind, "means": list(term.means), "weight": weight}
        for term, weight in weighted
        if term.means
    ]


def _explain(options: argparse.Namespace, assistant: Assistant) -> int:
    """Why a document is or isn't among the hits: its standing, then its best rank."""
    audience, now = audience_of(options), datetime.now(UTC)
    found = assistant.search(_text(options), audience, len(assistant.edition().passages), now)
    edition, registry, retrieval = found.edition, found.registry, found.retrieval
    rows = []
    for entry in registry.versions(options.explain):
        approval = entry.approval
        best = next(
            (h for h in retrieval.hits if edition.document_of(h.passage).source_sha256 == approval.source_sha256),
            None,
        )
        rows.append(
            {
                "document": approval.document_number,
                "version": approval.version,
                "country": approval.country,
                "standing": str(registry.standing(approval.key, audience, now)),
                "in_edition": any(d.source_sha256 == approval.source_sha256 for d in edition.documents),
                "rank": best.rank if best else None,
                "score": best.score if best else None,
                "bm25": best.bm25 if best else None,
                "cosine": best.cosine if best else None,
            }
        )
    searched = searched_beside(found.query)
    if options.json:
        print_json({"explain": rows, "searched": searched})
        return PASSED
    for each in searched:
        print(f"also searched, at {each['weight']}: {', '.join(each['means'])} ({each['kind']}: {each['phrase']})")
    for doubt in found.query.doubts:
        print(f"not taken for a slip: {doubt.typed}, though near {', '.join((*doubt.names, *doubt.mentioned))}")
    for row in rows:
        place = f"best rank {row['rank']}, score {row['score']:.3f}" if row["rank"] else "not ranked"
        where = "" if row["in_edition"] else ", not in the active edition (publish)"
        print(f"{row['document']} {row['version']} {row['country']}: {row['standing']}{where}; {place}")
    return PASSED


def batch_rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        lines = path.read_text(encoding="utf-8").split("\n")  # alone: a question may hold other line ends
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {error}; name a file of JSON lines in UTF-8") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise UsageError(f"{path}: line {number}: {error}; write one JSON object a line") from error
        if not isinstance(row, dict) or not isinstance(row.get("text"), str):
            raise UsageError(f'{path}: line {number}: no "text"; write {{"_id": "…", "text": "…"}}')
        if row.get("country"):
            _check_country(str(row["country"]).upper(), f"{path}: line {number}")
        context = row.get("context") or []
        if not isinstance(context, list) or not all(isinstance(item, str) for item in context):
            raise UsageError(f'{path}: line {number}: "context" is no list of texts; write ["earlier question"]')
        yield row


def _check_country(country: str, where: str) -> None:
    from corpus.calendar import zones
    from corpus.errors import InvalidInput

    try:
        zones(country)
    except InvalidInput as error:
        raise UsageError(f"{where}: {error}") from error


def _text(options: argparse.Namespace) -> str:
    if options.text is None:
        raise UsageError(f"give a question: signpost {options.command} TEXT, or --batch FILE.jsonl")
    return str(options.text)


def _check_one_source(options: argparse.Namespace) -> None:
    """A text beside a batch would be read by nobody."""
    if options.text is not None and options.batch is not None:
        raise UsageError(f"'{options.text}' and --batch: give one of the two")


def _print_reply(reply: dict[str, Any]) -> None:
    print(reply["headline"])
    for notice in reply["notices"]:
        print(f"  ! {notice['text']}")
    for quote, citation in zip(reply["quotes"], reply["citations"], strict=True):
        place = f"page {citation['page']}" if citation["page"] else citation["file"]
        print(f"\n  “{quote['text']}” [{citation['number']}]")
        print(f"      {' › '.join(quote['heading'])}")
        print(f"      {citation['title']}, version {citation['version']}, approved {citation['approved_on']}, {place}")
    for choice in reply["choices"]:
        print(f"  - {choice['text']}  ({choice['count']} documents)")
    for step in reply["next_steps"]:
        print(f"  → {step['title']} ({step['cue']})")
