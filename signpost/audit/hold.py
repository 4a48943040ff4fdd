"""`signpost audit hold`."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, Any

from rich.table import Table

from signpost.arguments import Commands
from signpost.audit.erase import add_subject, subject_of
from signpost.home import open_database_of, open_home, open_keys
from signpost.terminal import PASSED, UsageError, console, print_json

if TYPE_CHECKING:
    from chatbot.audit.holds import Hold, HoldBook, Over

_RANGE = re.compile(r"(\d{1,15})(?:-(\d{1,15}))?", re.ASCII)


def add_hold(commands: Commands) -> None:
    """`audit hold` and its commands."""
    group = commands.group("hold", "Legal holds: what may neither be erased nor retired.", "STEP")
    add = group.add("add", run_add, "Holds the texts of a subject, a conversation, a document or some records.")
    add_subject(add)
    add.add_argument("--conversation", metavar="ID")
    add.add_argument("--document", metavar="NUMBER", help="every reply that cited it")
    add.add_argument("--version", default="", help="of that document; every one unless told")
    add.add_argument("--records", metavar="I[-J]", help="by their indexes, both included")
    add.add_argument("--reason", required=True, metavar="TICKET", help="a ticket or a code; it stays in the log")
    release = group.add("release", run_release, "Ends a hold; what it kept may be erased or retired again.")
    release.add_argument("index", type=int, metavar="N", help="of its record, as `hold list` names it")
    release.add_argument("--reason", required=True, metavar="TICKET", help="a ticket or a code; it stays in the log")
    listed = group.add("list", run_list, "The holds that stand.")
    listed.add_argument("--all", action="store_true", help="those that were released too")


def run_add(options: argparse.Namespace) -> int:
    """`signpost audit hold add`"""
    return _done(options, _book(options).add(_over(options), options.reason, options.actor))


def run_release(options: argparse.Namespace) -> int:
    """`signpost audit hold release`"""
    return _done(options, _book(options).release(options.index, options.reason, options.actor))


def run_list(options: argparse.Namespace) -> int:
    """`signpost audit hold list`"""
    found = [hold for hold in _book(options).all() if options.all or hold.released is None]
    if options.json:
        print_json({"holds": [_value(hold) for hold in found]})
        return PASSED
    table = Table("hold", "over", "since (UTC)", "by", "reason", "released")
    for hold in found:
        ended = "" if hold.released is None else f"by record {hold.released}"
        table.add_row(str(hold.index), str(hold.over), hold.at[:19], hold.actor, hold.reason, ended)
    console().print(table)
    return PASSED


def _book(options: argparse.Namespace) -> HoldBook:
    from chatbot.audit.holds import HoldBook

    home = open_home(options)
    return HoldBook(open_database_of(home, options.database))


def _over(options: argparse.Namespace) -> Over:
    from chatbot.audit.holds import Over

    by_name = any(each is not None for each in (options.portal, options.subject, options.pseudonym))
    if [by_name, *map(bool, (options.conversation, options.document, options.records))].count(True) != 1:
        raise UsageError(
            "name one thing to hold: --portal and --subject, --pseudonym, --conversation, --document or --records"
        )
    if options.version and not options.document:
        raise UsageError("--version is a document's: name it with --document")
    if options.records:
        found = _RANGE.fullmatch(options.records)
        if not found:
            raise UsageError(f"--records {options.records}: write --records 12 or --records 12-20")
        return Over("records", first=int(found[1]), last=int(found[2] or found[1]))
    if options.conversation:
        return Over("conversation", options.conversation)
    if options.document:
        return Over("document", options.document, options.version)
    return Over("subject", subject_of(options, open_keys(open_home(options))))


def _done(options: argparse.Namespace, hold: Hold) -> int:
    if options.json:
        print_json(_value(hold))
    elif hold.released is None:
        print(f"hold {hold.index}: {hold.over} may neither be erased nor retired")
    else:
        print(f"hold {hold.index} is released by record {hold.released}: {hold.over} may be erased and retired again")
    return PASSED


def _value(hold: Hold) -> dict[str, Any]:
    over = hold.over
    held = {"kind": over.kind, "value": over.value, "version": over.version, "first": over.first, "last": over.last}
    said = {"at": hold.at, "actor": hold.actor, "reason": hold.reason, "released": hold.released}
    return {"hold": hold.index, "over": held, **said}
