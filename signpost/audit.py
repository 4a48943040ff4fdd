"""`signpost audit`: the log of everything that was answered and decided. Each of its commands is a module."""

from __future__ import annotations

from signpost.arguments import Commands
from signpost.audit_cited import add_cited
from signpost.audit_erase import add_erase
from signpost.audit_hold import add_hold
from signpost.audit_replay import add_replay
from signpost.audit_retain import add_retain


def add_commands(commands: Commands) -> None:
    """`audit` and its commands."""
    group = commands.group("audit", "The log: run a turn again, see who was told what, erase, hold, retire.", "DO")
    add_replay(group)
    add_cited(group)
    add_erase(group)
    add_hold(group)
    add_retain(group)
