"""The tree against RFC 6962's recursive definition and against its well-known example."""

import pytest

from audit.evidence.verifier import verify

from .made_bundles import Ledger, consistency_path, inclusion_path, root_of, sha

LEAVES = [
    bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
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
HASHES = [sha(bytes([0, number])) for number in range(70)]


def test_the_example_of_certificate_transparency_has_its_roots() -> None:
    tree = verify.Tree()
    roots = [tree.root().hex()]
    for leaf in LEAVES:
        tree.append([verify.leaf_hash(leaf)])
        roots.append(tree.root().hex())
    assert roots == ROOTS


def test_every_size_has_the_root_of_the_definition() -> None:
    tree = verify.Tree()
    for size, leaf in enumerate(HASHES):
        assert tree.root() == root_of(HASHES[:size])
        tree.append([leaf])
    assert len(tree.peaks) <= 7


def test_whole_subtrees_count_as_their_leaves() -> None:
    tree = verify.Tree()
    for start, height in [(0, 4), (16, 0), (17, 0), (18, 1), (20, 2), (24, 3), (32, 5), (64, 2)]:
        assert tree.size == start
        tree.append([root_of(HASHES[start : start + (1 << height)])], height)
    assert tree.root() == root_of(HASHES[:68])


def test_every_inclusion_proof_leads_to_the_root_and_none_of_another_index() -> None:
    for size in (1, 2, 3, 7, 8, 9, 33):
        for index in range(size):
            path = inclusion_path(index, HASHES[:size])
            assert verify.root_by_inclusion(index, size, HASHES[index], path) == root_of(HASHES[:size])
            if size > 1:
                assert _root(index ^ 1, size, HASHES[index], path) != root_of(HASHES[:size])


def _root(index: int, size: int, leaf: bytes, path: list[bytes]) -> bytes:
    try:
        return verify.root_by_inclusion(index, size, leaf, path)
    except verify.Broken:
        return b""


@pytest.mark.parametrize("change", [lambda path: path[:-1], lambda path: [*path, path[0]], lambda path: [], lambda path: path[::-1]])
def test_a_proof_of_another_length_or_order_does_not_hold(change: object) -> None:
    path = inclusion_path(3, HASHES[:11])
    assert _root(3, 11, HASHES[3], change(path)) != root_of(HASHES[:11])  # type: ignore[operator]


def _notes(old: int, new: int) -> tuple[verify.Note, verify.Note]:
    ledger = Ledger()
    made = []
    for size in (old, new):
        ledger.leaves = HASHES[:size]
        made.append(verify.parse_note(ledger.seal()))
    return made[0], made[1]


def test_every_consistency_proof_holds_and_no_shortened_or_changed_one() -> None:
    for new in (1, 2, 3, 6, 8, 13):
        for old in range(new + 1):
            path = consistency_path(old, HASHES[:new]) if old else []
            assert verify.consistent(*_notes(old, new), path), (old, new)
            assert not verify.consistent(*_notes(old, new), [*path, sha(b"")])
            if path:
                assert not verify.consistent(*_notes(old, new), path[:-1])
                assert not verify.consistent(*_notes(old, new), [*path[:-1], sha(b"")])


def test_a_larger_tree_is_not_continued_by_a_smaller_one() -> None:
    assert not verify.consistent(*_notes(8, 5), consistency_path(5, HASHES[:8]))
