"""What was signed of the log, and proofs that what stands in it is what was signed."""

from __future__ import annotations

import base64
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from chatbot.errors import AuditDamaged
from corpus.errors import NotFound
from corpus.ledger import KEPT_LEVELS
from corpus.proofs.merkle import (
    Unproven,
    check_consistency,
    check_inclusion,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
)
from corpus.proofs.note import Checkpoint, told
from corpus.tables import checkpoints, log_nodes, records

_BLOCK = 8  # two to this many nodes are read at once
_BLOCKS = 64  # of them are kept
_NEWEST = select(checkpoints).order_by(checkpoints.c.size.desc()).limit(1)


@dataclass(frozen=True, slots=True)
class Inclusion:
    """A record, a checkpoint, and the hashes that lead from one to the other."""

    index: int
    leaf: bytes
    note: str  # the checkpoint
    proof: tuple[bytes, ...]

    @property
    def hash(self) -> str:
        """The leaf's, in hex."""
        return leaf_hash(self.leaf).hex()

    @property
    def checkpoint(self) -> Checkpoint:
        """What the note says."""
        return told(self.note)

    def value(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "index": self.index,
            "leaf": self.leaf.decode(),
            "hash": f"sha256:{self.hash}",
            "proof": base64s(self.proof),
            "checkpoint": self.note,
        }


@dataclass(frozen=True, slots=True)
class Consistency:
    """A checkpoint, a later one, and the hashes that show that nothing before the first was changed by the second."""

    note: str
    later: str
    proof: tuple[bytes, ...]

    def value(self) -> dict[str, Any]:
        """As JSON."""
        return {"note": self.note, "proof": base64s(self.proof)}


def newest_checkpoint(connection: Connection) -> Row[Any] | None:
    """The row of the newest checkpoint."""
    return connection.execute(_NEWEST).one_or_none()


def newest_note(connection: Connection) -> str:
    """The newest checkpoint; raises ``NotFound`` where nothing is signed."""
    row = newest_checkpoint(connection)
    if row is None:
        raise NotFound(
            "the log has no checkpoint yet: `signpost serve` signs it, and so does each command that adds to it"
        )
    return str(row.note)


def note_of(connection: Connection, size: int) -> str:
    """The checkpoint of this size; raises ``NotFound`` and names the nearest ones."""
    found = connection.execute(select(checkpoints.c.note).where(checkpoints.c.size == size)).scalar()
    if found is not None:
        return str(found)
    below = select(checkpoints.c.size).where(checkpoints.c.size < size).order_by(checkpoints.c.size.desc()).limit(1)
    above = select(checkpoints.c.size).where(checkpoints.c.size > size).order_by(checkpoints.c.size).limit(1)
    near = [str(each) for query in (below, above) for each in connection.execute(query).scalars()]
    raise NotFound(f"no checkpoint of {size} records was signed; the nearest have {' and '.join(near) or 'none'}")


def prove(connection: Connection, index: int) -> Inclusion:
    """Shows the record at ``index`` to be in the newest checkpoint.

    Raises ``NotFound`` when none covers it, and ``AuditDamaged`` when the log isn't what was signed.
    """
    note = newest_note(connection)
    point = told(note)
    leaf = connection.execute(select(records.c.leaf).where(records.c.idx == index)).scalar()
    if leaf is None:
        raise NotFound(f"the log has no record {index}")
    if index >= point.size:
        raise NotFound(f"record {index} is in no checkpoint yet: the newest covers {point.size}; try again in a second")
    return inclusion(Nodes(connection), index, bytes(leaf), note)


def inclusion(nodes: Nodes, index: int, leaf: bytes, note: str) -> Inclusion:
    """Shows a leaf to be in a checkpoint that covers it; raises ``AuditDamaged``."""
    point = told(note)
    try:
        proof = inclusion_proof(nodes, index, point.size)
        check_inclusion(leaf_hash(leaf), index, point.size, proof, point.root)
    except (Unproven, LookupError) as error:
        raise AuditDamaged(f"record {index}: {error}; `signpost audit verify` names what was changed") from error
    return Inclusion(index, leaf, note, tuple(proof))


def consistent(nodes: Nodes, note: str, later: str) -> Consistency:
    """Shows that ``later`` says the same as ``note`` of what both cover; raises ``AuditDamaged``."""
    old, new = told(note), told(later)
    try:
        proof = consistency_proof(nodes, old.size, new.size)
        check_consistency(old.size, old.root, new.size, new.root, proof)
    except (Unproven, LookupError) as error:
        raise AuditDamaged(f"{error}; `signpost audit verify` names what was changed") from error
    return Consistency(note, later, tuple(proof))


class Nodes:
    """The tree's nodes as proofs ask for them, read and hashed in blocks of 256, of which the last ones are kept.

    For one connection's snapshot: a block at the log's end grows.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._blocks: OrderedDict[tuple[int, int], list[list[bytes]]] = OrderedDict()

    def __call__(self, level: int, index: int) -> bytes:
        """The node; raises ``LookupError`` where what it is made of is missing."""
        kept = max((each for each in KEPT_LEVELS if each <= level), default=0)
        height = level - kept
        block, place = divmod(index, 1 << (_BLOCK - height))
        return self._block(kept, block)[height][place]

    def _block(self, kept: int, block: int) -> list[list[bytes]]:
        """The nodes over a block: of its own level, and all complete ones above."""
        known = self._blocks.get((kept, block))
        if known is None:
            known = [self._read(kept, block << _BLOCK, (block + 1) << _BLOCK)]
            while len(known[-1]) > 1:
                below = known[-1]
                known.append([node_hash(*below[at : at + 2]) for at in range(0, len(below) & ~1, 2)])
            self._blocks[kept, block] = known
            if len(self._blocks) > _BLOCKS:
                self._blocks.popitem(last=False)
        return known

    def _read(self, kept: int, first: int, last: int) -> list[bytes]:
        if kept:
            place, hashed = log_nodes.c.position, log_nodes.c.hash
            query = select(place, hashed).where(log_nodes.c.level == kept, place >= first, place < last)
        else:
            place, hashed = records.c.idx, records.c.leaf_hash
            query = select(place, hashed).where(place >= first, place < last)
        found: list[bytes] = []
        for position, value in self._connection.execute(query.order_by(place)):
            if position != first + len(found):
                break  # what stands behind a gap proves nothing
            found.append(bytes(value) if kept else _bytes(value))
        return found


def base64s(hashes: tuple[bytes, ...]) -> list[str]:
    """Hashes as JSON has them."""
    return [base64.b64encode(each).decode("ascii") for each in hashes]


def _bytes(digits: str) -> bytes:
    try:
        return bytes.fromhex(digits)
    except ValueError as error:
        raise LookupError(f"a leaf's hash is kept as {digits!r}") from error
