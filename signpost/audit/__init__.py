"""`signpost audit`: the log of everything that was answered and decided. Each of its commands is a module."""

from __future__ import annotations

from signpost.arguments import Commands
from signpost.audit.cited import add_cited
from signpost.audit.erase import add_erase
from signpost.audit.hold import add_hold
from signpost.audit.proofs import add_proofs
from signpost.audit.replay import add_replay
from signpost.audit.retain import add_retain


def add_commands(commands: Commands) -> None:
    """`audit` and its commands."""
    group = commands.group("audit", "The log: verify and prove it, export, run a turn again, erase.", "DO")
    add_proofs(group)
    add_replay(group)
    add_cited(group)
    add_erase(group)
    add_hold(group)
    add_retain(group)
