"""`signpost documents`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from corpus.registry import Standing
from signpost.arguments import Commands
from signpost.home import open_database_of, open_home
from signpost.signoff import decide
from signpost.terminal import PASSED, UsageError, console, now, print_json, shown

if TYPE_CHECKING:
    from corpus.staging import Staging
    from corpus.states import Change, State
    from corpus.store import Store

_WAITS = "staged, waits for publish"


def add_commands(commands: Commands) -> None:
    """`documents`."""
    documents = commands.add("documents", run_documents, "List documents with their state; accept or reject one.")
    documents.add_argument("action", nargs="?", default="list", choices=["list", "accept", "reject"])
    documents.add_argument("document", nargs="?", metavar="DOCUMENT", help="its number, its file's name, or its digest")
    documents.add_argument("--version", help="the version, where the number has several")
    documents.add_argument("--reason", default="", help="of accept and reject: kept for ever")
    documents.add_argument("--history", metavar="DOCUMENT", help="who decided what of this document, when and why")


def run_documents(options: argparse.Namespace) -> int:
    """`signpost documents [list|accept|reject]`"""
    from corpus.store import Store

    store = Store(open_database_of(open_home(options), options.database))
    if options.action == "list":
        return _list(options, store)
    found = _with_findings(store, options.document) if options.action == "accept" else []
    return _accept(options, store, found) if found else decide(options)


def _with_findings(store: Store, name: str | None) -> list[Staging]:
    """The quarantined files that ``name`` means, of those in which something was found."""
    names = (name, str(Path(name or "").resolve()))
    return [each for each in store.stagings() if each.findings and (each.file in names or Path(each.file).name == name)]


def _accept(options: argparse.Namespace, store: Store, chosen: Sequence[Staging]) -> int:
    """Of the same bytes once, whatever they are called."""
    from corpus.findings import Acceptance, finding_values

    if not options.reason.strip():
        raise UsageError("give the reason: signpost documents accept FILE --reason TEXT")
    for each in {staging.source_sha256: staging for staging in chosen}.values():
        store.accept(Acceptance(each.source_sha256, each.findings, options.actor, now(), options.reason.strip()))
    accepted = [
        {"file": each.file, "sha256": each.source_sha256, "findings": finding_values(each.source_sha256, each.findings)}
        for each in chosen
    ]
    if options.json:
        print_json({"accepted": accepted})
    else:
        files = ", ".join(each.file for each in chosen)
        print(
            f"accepted for the record by {options.actor}: {files}; ingest it again to stage it without what was found"
        )
    return PASSED


def _list(options: argparse.Namespace, store: Store) -> int:
    from corpus.findings import finding_values
    from corpus.states import states
    from corpus.waiting import waiting

    if options.history:
        return _print_history(store, options)
    stagings, registry = store.stagings(), store.registry()
    found = states(registry, stagings, datetime.now(UTC))
    known = {state.approval.source_sha256 for state in found if state.standing is not Standing.WAITING}
    held = {each.staging.file: each.reason for each in waiting(store, registry)}
    files: list[dict[str, Any]] = [
        {
            "file": Path(s.file).name,
            "state": _staged_state(s, held),
            "reason": s.reason or held.get(s.file, ""),
            "findings": finding_values(s.source_sha256, s.findings),
        }
        for s in stagings
        if s.source_sha256 not in known or s.file in held
    ]
    if options.json:
        print_json({"documents": [_row(state) for state in found], "not_published": files})
        return PASSED
    table = Table("document", "version", "country", "state", "changes", "effective", "expires", "title")
    for state in found:
        row = _row(state)
        said = row["state"] + (" (assumed)" if row["assumed"] and state.standing is Standing.IN_FORCE else "")
        changes = f"{row['becomes']} from {row['changes_on']}" if state.becomes else ""
        dates = (row["effective_on"], row["expires_on"] or "")
        table.add_row(row["document"], row["version"], row["country"], said, changes, *dates, row["title"])
    for item in files:
        if item["state"] != _WAITS:  # those stand above, by their documents
            table.add_row(item["file"], "", "", item["state"], "", "", "", item["reason"])
    console().print(table)
    return PASSED


def _row(state: State) -> dict[str, Any]:
    """One approval as `documents` lists it; ``changes_on`` is the local day from which it is ``becomes``."""
    approval = state.approval
    return {
        "document": approval.document_number,
        "version": approval.version,
        "country": approval.country,
        "title": approval.title,
        "state": str(state.standing),
        "assumed": approval.assumed,
        "effective_on": approval.effective_on.isoformat(),
        "expires_on": approval.expires_on.isoformat() if approval.expires_on else None,
        "changes_on": state.changes_on.isoformat() if state.changes_on else None,
        "becomes": str(state.becomes) if state.becomes else None,
    }


def _print_history(store: Store, options: argparse.Namespace) -> int:
    """Every event of one document, with what an amendment changed."""
    from corpus.states import history_of

    changes = history_of(store.history(), options.history)
    if options.json:
        print_json({"document": options.history, "events": [_change_row(change) for change in changes]})
        return PASSED
    table = Table("number", "at", "event", "version", "country", "actor", "reason")
    for change in changes:
        event = change.event
        said = [f"{field}: {shown(before)} → {shown(after)}" for field, before, after in change.amended]
        reason = "; ".join([event.reason, *said])
        table.add_row(str(event.sequence), event.at[:19], event.type, event.version, event.country, event.actor, reason)
    console().print(table)
    return PASSED


def _change_row(change: Change) -> dict[str, Any]:
    event = change.event
    return {
        "number": event.sequence,
        "at": event.at,
        "event": event.type,
        "version": event.version,
        "country": event.country,
        "actor": event.actor,
        "reason": event.reason,
        "amended": {field: [shown(before), shown(after)] for field, before, after in change.amended},
    }


def _staged_state(staging: Staging, held: Mapping[str, str]) -> str:
    if staging.reason:
        return "quarantined"
    if staging.file in held:
        return "staged, waits for a person"
    return _WAITS if staging.approvals else "staged, unapproved"
