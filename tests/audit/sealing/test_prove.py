"""Proofs out of the stored tree, at every edge of its tiles."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import LedgerTile
from audit.sealing import merkle, prove, sequencing, stored
from portal.foundation import database_guards
from tests.factories.ledger import naive_root

pytestmark = pytest.mark.django_db
LEAVES = 90
HASHES = [merkle.leaf_hash(b"%d" % number) for number in range(LEAVES)]
ROOTS = [naive_root(HASHES[:size]) for size in range(LEAVES + 1)]


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tree of ninety leaves whose tiles are four wide, so that it has some on three levels; grown in batches of every length."""
    for module in (merkle, stored):
        monkeypatch.setattr(module, "TILE_HEIGHT", 2)
        monkeypatch.setattr(module, "TILE_WIDTH", 4)
    size, batch = 0, 1
    while size < LEAVES:
        sequencing.place([(10**6 + at, b"%d" % at) for at in range(size, min(size + batch, LEAVES))])
        size, batch = size + batch, batch + 3


def test_every_root_is_the_naive_one(narrow: None) -> None:
    assert sorted(set(LedgerTile.objects.values_list("level", flat=True))) == [0, 1, 2]
    assert [prove.root(size) for size in range(LEAVES + 1)] == ROOTS


def test_every_leaf_is_proved_in_every_tree(narrow: None) -> None:
    tree = stored.StoredTree()
    for size in range(1, LEAVES + 1):
        for index in range(size):
            path = prove.inclusion(index, size, tree=tree)
            assert merkle.root_by_inclusion(index, size, HASHES[index], path) == ROOTS[size]


def test_every_tree_is_proved_to_continue_every_older_one(narrow: None) -> None:
    tree = stored.StoredTree()
    for new in range(1, LEAVES + 1):
        for old in range(1, new + 1):
            path = prove.consistency(old, new, tree=tree)
            assert merkle.roots_by_consistency(old, new, ROOTS[old], path) == (ROOTS[old], ROOTS[new])


def test_a_proof_is_one_question(narrow: None) -> None:
    for index in (0, 15, 16, 63, 64, LEAVES - 1):
        with CaptureQueriesContext(connection) as asked:
            prove.inclusion(index, LEAVES)
        assert len(asked) == 1


def test_rows_that_are_not_there_are_said_to_be_missing(narrow: None) -> None:
    database_guards.drop("audit", "default")
    with connection.cursor() as cursor:
        cursor.execute('DELETE FROM audit_ledgerleaf WHERE "index" = 89')
        cursor.execute("DELETE FROM audit_ledgertile WHERE level = 1 AND number = 0")
    with pytest.raises(stored.Damaged, match="no rows for entries 88"):
        prove.root(LEAVES)
    with pytest.raises(stored.Damaged, match="no rows for entries 0 to 15"):
        prove.subtree(0, 4)


def test_what_lies_outside_has_no_proof(narrow: None) -> None:
    wrong: list[Any] = [(LEAVES, LEAVES), (-1, 3)]
    for index, size in wrong:
        with pytest.raises(ValueError, match="no leaf"):
            prove.inclusion(index, size)
