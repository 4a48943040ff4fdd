"""The tree is that of RFC 6962, and no proof of anything else is taken."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.proofs.merkle import (
    EMPTY,
    Frontier,
    Unproven,
    check_consistency,
    check_inclusion,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_of,
)
from tests.conftest import ROOT

# The leaves and roots that the Certificate Transparency project tests its own trees with.
LEAVES = [
    bytes.fromhex(each)
    for each in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
# m, n and the audit path or the consistency proof as section 2.1.3 of RFC 6962 builds them over those leaves.
PATHS = {
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
}
PREFIXES = {
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
sizes = st.integers(1, 70)


class Tree:
    """A tree that keeps every complete node."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.hashes = [leaf_hash(leaf) for leaf in leaves]
        self.nodes: dict[tuple[int, int], bytes] = {}
        frontier = Frontier()
        for index, hashed in enumerate(self.hashes):
            frontier, completed = frontier.with_leaf(hashed)
            for level, node in enumerate(completed):
                self.nodes[level, index >> level] = node

    def node(self, level: int, index: int) -> bytes:
        return self.nodes[level, index]

    def root(self, size: int) -> bytes:
        return root_of(self.hashes[:size])


def numbered(count: int) -> Tree:
    return Tree([str(number).encode() for number in range(count)])


def by_definition(hashes: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, word by word."""
    if len(hashes) < 2:
        return hashes[0] if hashes else hashlib.sha256(b"").digest()
    cut = 1
    while 2 * cut < len(hashes):
        cut *= 2
    return node_hash(by_definition(hashes[:cut]), by_definition(hashes[cut:]))


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_that_the_field_agrees_on(size: int) -> None:
    assert Tree(LEAVES).root(size).hex() == ROOTS[size]
    assert EMPTY.hex() == ROOTS[0]


@pytest.mark.parametrize(("index", "size"), PATHS)
def test_an_inclusion_proof_is_the_fields_own(index: int, size: int) -> None:
    proof = inclusion_proof(Tree(LEAVES).node, index, size)
    assert [each.hex() for each in proof] == PATHS[index, size]


@pytest.mark.parametrize(("old", "new"), PREFIXES)
def test_a_consistency_proof_is_the_fields_own(old: int, new: int) -> None:
    proof = consistency_proof(Tree(LEAVES).node, old, new)
    assert [each.hex() for each in proof] == PREFIXES[old, new]


@given(st.lists(st.binary(max_size=4), max_size=70))
def test_a_root_is_what_its_definition_says(leaves: list[bytes]) -> None:
    tree = Tree(leaves)
    assert tree.root(len(leaves)) == by_definition(tree.hashes)


@given(sizes, st.data())
def test_every_leaf_is_proved_and_no_other_one_by_its_proof(size: int, data: st.DataObject) -> None:
    tree = numbered(size)
    index = data.draw(st.integers(0, size - 1))
    proof, root = inclusion_proof(tree.node, index, size), tree.root(size)
    assert len(proof) <= (size - 1).bit_length()
    check_inclusion(tree.hashes[index], index, size, proof, root)
    wrong = data.draw(st.integers(0, size + 1).filter(lambda other: other != index))
    with pytest.raises(Unproven):
        check_inclusion(tree.hashes[index], wrong, size, proof, root)
    with pytest.raises(Unproven):
        check_inclusion(leaf_hash(b"another"), index, size, proof, root)
    for changed in mutations(proof):
        with pytest.raises(Unproven):
            check_inclusion(tree.hashes[index], index, size, changed, root)


@given(sizes, st.data())
def test_every_earlier_tree_is_proved_and_no_other_one_by_its_proof(size: int, data: st.DataObject) -> None:
    tree = numbered(size)
    old = data.draw(st.integers(0, size))
    proof = consistency_proof(tree.node, old, size)
    check_consistency(old, tree.root(old), size, tree.root(size), proof)
    with pytest.raises(Unproven):
        check_consistency(old, leaf_hash(b"another"), size, tree.root(size), proof)
    if old:
        with pytest.raises(Unproven):
            check_consistency(old, tree.root(old), size, leaf_hash(b"another"), proof)
    for changed in mutations(proof):
        with pytest.raises(Unproven):
            check_consistency(old, tree.root(old), size, tree.root(size), changed)


def mutations(proof: list[bytes]) -> list[list[bytes]]:
    """Each hash changed by one bit, left out or said twice; and a hash too many."""
    found = [[*proof, EMPTY]]
    for place, step in enumerate(proof):
        flipped = bytes([step[0] ^ 1]) + step[1:]
        found += [[*proof[:place], *kept, *proof[place + 1 :]] for kept in ([flipped], [], [step, step])]
    return found


@pytest.mark.parametrize(("index", "size"), [(0, 0), (3, 3), (-1, 3)])
def test_a_leaf_that_is_not_there_has_no_proof(index: int, size: int) -> None:
    with pytest.raises(IndexError, match=f"a tree of {size} leaves has no leaf {index}"):
        inclusion_proof(numbered(4).node, index, size)
    with pytest.raises(Unproven):
        check_inclusion(leaf_hash(b"0"), index, size, [], EMPTY)


@pytest.mark.parametrize(("old", "new"), [(3, 2), (-1, 2)])
def test_a_tree_that_never_was_has_no_proof(old: int, new: int) -> None:
    with pytest.raises(IndexError, match="never had"):
        consistency_proof(numbered(4).node, old, new)
    with pytest.raises(Unproven):
        check_consistency(old, EMPTY, new, EMPTY, [])


@pytest.mark.parametrize(("size", "nodes"), [(1, ()), (2, (EMPTY, EMPTY)), (1, (b"short",)), (-1, ())])
def test_what_is_no_frontier_is_refused(size: int, nodes: tuple[bytes, ...]) -> None:
    with pytest.raises(ValueError, match="no frontier"):
        Frontier(size, nodes)


def test_whoever_verifies_needs_no_part_of_the_service() -> None:
    code = "import sys, corpus.proofs.merkle, corpus.proofs.note; print(*sys.modules, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    ours = {name for name in done.stdout.split() if name.startswith(("corpus.", "index", "chatbot", "signpost."))}
    assert ours == {"corpus.proofs", "corpus.proofs.merkle", "corpus.proofs.note"}
    assert not {"sqlalchemy", "fastapi", "pydantic", "jinja2", "numpy", "rfc8785"} & set(done.stdout.split())
