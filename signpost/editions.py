"""`signpost editions`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from signpost.arguments import Commands
from signpost.home import open_database_of, open_home
from signpost.terminal import FAILED, PASSED, UsageError, counted, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from index.layout import Home
    from index.shrink import Kept

_SHRUNK = "shrunk"  # to its manifest


def add_commands(commands: Commands) -> None:
    """`editions`."""
    editions = commands.add("editions", run_editions, "List, re-check, switch or shrink editions.")
    editions.add_argument("action", nargs="?", default="list", choices=["list", "verify", "activate", "shrink"])
    editions.add_argument("edition", nargs="?", metavar="ID")
    editions.add_argument("--dry-run", action="store_true", help="of shrink: say what would go; nothing is changed")


def run_editions(options: argparse.Namespace) -> int:
    """`signpost editions list|verify|activate|shrink`"""
    home = open_home(options)
    if options.action == "activate":
        return _activate(options, home)
    if options.action == "shrink":
        return _shrink(options, home)
    from index.shrink import kept_editions

    found = [
        kept for kept in kept_editions(home, open_database_of(home, options.database)) if _is_chosen(options, kept)
    ]
    checked = options.action == "verify"
    missing = [] if found or not options.edition else [_missing(home, options.edition)]
    rows = [*missing, *(_row(home, kept, checked=checked) for kept in found)]
    if options.json:
        print_json({"editions": rows})
    else:
        for row in rows:
            print(f"{'*' if row['active'] else ' '} {row['edition']}  {_words(row, checked=checked)}")
    damaged = checked and any(row["state"] not in ("whole", _SHRUNK) for row in rows)
    return FAILED if damaged else PASSED


def _is_chosen(options: argparse.Namespace, kept: Kept) -> bool:
    return not options.edition or kept.edition == f"sha256:{options.edition.removeprefix('sha256:')}"


def _missing(home: Home, edition: str) -> dict[str, Any]:
    name = edition.removeprefix("sha256:")
    state = _checked(home, name)
    return {"edition": f"sha256:{name}", "active": False, "state": state, "kept": "missing", "needed_by": 0}


def _row(home: Home, kept: Kept, *, checked: bool) -> dict[str, Any]:
    state = _checked(home, kept.edition) if checked else "not checked"
    size = _SHRUNK if kept.shrunk else "whole"
    return {"edition": kept.edition, "active": kept.active, "state": state, "kept": size, "needed_by": kept.needed}


def _checked(home: Home, edition: str) -> str:
    from index.errors import IndexingError, ShrunkEdition
    from index.manifest import verify_edition

    try:
        verify_edition(home.edition(edition))
    except ShrunkEdition:
        return _SHRUNK
    except IndexingError as error:
        return str(error)
    return "whole"


def _words(row: dict[str, Any], *, checked: bool) -> str:
    if checked or row["kept"] == "missing":
        return str(row["state"])
    needed = f", needed by {counted(row['needed_by'], 'record')}" if row["needed_by"] else ""
    return f"{row['kept']}{needed}"


def _activate(options: argparse.Namespace, home: Home) -> int:
    from corpus.store import Store
    from index.manifest import activate, building, current_edition

    if not options.edition:
        raise UsageError("name the edition: signpost editions activate ID")
    store = Store(open_database_of(home, options.database))
    with building(home):
        activate(home, options.edition)
        active = current_edition(home)
        store.note_edition(active, options.actor)
    if options.json:
        print_json({"active": active})
    else:
        print(f"{active} is active")
    return PASSED


def _shrink(options: argparse.Namespace, home: Home) -> int:
    from index.shrink import shrink

    if options.edition:
        raise UsageError("shrink takes no edition: what nothing needs shrinks, and nothing else may")
    done = shrink(home, open_database_of(home, options.database), dry_run=options.dry_run)
    if options.json:
        gone = [{"edition": kept.edition, "bytes": kept.bytes} for kept in done.idle]
        print_json({"dry_run": options.dry_run, "shrunk": gone, "shared_files": done.shared})
    else:
        print("\n".join(_shrunk_lines(done.editions, dry=options.dry_run)))
        if done.shared:
            print(f"{counted(done.shared, 'big file')} of editions shared with another one now")
    return PASSED


def _shrunk_lines(editions: Sequence[Kept], *, dry: bool) -> list[str]:
    lines = []
    for kept in editions:
        why = [
            *(["active"] if kept.active else []),
            *(["the one to go back to"] if kept.previous else []),
            *([f"needed by {counted(kept.needed, 'record')}"] if kept.needed else []),
        ]
        shrinks = f"{'would shrink' if dry else 'shrunk'} from {kept.bytes / 1e6:,.1f} MB to its manifest"
        stays = "shrunk already" if kept.shrunk else f"whole: {', '.join(why)}"
        lines.append(f"{kept.edition}  {shrinks if kept.idle else stays}")
    return lines
