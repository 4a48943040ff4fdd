"""`signpost audit retain`."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from signpost.arguments import Commands
from signpost.home import open_database_of, open_home
from signpost.terminal import PASSED, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from chatbot.audit.retention import Retired


def add_retain(commands: Commands) -> None:
    """`audit retain`."""
    retain = commands.add("retain", run_retain, "Takes the texts whose time is over, by the home's retention.toml.")
    retain.add_argument("--dry-run", action="store_true", help="say what would go; nothing is changed")


def run_retain(options: argparse.Namespace) -> int:
    """`signpost audit retain`"""
    from chatbot.audit.retention import due, read_rules, retire

    home, now = open_home(options), datetime.now(UTC)
    rules = read_rules(home.retention)
    database = open_database_of(home, options.database)
    if options.dry_run:
        found = due(database, rules, now)
    else:
        found = retire(database, rules, options.actor, now) if rules else []
    if options.json:
        rows = [
            {"rule": each.rule.name, "days": each.rule.days, "rows": each.rows, "held": each.held} for each in found
        ]
        print_json({"dry_run": options.dry_run, "retired": rows})
    else:
        print("\n".join(_lines(found, home.retention, dry=options.dry_run)))
    return PASSED


def _lines(found: Sequence[Retired], file: Path, *, dry: bool) -> list[str]:
    if not found:
        return [f"{file} has no rules: everything is kept"]
    went = "would go" if dry else "went"
    return [
        f"{each.rule.name}: {each.rows} older than {each.rule.days} days {went}"
        + (f", {each.held} stay for a legal hold" if each.held else "")
        for each in found
    ]
