"""`signpost publish --diff`: what a publish would change of the replies that are on record. Nothing is published."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from signpost.arguments import positive
from signpost.home import open_assistant
from signpost.terminal import PASSED, UsageError, console, counted, note, print_json, progress

if TYPE_CHECKING:
    from chatbot.assistant import Assistant
    from chatbot.diff.difference import Changed, Difference
    from chatbot.diff.questions import Questions
    from chatbot.logged import Setting

_SHOWN = 20  # changes in the table on a terminal; --html and --json have all of them
_QUESTION = 60  # characters of a question in it


def add_diff(publish: argparse.ArgumentParser) -> None:
    """The options of `publish --diff`."""
    publish.add_argument("--diff", action="store_true", help="publish nothing: say which logged replies would change")
    publish.add_argument("--last", type=positive, metavar="N", help="with --diff: of the newest N replies (500)")
    publish.add_argument("--since", metavar="DATE", help="with --diff: of the replies since this day, UTC")
    publish.add_argument("--html", type=Path, metavar="FILE", help="with --diff: each change side by side, as a page")


def wants_diff(options: argparse.Namespace) -> bool:
    """Whether a publish is only to be looked at; raises ``UsageError`` for options that don't go together."""
    if not options.diff and (options.last or options.since or options.html):
        raise UsageError("--last, --since and --html go with --diff")
    if options.last and options.since:
        raise UsageError("choose one of --last and --since")
    return bool(options.diff)


def run_diff(options: argparse.Namespace) -> int:
    """`signpost publish --diff`"""
    from chatbot.diff.difference import difference, difference_value
    from chatbot.diff.page import difference_html

    since = _day(options.since) if options.since else None
    assistant = open_assistant(options)
    candidate = _candidate(options, assistant)
    questions = _questions(options, assistant, since)
    with progress("comparing", options.json, "questions") as tell:
        found = difference(questions, _today(assistant), candidate, datetime.now(UTC), tell)
    _note_access(assistant, found, options.actor)
    if options.html:
        options.html.write_text(difference_html(found), encoding="utf-8")
    if options.json:
        print_json(difference_value(found))
    else:
        _print(found, options.html)
    return PASSED


def _candidate(options: argparse.Namespace, assistant: Assistant) -> Setting:
    """The edition that a publish would make live, built and not activated, with the registry as it would be."""
    from chatbot.library import given_of, open_library, policy_with
    from chatbot.logged import Setting
    from corpus.products import read_products
    from index.publish import prepare
    from signpost.ingest import assume_of, means_of, note_waiting

    home, store = assistant.home, assistant.store
    products = read_products(options.products) if options.products else None
    given = given_of(home, options.products.read_bytes() if options.products else None)
    with progress("encoding", options.json, "passages") as tell:
        means = means_of(options, home, tell)
        prepared = prepare(home, store, means, options.actor, assume_of(options), products)
    note_waiting(prepared.waiting)
    library = open_library(home, prepared.built.edition, assistant.document, policy_with(given))
    return Setting(library, prepared.registry, assistant.may_show)


def _today(assistant: Assistant) -> Setting:
    from chatbot.logged import Setting

    registry, library = assistant.registry(), assistant.library()
    return Setting(library, registry, assistant.may_show)


def _questions(options: argparse.Namespace, assistant: Assistant, since: datetime | None) -> Questions:
    from chatbot.diff.questions import read_questions
    from chatbot.limits import REVIEW_DIFF_TURNS

    last = None if since else options.last or REVIEW_DIFF_TURNS
    questions = read_questions(assistant.log, last, since)
    if not questions.records:
        note("no reply is on record there, so there is nothing to compare")
    return questions


def _note_access(assistant: Assistant, found: Difference, actor: str) -> None:
    """Whose questions were shown to whom is on record, as anywhere."""
    from chatbot.audit.access import note_access

    shown = sorted({index for each in found.changed for index in each.asked.records})
    note_access(assistant.store.database, actor, "publish --diff", shown)


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise UsageError(f"--since {text}: no day; write it as 2026-11-22") from error


def _print(found: Difference, html: Path | None) -> None:
    if found.changed:
        table = Table("what changes", "kind", "asked", "country", "question", "sources")
        for each in found.changed[:_SHOWN]:
            table.add_row(*_row(each))
        console().print(table)
    if len(found.changed) > _SHOWN:
        print(f"and {len(found.changed) - _SHOWN:,} more; --html and --json have them all")
    for name, (questions, records) in found.counts.items():
        print(f"{name}: {counted(records, 'reply', 'replies')} to {counted(questions, 'question')}")
    read = found.questions
    print(
        f"{len(found.changed):,} of {len(read.asked):,} questions ({found.records:,} of {read.records:,} replies) "
        f"would be answered otherwise; {read.unreadable:,} can't be asked again. Nothing was published."
    )
    if html:
        print(f"{html} shows each change side by side")


def _row(each: Changed) -> tuple[str, str, str, str, str, str]:
    change, asked = each.change, each.asked
    before, after = change.kind
    text = asked.logged.submitted.text
    sources = [
        *(f"- {' '.join(pair)}" for pair in change.citations_removed),
        *(f"+ {' '.join(pair)}" for pair in change.citations_added),
        *(f"{document} {then} → {now}" for document, then, now in change.versions),
    ]
    return (
        ", ".join(change.aspects),
        before if before == after else f"{before} → {after}",
        str(len(asked.records)),
        asked.logged.audience.country,
        text if len(text) <= _QUESTION else f"{text[: _QUESTION - 1]}…",
        "\n".join(sources),
    )
