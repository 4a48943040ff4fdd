"""`signpost withdraw`, `reinstate`, `amend` and `proposals`: what a person decides of an approval, with the reason."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from signpost.arguments import Commands
from signpost.home import open_database_of, open_home
from signpost.terminal import PASSED, UsageError, console, now, print_json

if TYPE_CHECKING:
    from corpus.model import Approval
    from corpus.proposals import Proposal, Verdict
    from corpus.registry import Entry, Event, Key, Registry
    from corpus.store import Store


def add_commands(commands: Commands) -> None:
    """`withdraw`, `reinstate`, `amend` and `proposals`."""
    withdraw = commands.add("withdraw", run_withdraw, "End a document's approval, from the next question on.")
    reinstate = commands.add("reinstate", run_reinstate, "Take a withdrawal back, from the next question on.")
    amend = commands.add("amend", run_amend, "Change what an approval says, such as its expiry; the bytes stay.")
    for command in (withdraw, reinstate, amend):
        command.add_argument("document", metavar="DOCUMENT")
        command.add_argument("--version", help="only this version")
        command.add_argument("--only-country", type=str.upper, help="only for this country")
        command.add_argument("--reason", required=True, help="kept for ever")
    form = "written as in a catalogue; may be repeated, and nothing after = empties it"
    amend.add_argument("--set", action="append", required=True, metavar="FIELD=VALUE", help=form)
    proposals = commands.add("proposals", run_proposals, "List what a sync proposes to withdraw, accept or reject it.")
    proposals.add_argument("action", nargs="?", default="list", choices=["list", "accept", "reject"])
    proposals.add_argument("numbers", nargs="*", type=int, metavar="NUMBER")
    proposals.add_argument("--reason", default="", help="kept for ever")


def run_withdraw(options: argparse.Namespace) -> int:
    """`signpost withdraw`"""
    from corpus.lifecycle import withdrawal_events

    store = _store(options)
    keys = _keys(store, options, lambda entry: not entry.withdrawn, "withdraw")
    events, version = _decide(
        store, lambda present: withdrawal_events(present, keys, options.actor, now(), options.reason)
    )
    return _report(options, "withdrawn", keys, events, version)


def run_reinstate(options: argparse.Namespace) -> int:
    """`signpost reinstate`"""
    from corpus.lifecycle import reinstatement_events

    store = _store(options)
    keys = _one_version(_keys(store, options, lambda entry: entry.withdrawn, "reinstate"), options)
    events, version = _decide(
        store, lambda present: reinstatement_events(present, keys, options.actor, now(), options.reason)
    )
    return _report(options, "reinstated", keys, events, version)


def run_amend(options: argparse.Namespace) -> int:
    """`signpost amend`"""
    from corpus.catalogue import amended
    from corpus.lifecycle import amendment_events

    values = _assignments(options.set)
    store = _store(options)
    keys = _one_version(_keys(store, options, lambda entry: True, "amend"), options)

    def decided(present: Registry) -> list[Event]:
        changes = {key: amended(present.entries[key].approval, values) for key in keys}
        return amendment_events(present, changes, options.actor, now(), options.reason)

    events, version = _decide(store, decided)
    changed = [event.key for event in events if event.type == "amend"]
    if not changed:
        raise UsageError(f"'{options.document}' says so already: {', '.join(options.set)}; nothing was changed")
    return _report(options, "amended", changed, events, version)


def run_proposals(options: argparse.Namespace) -> int:
    """`signpost proposals list|accept|reject`"""
    from corpus.proposal_book import ProposalBook

    book = ProposalBook(open_database_of(open_home(options), options.database))
    if options.action == "list":
        if options.numbers:
            raise UsageError("say what becomes of them: signpost proposals accept|reject NUMBER --reason TEXT")
        return _list_proposals(book.open(), options)
    if not options.numbers:
        raise UsageError(f"name proposals by number: signpost proposals {options.action} NUMBER --reason TEXT")
    verdict: Verdict = "accepted" if options.action == "accept" else "rejected"
    decided, registry = book.decide(options.numbers, verdict, options.actor, now(), options.reason)
    withdrawn = [" ".join(each.key) for proposal in decided for each in proposal.approvals]
    if options.json:
        value = {verdict: [proposal.number for proposal in decided], "registry_version": registry.version}
        print_json({**value, "withdrawn": withdrawn if verdict == "accepted" else []})
    elif verdict == "accepted":
        print(f"withdrawn from the next question on: {'; '.join(withdrawn) or 'nothing that was published'}")
    else:
        print(f"{len(decided)} rejected: nothing changes, and they aren't proposed again while their files are gone")
    return PASSED


def _list_proposals(proposals: Sequence[Proposal], options: argparse.Namespace) -> int:
    rows = [
        {
            "number": proposal.number,
            "file": proposal.file,
            "since": proposal.at,
            "documents": [" ".join(each.key) for each in proposal.approvals],
            "waiting": [" ".join(each.key) for each in proposal.waiting],
        }
        for proposal in proposals
    ]
    if options.json:
        print_json({"proposals": rows})
        return PASSED
    table = Table("number", "file that is gone", "since", "its documents")
    for proposal in proposals:
        table.add_row(str(proposal.number), Path(proposal.file).name, proposal.at[:10], _named(proposal))
    console().print(table)
    return PASSED


def _named(proposal: Proposal) -> str:
    waiting = [f"{' '.join(each.key)} (waits for publish)" for each in proposal.waiting]
    return "; ".join([*(" ".join(each.key) for each in proposal.approvals), *waiting])


def _store(options: argparse.Namespace) -> Store:
    from corpus.store import Store

    if not options.reason.strip():
        raise UsageError("give the reason: --reason TEXT")
    return Store(open_database_of(open_home(options), options.database))


def _keys(store: Store, options: argparse.Namespace, wanted: Callable[[Entry], bool], verb: str) -> list[Key]:
    """The approvals that the options name and the command is for; raises ``NotFound`` and ``UsageError``."""
    registry = store.registry()
    waiting = [each for staging in store.stagings() for each in staging.approvals]
    if all(key[0] != options.document for key in registry.entries) and _is_of(waiting, options.document):
        raise UsageError(f"'{options.document}' waits for publish: nothing to {verb} yet; change its row and ingest it")
    keys = [
        entry.approval.key
        for entry in registry.versions(options.document)
        if options.version in (None, entry.approval.version)
        and options.only_country in (None, entry.approval.country)
        and wanted(entry)
    ]
    if not keys:
        raise UsageError(f"nothing of '{options.document}' is left to {verb}; `signpost documents` shows its state")
    return keys


def _is_of(approvals: Iterable[Approval], document: str) -> bool:
    return any(approval.document_number == document for approval in approvals)


def _one_version(keys: list[Key], options: argparse.Namespace) -> list[Key]:
    """``keys``, unless they are of several versions, of which one may have been taken out for a reason of its own."""
    versions = sorted({key[1] for key in keys})
    if len(versions) > 1:
        raise UsageError(f"'{options.document}' has versions {', '.join(versions)}; name one with --version")
    return keys


def _assignments(given: Iterable[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for text in given:
        name, mark, value = text.partition("=")
        if not mark or name.strip() in values:
            raise UsageError(f"'{text}': write --set FIELD=VALUE, each field once, such as --set expires_on=2030-12-31")
        values[name.strip()] = value.strip()
    return values


def _decide(store: Store, events_for: Callable[[Registry], list[Event]]) -> tuple[list[Event], int]:
    """The events that were appended, and the registry version after them."""
    made: list[Event] = []

    def noted(present: Registry) -> list[Event]:
        made[:] = events_for(present)
        return made

    return made, store.decide(noted).version


def _report(options: argparse.Namespace, verb: str, keys: list[Key], events: list[Event], version: int) -> int:
    """What was done, and what follows from it for other versions."""
    names = [" ".join(key) for key in keys]
    follows = [f"{' '.join(event.key)}: {event.reason}" for event in events if event.type == "supersede"]
    if options.json:
        value: dict[str, Any] = {verb: names, "registry_version": version}
        print_json({**value, "follows": follows} if follows else value)
        return PASSED
    print(f"{verb} from the next question on: {'; '.join(names)} (registry version {version})")
    for line in follows:
        print(f"  {line}")
    return PASSED
