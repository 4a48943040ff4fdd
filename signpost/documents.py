"""`signpost editions`, `signpost documents` and `signpost withdraw`."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from corpus.model import Audience
from signpost.arguments import Commands
from signpost.home import open_database_of, open_home
from signpost.terminal import FAILED, PASSED, UsageError, console, now, print_json

if TYPE_CHECKING:
    from corpus.store import Staging


def add_commands(commands: Commands) -> None:
    """`editions`, `documents` and `withdraw`."""
    editions = commands.add("editions", run_editions, "List, re-check or switch editions.")
    editions.add_argument("action", nargs="?", default="list", choices=["list", "verify", "activate"])
    editions.add_argument("edition", nargs="?", metavar="ID")
    commands.add("documents", run_documents, "List documents with their state.")
    withdraw = commands.add("withdraw", run_withdraw, "End a document's approval, from the next question on.")
    withdraw.add_argument("document", metavar="DOCUMENT")
    withdraw.add_argument("--version", help="only this version")
    withdraw.add_argument("--only-country", type=str.upper, help="only for this country")
    withdraw.add_argument("--reason", required=True)


def run_editions(options: argparse.Namespace) -> int:
    """`signpost editions list|verify|activate`"""
    from index.build import activate
    from index.edition import current_edition, verify_edition
    from index.errors import IndexingError, NoEdition

    home = open_home(options)
    if options.action == "activate":
        if not options.edition:
            raise UsageError("name the edition: signpost editions activate ID")
        activate(home, options.edition)
        if options.json:
            print_json({"active": current_edition(home)})
        else:
            print(f"{current_edition(home)} is active")
        return PASSED
    try:
        active: str | None = current_edition(home)
    except NoEdition:
        active = None
    rows = []
    chosen = [options.edition.removeprefix("sha256:")] if options.edition else None
    names = sorted(p.name for p in home.editions.glob("*") if p.is_dir() and not p.name.startswith("."))
    for name in chosen or names:
        state = "not checked"
        if options.action == "verify":
            try:
                verify_edition(home.edition(name))
                state = "whole"
            except IndexingError as error:
                state = str(error)
        rows.append({"edition": f"sha256:{name}", "active": f"sha256:{name}" == active, "state": state})
    if options.json:
        print_json({"editions": rows})
    else:
        for row in rows:
            print(f"{'*' if row['active'] else ' '} {row['edition']}  {row['state']}")
    damaged = options.action == "verify" and any(row["state"] != "whole" for row in rows)
    return FAILED if damaged else PASSED


def run_documents(options: argparse.Namespace) -> int:
    """`signpost documents`"""
    from corpus.registry import Standing
    from corpus.store import Store

    store = Store(open_database_of(open_home(options)))
    registry = store.registry()
    now = datetime.now(UTC)
    rows: list[dict[str, Any]] = []
    for key, entry in sorted(registry.entries.items()):
        approval = entry.approval
        role = approval.roles[0] if approval.roles else ""
        audience = Audience(approval.country, role, "", approval.language)
        rows.append(
            {
                "document": key[0],
                "version": key[1],
                "country": key[2],
                "title": approval.title,
                "state": str(registry.standing(key, audience, now)),
                "assumed": approval.assumed,
                "effective_on": approval.effective_on.isoformat(),
                "expires_on": approval.expires_on.isoformat() if approval.expires_on else None,
            }
        )
    known = {entry.approval.source_sha256 for entry in registry.entries.values()}
    staged = [
        {"file": Path(s.file).name, "state": _staged_state(s), "reason": s.reason}
        for s in store.stagings()
        if s.source_sha256 not in known
    ]
    if options.json:
        print_json({"documents": rows, "not_published": staged})
        return PASSED
    table = Table("document", "version", "country", "state", "effective", "expires", "title")
    for row in rows:
        state = row["state"] + (" (assumed)" if row["assumed"] and row["state"] == Standing.IN_FORCE else "")
        dates = (row["effective_on"], row["expires_on"] or "")
        table.add_row(row["document"], row["version"], row["country"], state, *dates, row["title"])
    for item in staged:
        table.add_row(item["file"], "", "", item["state"], "", "", item["reason"])
    console().print(table)
    return PASSED


def run_withdraw(options: argparse.Namespace) -> int:
    """`signpost withdraw`"""
    from corpus.registry import withdrawal_events
    from corpus.store import Store

    store = Store(open_database_of(open_home(options)))
    if not options.reason.strip():
        raise UsageError("give the reason: --reason TEXT")
    registry = store.registry()
    keys = [
        entry.approval.key
        for entry in registry.versions(options.document)
        if options.version in (None, entry.approval.version)
        and options.only_country in (None, entry.approval.country)
        and not entry.withdrawn
    ]
    if not keys:
        raise UsageError(f"nothing of '{options.document}' is left to withdraw; `signpost documents` shows its state")
    registry = store.decide(lambda present: withdrawal_events(present, keys, options.actor, now(), options.reason))
    withdrawn = [" ".join(key) for key in keys]
    if options.json:
        print_json({"withdrawn": withdrawn, "registry_version": registry.version})
    else:
        print(f"withdrawn from the next question on: {'; '.join(withdrawn)} (registry version {registry.version})")
    return PASSED


def _staged_state(staging: Staging) -> str:
    if staging.reason:
        return "quarantined"
    return "staged, waits for publish" if staging.approvals else "staged, unapproved"
