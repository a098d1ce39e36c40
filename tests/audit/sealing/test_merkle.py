"""The tree's arithmetic against RFC 6962 read word for word."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.sealing import merkle
from tests.factories.ledger import naive_root

MOST = 130
LEAVES = [merkle.leaf_hash(b"entry %d" % number) for number in range(MOST)]
ROOTS = [naive_root(LEAVES[:size]) for size in range(MOST + 1)]
# The inputs and roots of certificate-transparency's own tests.
RFC_INPUTS = [
    bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
RFC_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def read(start: int, height: int) -> bytes:
    assert start % (1 << height) == 0
    return merkle.complete_root(LEAVES[start : start + (1 << height)])


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert merkle.root(0, read) == hashlib.sha256().digest() == merkle.EMPTY_ROOT


def test_the_published_roots_are_ours() -> None:
    frontier, roots = merkle.Frontier(), []
    for entry in RFC_INPUTS:
        frontier.append(merkle.leaf_hash(entry))
        roots.append(frontier.root().hex())
    assert roots == RFC_ROOTS


def test_every_size_has_the_naive_root() -> None:
    frontier = merkle.Frontier()
    for size in range(MOST):
        assert frontier.root() == merkle.root(size, read) == ROOTS[size]
        assert frontier.peaks == merkle.Frontier.read(size, read).peaks
        frontier.append(LEAVES[size])


def test_every_leaf_of_every_size_is_proved() -> None:
    for size in range(1, MOST + 1):
        for index in range(size):
            path = merkle.inclusion(index, size, read)
            assert merkle.root_by_inclusion(index, size, LEAVES[index], path) == ROOTS[size]


def test_every_size_is_proved_to_begin_with_every_smaller_one() -> None:
    for new in range(1, MOST + 1):
        for old in range(1, new + 1):
            path = merkle.consistency(old, new, read)
            assert merkle.roots_by_consistency(old, new, ROOTS[old], path) == (ROOTS[old], ROOTS[new])


def test_the_published_paths_are_ours() -> None:
    """RFC 6962, 2.1.3: the example with seven leaves."""
    a, b, c, d, e, f, j = LEAVES[:7]
    g, h, i = merkle.node_hash(a, b), merkle.node_hash(c, d), merkle.node_hash(e, f)
    k, l = merkle.node_hash(g, h), merkle.node_hash(i, j)  # noqa: E741 - the names of the RFC
    assert merkle.inclusion(0, 7, read) == [b, h, l]
    assert merkle.inclusion(3, 7, read) == [c, g, l]
    assert merkle.inclusion(4, 7, read) == [f, j, k]
    assert merkle.inclusion(6, 7, read) == [i, k]
    assert merkle.consistency(3, 7, read) == [c, d, g, l]
    assert merkle.consistency(4, 7, read) == [l]
    assert merkle.consistency(6, 7, read) == [i, j, k]


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_changed_path_leads_elsewhere(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, MOST))
    index = data.draw(st.integers(0, size - 1))
    path = merkle.inclusion(index, size, read)
    at = data.draw(st.integers(0, len(path) - 1))
    wrong = [*path[:at], bytes([path[at][0] ^ 1]) + path[at][1:], *path[at + 1 :]]
    assert merkle.root_by_inclusion(index, size, LEAVES[index], wrong) != ROOTS[size]
    for bad in (path[:-1], [*path, path[0]]):
        with pytest.raises(ValueError, match="too"):
            merkle.root_by_inclusion(index, size, LEAVES[index], bad)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_any_range_is_covered_by_few_complete_subtrees(one: int, other: int) -> None:
    start, end = sorted((one, other))
    at = start
    for begin, height in (found := list(merkle.subtrees(start, end))):
        assert begin == at
        assert begin % (1 << height) == 0
        at += 1 << height
    assert at == end
    assert len(found) <= 62


def test_tiles_become_complete_once_each_and_the_lower_ones_first() -> None:
    assert list(merkle.complete_tiles(0, 255)) == []
    assert list(merkle.complete_tiles(250, 600)) == [(0, 0), (0, 1)]
    assert list(merkle.complete_tiles(65_000, 65_536)) == [(0, 253), (0, 254), (0, 255), (1, 0)]
    grown = [tile for size in range(0, 70_000, 700) for tile in merkle.complete_tiles(size, size + 700)]
    assert sorted(grown) == sorted(merkle.complete_tiles(0, 70_000))


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 3), (3, 3)])
def test_what_is_not_in_the_tree_has_no_proof(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="no leaf"):
        merkle.inclusion(index, size, read)


@pytest.mark.parametrize(("old", "new"), [(0, 3), (4, 3)])
def test_a_tree_does_not_grow_from_nothing_or_backwards(old: int, new: int) -> None:
    with pytest.raises(ValueError, match="no proof"):
        merkle.consistency(old, new, read)
