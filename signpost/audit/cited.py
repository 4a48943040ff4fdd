"""`signpost audit cited`."""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rich.table import Table

from signpost.arguments import Commands
from signpost.home import open_database_of, open_home
from signpost.terminal import PASSED, UsageError, console, counted, print_json

if TYPE_CHECKING:
    from chatbot.audit.citing import Cited

_SHOWN = 50  # rows of a table on a terminal; --json and --csv have all of them
_FIELDS = ("index", "at", "kind", "portal", "country", "conversation", "pseudonym", "versions", "quote_sha256")


def add_cited(commands: Commands) -> None:
    """`audit cited`."""
    text = "Every reply that cited a document: its quotes and the safety information beside them."
    cited = commands.add("cited", run_cited, text)
    cited.add_argument("document", metavar="DOCUMENT", help="its number")
    cited.add_argument("--version", help="only this version")
    cited.add_argument("--csv", action="store_true", help="CSV on stdout, one row a reply")


def run_cited(options: argparse.Namespace) -> int:
    """`signpost audit cited`"""
    from chatbot.audit.citing import CitedBook

    if options.csv and options.json:
        raise UsageError("choose one of --csv and --json")
    book = CitedBook(open_database_of(open_home(options), options.database))
    book.check(options.document, options.version)
    rows = book.replies(options.document, options.version)
    if options.csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(_FIELDS)
        writer.writerows(_row(each) for each in rows)
        return PASSED
    found = list(rows)
    if options.json:
        replies = [dict(zip(_FIELDS, _listed(each), strict=True)) for each in found]
        named = {"document": options.document, "version": options.version}
        print_json({**named, "counts": _counts(found), "replies": replies})
    else:
        _print(options, found)
    return PASSED


def _print(options: argparse.Namespace, found: list[Cited]) -> None:
    if found:
        table = Table("record", "at", "kind", "portal", "country", "conversation", "pseudonym", "versions", "quotes")
        for each in found[:_SHOWN]:
            table.add_row(
                *(str(each.index), each.at[:19], each.kind, each.portal, each.country, each.conversation[:13]),
                *(each.pseudonym[:12], ", ".join(each.versions), str(len(each.quotes))),
            )
        console().print(table)
    if len(found) > _SHOWN:
        print(f"and {len(found) - _SHOWN:,} more; --csv and --json have them all")
    counts, version = _counts(found), f" version {options.version}" if options.version else ""
    replies = counted(counts["replies"], "reply", "replies")
    conversations = counted(counts["conversations"], "conversation")
    readers = counted(counts["pseudonyms"], "reader")
    print(f"{options.document}{version} was cited in {replies} of {conversations}, to {readers}")


def _counts(found: list[Cited]) -> dict[str, int]:
    return {
        "replies": len(found),
        "conversations": len({each.conversation for each in found}),
        "pseudonyms": len({each.pseudonym for each in found}),
    }


def _listed(each: Cited) -> Iterator[Any]:
    yield from (each.index, each.at, each.kind, each.portal, each.country, each.conversation, each.pseudonym)
    yield from (list(each.versions), list(each.quotes))


def _row(each: Cited) -> list[Any]:
    return [" ".join(value) if isinstance(value, list) else value for value in _listed(each)]
