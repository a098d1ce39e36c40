"""Rows of the ledger altered by the owner of the database, without the key: found where they lie, in what is exported, and by the sealer."""

from typing import Any

import pytest

from audit.evidence.findings import Verdict
from audit.models import LedgerCheckpoint
from audit.sealing.services import seal
from portal.foundation import clock
from portal.foundation.errors import WrongState
from tests.factories.ledger import write_events

from . import attacker
from .conftest import Check, Judge, Sealed, carried_out

pytestmark = pytest.mark.django_db
LAST = -1
POSITIONS = [0, 300, 255, 256, 257, LAST]
ATTACKS = [
    attacker.edit,
    attacker.edit_and_recompute,
    attacker.delete,
    attacker.delete_and_renumber,
    attacker.swap,
    attacker.back_date,
]
# Whoever leaves the leaves as they were lets the sealer go on: it has read those entries before it signed them.
LEAVES_STAY = {attacker.edit, attacker.delete}


def place(at: int) -> int:
    return at if at >= 0 else attacker.size() + at


def first_changed(attack: attacker.Attack, at: int) -> int:
    return at - 1 if attack is attacker.swap and at == attacker.size() - 1 else at


def test_the_ledger_that_is_attacked_is_sound(sealed: Sealed, check: Check, judge: Judge) -> None:
    assert check().findings == []
    assert judge(sealed.members)["status"] == 0
    assert judge(carried_out(sealed.members))["status"] == 0


@pytest.mark.parametrize("at", POSITIONS)
@pytest.mark.parametrize("attack", ATTACKS)
def test_an_altered_row_is_found_where_it_lies(sealed: Sealed, check: Check, attack: attacker.Attack, at: int) -> None:
    at = place(at)
    changed = first_changed(attack, at)
    with attacker.without_guards():
        attack(at)
    report = check()
    assert report.verdict is Verdict.TAMPERED
    low, above = sealed.bound(changed)
    assert low <= min(one.index for one in report.findings if one.index is not None) < above


@pytest.mark.parametrize("at", POSITIONS)
@pytest.mark.parametrize("attack", ATTACKS)
def test_an_altered_row_is_found_in_what_is_exported(sealed: Sealed, judge: Judge, attack: attacker.Attack, at: int) -> None:
    at = place(at)
    changed = first_changed(attack, at)
    cut_short = attack is attacker.delete_and_renumber and at == attacker.size() - 1
    with attacker.without_guards():
        attack(at)
    verdict = judge(carried_out(sealed.members))
    assert verdict["status"] == (2 if attack is attacker.delete or cut_short else 1), verdict["findings"]
    assert cut_short or bounded(verdict, sealed, changed), verdict["findings"]


def bounded(verdict: dict[str, Any], sealed: Sealed, at: int) -> bool:
    """The first bad entry is named, within the checkpoint that is the first to hold it."""
    low, above = sealed.bound(at)
    places = [one for one in verdict["findings"] if one["word"] == verdict["word"] and one["first"] is not None]
    first = min(places, key=lambda one: one["first"])
    return low <= first["first"] <= at <= first["last"] < above


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_sealer_signs_nothing_on_top_of_changed_leaves(sealed: Sealed, attack: attacker.Attack) -> None:
    with attacker.without_guards():
        attack(256)
    before = LedgerCheckpoint.objects.count()
    write_events(1, now=clock.now())
    if attack in LEAVES_STAY:
        assert seal(clock.now()) is not None
        return
    with pytest.raises(WrongState):
        seal(clock.now())
    assert LedgerCheckpoint.objects.count() == before


COLUMNS = [("type", "'thing.undone'"), ("actor_id", "'person:0'"), ("object_pk", "'0'"), ("object_seq", "99999"), ("request_id", "'x'")]


@pytest.mark.parametrize(
    ("column", "value", "at"), [(*one, at) for one in COLUMNS for at in (0, 256, LAST)] + [(*COLUMNS[0], at) for at in (255, 257, 300)]
)
def test_a_searchable_column_that_says_something_else_is_named(sealed: Sealed, check: Check, column: str, value: str, at: int) -> None:
    event = attacker.event_at(place(at))
    with attacker.without_guards():
        attacker.sql(f"UPDATE audit_ledgerevent SET {column} = {value} WHERE id = %s", event.pk)  # noqa: S608
    report = check()
    assert [(one.code, one.index) for one in report.findings] == [("columns_differ", place(at))]
    assert (column in report.findings[0].text, report.verdict) == (True, Verdict.TAMPERED)


@pytest.mark.parametrize("column", ["size", "root", "at"])
def test_a_column_of_a_checkpoint_that_says_something_else_is_found(sealed: Sealed, check: Check, column: str) -> None:
    row = LedgerCheckpoint.objects.order_by("size")[5]
    values = {"size": row.size - 1, "root": "00" * 32, "at": clock.now()}
    with attacker.without_guards():
        attacker.sql(f"UPDATE audit_ledgercheckpoint SET {column} = %s WHERE id = %s", values[column], row.pk)  # noqa: S608
    assert {one.code for one in check().findings} >= {"checkpoint_columns"}


@pytest.mark.parametrize("number", [0, 1])
def test_a_tile_that_holds_something_else_is_found(sealed: Sealed, check: Check, number: int) -> None:
    with attacker.without_guards():
        attacker.sql("UPDATE audit_ledgertile SET hashes = root WHERE level = 0 AND number = %s", number)
    assert ("tile_differs", number * 256 + 255) in {(one.code, one.index) for one in check().findings}
