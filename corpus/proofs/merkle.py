"""The Merkle tree over the log's leaves: roots, and proofs that anyone can check with the standard library alone.

Hashes and proofs are those of RFC 6962, section 2.1 (and of RFC 9162, which defines the same tree); the verification
follows RFC 9162, sections 2.1.3.2 and 2.1.4.2. A hash is 32 bytes. Level 0 are the leaves; the node ``index`` of a
level covers the 2**level leaves from ``index << level`` on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

HASH_BYTES = 32
EMPTY = hashlib.sha256().digest()  # the root of a tree without leaves
Node = Callable[[int, int], bytes]  # (level, index) -> the hash of a node all of whose leaves are there


class Unproven(Exception):
    """A proof doesn't prove what it is said to."""


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of a leaf's bytes."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """A tree reduced to what its next leaf needs: the roots of its complete subtrees, the largest first."""

    size: int = 0
    nodes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if (
            self.size < 0
            or len(self.nodes) != self.size.bit_count()
            or any(len(node) != HASH_BYTES for node in self.nodes)
        ):
            raise ValueError(f"{len(self.nodes)} hashes are no frontier of {self.size} leaves")

    def with_leaf(self, hashed: bytes) -> tuple[Frontier, tuple[bytes, ...]]:
        """The tree with one more leaf, and the nodes that it completes: of level 0, which is the leaf, 1 and so on."""
        completed = [hashed]
        nodes = list(self.nodes)
        size = self.size
        while size & 1:
            completed.append(node_hash(nodes.pop(), completed[-1]))
            size >>= 1
        return Frontier(self.size + 1, (*nodes, completed[-1])), tuple(completed)

    def root(self) -> bytes:
        """The root of the whole tree."""
        if not self.nodes:
            return EMPTY
        *rest, root = self.nodes
        for node in reversed(rest):
            root = node_hash(node, root)
        return root


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes."""
    frontier = Frontier()
    for hashed in leaves:
        frontier, _ = frontier.with_leaf(hashed)
    return frontier.root()


def inclusion_proof(node: Node, index: int, size: int) -> list[bytes]:
    """The audit path of leaf ``index`` in the tree of the first ``size`` leaves; raises ``IndexError``."""
    if not 0 <= index < size:
        raise IndexError(f"a tree of {size} leaves has no leaf {index}")
    return _path(node, index, 0, size)


def consistency_proof(node: Node, old: int, new: int) -> list[bytes]:
    """The proof that the first ``old`` leaves are those of the tree of ``new`` leaves; raises ``IndexError``."""
    if not 0 <= old <= new:
        raise IndexError(f"a tree of {new} leaves has never had {old}")
    return _subproof(node, old, 0, new, whole=True) if 0 < old < new else []


def check_inclusion(hashed: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Raises ``Unproven`` unless ``proof`` shows that the leaf with this hash is leaf ``index`` of the tree."""
    if not 0 <= index < size:
        raise Unproven(f"a tree of {size} leaves has no leaf {index}")
    place, last, found = index, size - 1, hashed
    for step in proof:
        if not last:
            raise Unproven("the proof has more hashes than the tree has levels")
        if place & 1 or place == last:
            found = node_hash(step, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, step)
        place, last = place >> 1, last >> 1
    if last or found != root:
        raise Unproven(f"the proof doesn't lead from leaf {index} to the root of {size} leaves")


def check_consistency(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Raises ``Unproven`` unless ``proof`` shows that the tree of ``new`` leaves begins with that of ``old``."""
    said = f"the tree of {new} leaves isn't shown to begin with that of {old}"
    if not 0 <= old <= new:
        raise Unproven(said)
    if old in (0, new):
        if proof or old_root != (new_root if old else EMPTY):
            raise Unproven(said)
        return
    steps = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    if not steps:
        raise Unproven(said)
    before = after = steps[0]
    for step in steps[1:]:
        if not last:
            raise Unproven(said)
        if place & 1 or place == last:
            before, after = node_hash(step, before), node_hash(step, after)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            after = node_hash(after, step)
        place, last = place >> 1, last >> 1
    if last or (before, after) != (old_root, new_root):
        raise Unproven(said)


def _subtree(node: Node, start: int, size: int) -> bytes:
    """The root over ``size`` leaves from ``start`` on, which begins a subtree that large."""
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return node(level, start >> level)
    left = _left(size)
    return node_hash(_subtree(node, start, left), _subtree(node, start + left, size - left))


def _path(node: Node, index: int, start: int, size: int) -> list[bytes]:
    if size == 1:
        return []
    left = _left(size)
    if index < left:
        return [*_path(node, index, start, left), _subtree(node, start + left, size - left)]
    return [*_path(node, index - left, start + left, size - left), _subtree(node, start, left)]


def _subproof(node: Node, old: int, start: int, size: int, *, whole: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962, section 2.1.2; ``whole``: the old root of this subtree is known to whoever checks."""
    if old == size:
        return [] if whole else [_subtree(node, start, size)]
    left = _left(size)
    if old <= left:
        return [*_subproof(node, old, start, left, whole=whole), _subtree(node, start + left, size - left)]
    return [*_subproof(node, old - left, start + left, size - left, whole=False), _subtree(node, start, left)]


def _left(size: int) -> int:
    """The largest power of two below ``size``, which is at least 2."""
    return 1 << (size - 1).bit_length() - 1
