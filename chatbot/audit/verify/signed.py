"""Checkpoints against the tree. A part of the log knows the right end of a frontier; the left end is told by the whole.

So a part compares what it can, and hands the rest on: the left ends that were claimed, mostly one, and the checkpoints
that don't fit, to be judged with the true one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select

from chatbot.audit.verify.faults import Faults
from chatbot.audit.verify.tree import PART_LEVEL, root_over
from chatbot.limits import LOG_BATCH
from corpus.proofs.merkle import HASH_BYTES
from corpus.proofs.note import Checkpoint, Unsigned, told, verified
from corpus.tables import checkpoints

if TYPE_CHECKING:
    from chatbot.audit.verify.part import Task


@dataclass(frozen=True, slots=True)
class Claim:
    """What a checkpoint says of the tree, and what is kept beside it."""

    size: int
    root: bytes
    frontier: bytes


@dataclass(slots=True)
class Claims:
    """What a part of the log hands on."""

    lefts: dict[bytes, int] = field(default_factory=dict)  # claimed left ends, and the first size that claims them
    unfit: list[tuple[Claim, list[bytes]]] = field(default_factory=list)  # with the true right end; the first ones
    end: Claim | None = None  # of the part's own end: there the whole tree has another frontier
    count: int = 0  # checkpoints compared

    def compare(self, claim: Claim, nodes: Sequence[bytes]) -> None:
        """One checkpoint with the right end as it is."""
        self.count += 1
        right = b"".join(nodes)
        if not claim.size & (1 << PART_LEVEL) - 1:
            self.end = claim
        elif claim.frontier.endswith(right) and _has_root(claim):
            self.lefts.setdefault(claim.frontier[: len(claim.frontier) - len(right)], claim.size)
        elif len(self.unfit) < LOG_BATCH:
            self.unfit.append((claim, list(nodes)))


def read_claims(connection: Connection, first: int, last: int, task: Task, faults: Faults) -> Mapping[int, Claim]:
    """The checkpoints whose last record is one of these, each one's form and signature checked."""
    span = checkpoints.c.size > first, checkpoints.c.size <= last
    found = {}
    for row in connection.execute(select(checkpoints).where(*span).order_by(checkpoints.c.size)):
        point = check_note(row.note, row.size, task, faults)
        if point is not None:
            found[row.size] = Claim(row.size, point.root, bytes(row.frontier))
    return found


def check_note(note: str, size: int, task: Task, faults: Faults) -> Checkpoint | None:
    """What a saved note says, if it is one of this log, of this size and signed."""
    try:
        point = told(note)
    except Unsigned as error:
        faults.add("checkpoint_form", size, f"the checkpoint of {size} records: {error}")
        return None
    if point.size != size or point.origin != task.origin:
        what = f"the checkpoint kept as that of {size} records says {point.size} of {point.origin}"
        faults.add("checkpoint_form", size, what)
        return None
    try:
        verified(note, task.trusted)
    except Unsigned as error:
        faults.add("checkpoint_signature", size, f"the checkpoint of {size} records: {error}")
        return None
    return point


def judge(claim: Claim, frontier: Sequence[bytes], faults: Faults) -> None:
    """A checkpoint and the true frontier: its root says whether the log was changed, or only what is kept beside it."""
    if root_over(claim.size, frontier) != claim.root:
        rewritten(claim.size, "its checkpoint", faults)
    elif b"".join(frontier) != claim.frontier:
        faults.add("checkpoint_frontier", claim.size, f"what is kept beside the checkpoint of {claim.size} is wrong")


def judge_lefts(claims: Claims, left: Sequence[bytes], faults: Faults) -> None:
    """Checkpoints whose root follows from another left end: they were signed over other records."""
    true = b"".join(left)
    for claimed, size in claims.lefts.items():
        if claimed != true:
            rewritten(size, "its checkpoint", faults)


def rewritten(size: int, where: str, faults: Faults) -> None:
    """The log isn't what was signed."""
    faults.add("rewritten", size, f"the first {size} records aren't those that {where} was signed over")


def _has_root(claim: Claim) -> bool:
    nodes = [claim.frontier[at : at + HASH_BYTES] for at in range(0, len(claim.frontier), HASH_BYTES)]
    try:
        return root_over(claim.size, nodes) == claim.root
    except ValueError:
        return False
