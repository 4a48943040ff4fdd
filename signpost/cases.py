"""`signpost cases`: what the console does with safety cases, for a terminal and for scripts."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from unicodedata import category

from rich.table import Table

from chatbot.safety.cases import SafetyCase, clock, words
from signpost.arguments import Commands, positive
from signpost.home import open_database_of, open_home
from signpost.terminal import PASSED, console, print_json

if TYPE_CHECKING:
    from chatbot.safety.book import CaseBook

_SEEN = "reports that were read; refused when there are more by now"


def add_commands(commands: Commands) -> None:
    """`cases` and its commands."""
    group = commands.group("cases", "Safety cases: their clocks, and the steps that people take.", "STEP")
    listed = group.add("list", run_list, "Every open case, overdue ones first; no text.")
    listed.add_argument("--ended", action="store_true", help="those that have ended instead, newest first")
    listed.add_argument("--limit", type=positive, default=100, help="how many at most (100)")
    show = group.add("show", run_show, "One case with what happened to it; its text for the safety role alone.")
    show.add_argument("id", metavar="ID")
    show.add_argument("--role", default="", help="safety, to read what was told")
    receive = group.add("receive", run_receive, "Safety has it, under a reference of its own.")
    receive.add_argument("id", metavar="ID")
    receive.add_argument("--reference", required=True, help="in the safety system")
    receive.add_argument("--as", dest="signer", required=True, metavar="NAME", help="who says so")
    receive.add_argument("--seen", type=positive, help=_SEEN)
    for name, run, text in (
        ("close", run_close, "It is done with: signed by the safety role."),
        ("not-a-case", run_not_a_case, "It never was one: signed by the safety role."),
    ):
        end = group.add(name, run, text)
        end.add_argument("id", metavar="ID")
        end.add_argument("--reason", required=True, help="kept for ever")
        end.add_argument("--as", dest="signer", required=True, metavar="NAME", help="who signs")
        end.add_argument("--role", required=True, help="safety: no other role may")
        end.add_argument("--seen", type=positive, help=_SEEN)


def run_list(options: argparse.Namespace) -> int:
    """`signpost cases list`"""
    now = datetime.now(UTC)
    book = _book(options)
    found = book.ended(0, options.limit) if options.ended else book.cases(now)[: options.limit]
    if options.json:
        print_json({"cases": [_value(case, now) for case in found]})
        return PASSED
    table = Table("case", "told first (UTC)", "state", "clock", "kind", "country", "portal", "reports")
    for case in found:
        told = f"{case.opened_at:%Y-%m-%d %H:%M}"
        where = (case.country or "not known", case.portal or "not known", str(len(case.reports)))
        table.add_row(case.id, told, words(case.state), clock(case, now), words(case.kind), *where)
    console().print(table)
    return PASSED


def run_show(options: argparse.Namespace) -> int:
    """`signpost cases show`"""
    from chatbot.safety.message import shown
    from chatbot.safety.outbox import Outbox
    from chatbot.safety.pages import steps_of

    book, now = _book(options), datetime.now(UTC)
    case = book.case(options.id)
    texts = [shown(text) for text in book.vault.read(case.id, options.role)] if options.role else []
    steps = steps_of(case, Outbox(open_database_of(open_home(options), options.database)).attempts(case.id))
    if options.json:
        happened = [{"at": step.at.isoformat(), "what": step.what, "detail": step.detail} for step in steps]
        print_json({**_value(case, now), "happened": happened, **({"texts": texts} if options.role else {})})
        return PASSED
    due = f"due {case.due_at:%Y-%m-%d %H:%M} UTC"
    print(f"case {case.id}: {words(case.kind)}, {words(case.state)}, {clock(case, now)} ({due})")
    print(f"{case.portal or 'portal not known'}, {case.country or 'country not known'}; {_elements(case)}")
    for step in steps:
        print(f"{step.at:%Y-%m-%d %H:%M:%S}  {step.what}{f': {step.detail}' if step.detail else ''}")
    for report, text in zip(case.reports, texts, strict=False):
        print(f"\nReport {report.sequence}{' (cut: it went on)' if report.cut else ''}:\n{_safe(text)}")
    if not options.role:
        print("what was told is for the safety role: --role safety")
    return PASSED


def run_receive(options: argparse.Namespace) -> int:
    """`signpost cases receive`"""
    given = (options.reference, datetime.now(UTC), options.signer, options.seen)
    return _done(options, _book(options).receive(options.id, *given))


def run_close(options: argparse.Namespace) -> int:
    """`signpost cases close`"""
    signed = (options.reason, options.signer, options.role, datetime.now(UTC), options.seen)
    return _done(options, _book(options).close(options.id, *signed))


def run_not_a_case(options: argparse.Namespace) -> int:
    """`signpost cases not-a-case`"""
    signed = (options.reason, options.signer, options.role, datetime.now(UTC), options.seen)
    return _done(options, _book(options).not_a_case(options.id, *signed))


def _book(options: argparse.Namespace) -> CaseBook:
    from chatbot.safety.book import open_cases_of

    home = open_home(options)
    return open_cases_of(home, open_database_of(home, options.database))


def _done(options: argparse.Namespace, case: SafetyCase) -> int:
    if options.json:
        print_json(_value(case, datetime.now(UTC)))
    else:
        print(f"case {case.id} is {words(case.state)} now")
    return PASSED


def _value(case: SafetyCase, now: datetime) -> dict[str, Any]:
    return {
        "id": case.id,
        "state": case.state,
        "kind": case.kind,
        "portal": case.portal,
        "country": case.country,
        "opened_at": case.opened_at.isoformat(),
        "due_at": case.due_at.isoformat(),
        "overdue": case.overdue(now),
        "clock": clock(case, now),
        "reports": len(case.reports),
        "elements": list(case.elements),
    }


def _elements(case: SafetyCase) -> str:
    return f"seems to have: {', '.join(case.elements) or 'none of the four elements'}"


def _safe(text: str) -> str:
    """Without what a terminal would obey."""
    return "".join("\ufffd" if category(c) == "Cc" and c not in "\n\t" else c for c in text)
