"""`signpost audit`: each of its commands stands in a module of its own."""

from __future__ import annotations

from signpost import audit_erase, audit_hold, audit_retain
from signpost.arguments import Commands


def add_commands(commands: Commands) -> None:
    """`audit` and its commands."""
    group = commands.group("audit", "The log: what is erased, held and retired.", "WHAT")
    audit_erase.add_erase(group)
    audit_hold.add_hold(group)
    audit_retain.add_retain(group)
