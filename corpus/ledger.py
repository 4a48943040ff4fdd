"""The log's rows: leaves in one dense sequence, the tree over them, and the head that every append locks.

Whatever happens is a leaf in the transaction that makes it happen: replies, events of the registry, safety cases. The
bytes of a leaf are kept as they were hashed and never made again from columns.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.exc import NoResultFound

from corpus.canonical import canonical_bytes
from corpus.errors import InvalidInput, StoreUnavailable
from corpus.limits import LEAF_BYTES
from corpus.proofs.merkle import HASH_BYTES, Frontier, leaf_hash
from corpus.stamps import timestamp, uuid7
from corpus.tables import cited, log_head, log_nodes, records

VERSION = 2
KEPT_LEVELS = (8, 16, 24)  # of the tree's nodes: a proof reads one leaf's 255 neighbours, and few nodes above them
REPLIES = ("answer", "clarification", "no_answer", "handover", "notice")  # types that have a body of personal text


@dataclass(frozen=True, slots=True)
class Leaf:
    """What is to be appended: the exact bytes, and a projection of them for queries."""

    content: bytes  # canonical JSON
    type: str
    ts: str  # UTC, ISO 8601
    conversation: str = ""
    cited: tuple[tuple[str, str], ...] = ()  # document and version of each citation, each once


@dataclass(frozen=True, slots=True)
class Place:
    """Where a leaf stands."""

    index: int
    hash: str  # of the leaf (RFC 6962, section 2.1), in hex


@dataclass(frozen=True, slots=True)
class Head:
    """The log as it is now."""

    origin: str  # its name in checkpoints
    frontier: Frontier

    @property
    def size(self) -> int:
        """How many leaves there are."""
        return self.frontier.size


def new_leaf(origin: str, kind: str, more: Mapping[str, Any]) -> Leaf:
    """A leaf of a type without a reply: what every leaf has, and ``more``.

    Raises ``InvalidInput`` when it is larger than LEAF_BYTES.
    """
    ts = timestamp(datetime.now(UTC))
    return sealed_leaf({"v": VERSION, "origin": origin, "type": kind, "id": uuid7(), "ts": ts, **more})


def sealed_leaf(value: Mapping[str, Any]) -> Leaf:
    """The leaf of a whole JSON value, with its projection; raises ``InvalidInput`` when it is too large."""
    content = canonical_bytes(value)
    if len(content) > LEAF_BYTES:
        raise InvalidInput(f"a record of {len(content):,} bytes is larger than {LEAF_BYTES:,}; nothing was changed")
    return projected(content, value)


def projected(content: bytes, value: Mapping[str, Any]) -> Leaf:
    """A leaf's bytes with what queries ask of them; ``value`` is their JSON value."""
    pairs = {(citation["document"], citation["version"]) for citation in value.get("citations", ())}
    return Leaf(content, value["type"], value["ts"], value.get("conversation", ""), tuple(sorted(pairs)))


def append_leaves(connection: Connection, leaves: Sequence[Leaf]) -> list[Place]:
    """Appends inside a transaction that writes alone; returns where each leaf stands."""
    if not leaves:
        return []
    frontier = read_head(connection).frontier
    places: list[Place] = []
    nodes: list[dict[str, Any]] = []
    for leaf in leaves:
        index, hashed = frontier.size, leaf_hash(leaf.content)
        frontier, completed = frontier.with_leaf(hashed)
        places.append(Place(index, hashed.hex()))
        nodes += [
            {"level": level, "position": index >> level, "hash": completed[level]}
            for level in KEPT_LEVELS
            if level < len(completed)
        ]
    connection.execute(_RECORD, [_row(place, leaf) for place, leaf in zip(places, leaves, strict=True)])
    pairs = [_cited(place, pair) for place, leaf in zip(places, leaves, strict=True) for pair in leaf.cited]
    if pairs:
        connection.execute(_CITED, pairs)
    if nodes:
        connection.execute(_NODE, nodes)
    connection.execute(_MOVE, {"size": frontier.size, "frontier": b"".join(frontier.nodes)})
    return places


def read_head(connection: Connection) -> Head:
    """The head, as this connection sees it; raises ``StoreUnavailable`` when it is damaged."""
    try:
        origin, size, nodes = connection.execute(_HEAD).one()
        return Head(origin, frontier_of(size, nodes))
    except (NoResultFound, ValueError, TypeError) as error:
        raise StoreUnavailable("the log's head is damaged; `signpost audit verify` says more") from error


def frontier_of(size: int, nodes: bytes) -> Frontier:
    """A frontier from its hashes, one behind the other."""
    return Frontier(size, tuple(nodes[at : at + HASH_BYTES] for at in range(0, len(nodes), HASH_BYTES)))


def newest_of(connection: Connection, kind: str) -> Mapping[str, Any] | None:
    """The newest leaf of a type as a JSON value."""
    found = connection.execute(_NEWEST, {"type": kind}).scalar()
    return None if found is None else dict(json.loads(found))


# Made once: SQLAlchemy takes longer to make a statement than SQLite to run it.
_HEAD = select(log_head.c.origin, log_head.c.size, log_head.c.frontier)
_MOVE = update(log_head).values(size=bindparam("size"), frontier=bindparam("frontier"))
_RECORD = insert(records)
_CITED = insert(cited)
_NODE = insert(log_nodes)
_NEWEST = select(records.c.leaf).where(records.c.type == bindparam("type")).order_by(records.c.idx.desc()).limit(1)


def _row(place: Place, leaf: Leaf) -> dict[str, Any]:
    projection = {"conversation": leaf.conversation, "type": leaf.type, "ts": leaf.ts}
    return {"idx": place.index, "leaf": leaf.content, "leaf_hash": place.hash, **projection}


def _cited(place: Place, pair: tuple[str, str]) -> dict[str, Any]:
    return {"idx": place.index, "document": pair[0], "version": pair[1]}
