"""The tree of a long log, from its leaves' hashes alone: as fast as Python hashes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from corpus.proofs.merkle import Frontier, node_hash

Seen = Callable[[int, int, bytes], None]  # level, position and hash of a node that is complete
PART_LEVEL = 16  # the leaves of one part of the work are a subtree of this level


class Growing:
    """A frontier that leaves are added to in place; ``seen`` is told of the nodes at some levels."""

    def __init__(self, levels: Sequence[int], seen: Seen, base: int = 0, first: int = 0) -> None:
        """Of nodes at level ``base``, the first of them at position ``first``, which begins a subtree."""
        self.nodes: list[bytes] = []
        self.size = 0
        self._levels, self._seen = frozenset(levels), seen
        self._base, self._first = base, first

    def add(self, hashed: bytes) -> None:
        """One more leaf, or node of the base level."""
        level, place = self._base, self.size
        while place & 1:
            hashed = node_hash(self.nodes.pop(), hashed)
            place >>= 1
            level += 1
            if level in self._levels:
                self._seen(level, (self._first + self.size) >> (level - self._base), hashed)
        self.nodes.append(hashed)
        self.size += 1


def root_over(size: int, nodes: Sequence[bytes]) -> bytes:
    """The root of a tree with this frontier; raises ``ValueError`` for what is none."""
    return Frontier(size, tuple(nodes)).root()
