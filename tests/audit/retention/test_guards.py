"""The database lets go exactly what two people let go, whatever statement asks."""

from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from audit.ledger.services import append
from audit.models import LedgerEvent, LedgerLeaf, Removal, RemovalRange
from audit.retention.carrying_out import carry_out
from audit.retention.deciding import approve_removal
from audit.retention.holds import place_hold
from audit.retention.pruning import ask_pruning

from .long_ago import happened, there

pytestmark = pytest.mark.django_db


def refused(statement: str, *values: Any) -> bool:
    """Whether the database refuses; a statement that changes nothing is no attack and fails the test."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)
            assert cursor.rowcount != 0, "the statement found nothing"
    except IntegrityError:
        return True
    return False


def delete(indexes: list[int]) -> bool:
    events = LedgerLeaf.objects.filter(index__in=indexes).values_list("event", flat=True)
    return refused(f"DELETE FROM audit_ledgerevent WHERE id IN ({', '.join(map(str, events))})")  # noqa: S608 - whole numbers


def raw_removal(ana: Any, tom: Any, today: Any, first: int, last: int, kind: str = "pruning") -> Removal:
    """As somebody who writes into the tables himself: asked, with its range, then approved."""
    removal = Removal.objects.create(kind=kind, subject="person:1", reason="x", asked_at=today, asked_by=ana)
    RemovalRange.objects.create(removal=removal, first=first, last=last)
    Removal.objects.filter(pk=removal.pk).update(approved_at=today, approved_by=tom)
    return removal


def test_only_what_lies_in_the_approved_ranges_can_be_deleted(ana: Any, tom: Any, today: Any) -> None:
    before, old, after = happened(1, years=2), happened(2), happened(1, years=2)
    assert delete(old)
    removal = ask_pruning(actor=ana, now=today, reason="Over.")
    assert delete(old)
    approve_removal(removal, actor=tom, now=today, reason="Fine.")
    assert [delete(before), delete(after), delete(old + after), delete(old)] == [True, True, True, False]
    assert there(before + old + after) == before + after


def test_what_is_done_opens_nothing_any_more(ana: Any, tom: Any, today: Any) -> None:
    old = happened(1)
    removal = ask_pruning(actor=ana, now=today, reason="Over.")
    approve_removal(removal, actor=tom, now=today, reason="Fine.")
    carry_out(removal, now=today)
    [leaf] = LedgerLeaf.objects.filter(index=old[0])
    with transaction.atomic():
        append({"type": "incident.noted"}, now=today)
    forged = LedgerEvent.objects.latest("pk")
    assert refused("UPDATE audit_ledgerevent SET id = %s WHERE id = %s", leaf.event, forged.pk)
    assert refused("UPDATE audit_removal SET done_at = NULL")
    assert refused("UPDATE audit_removalrange SET done_at = NULL")


def test_a_hold_keeps_what_was_approved(ana: Any, tom: Any, today: Any) -> None:
    held, free = happened(1, subject=("incidents.incident", "12")), happened(1)
    approve_removal(ask_pruning(actor=ana, now=today, reason="Over."), actor=tom, now=today, reason="Fine.")
    place_hold(actor=ana, now=today, reason="Matter 7.", object_model="incidents.incident", object_pk="12")
    assert [delete(held), delete(held + free), delete(free)] == [True, True, False]


def test_a_hold_on_everything_keeps_everything(ana: Any, tom: Any, today: Any) -> None:
    old = happened(1)
    approve_removal(ask_pruning(actor=ana, now=today, reason="Over."), actor=tom, now=today, reason="Fine.")
    place_hold(actor=ana, now=today, reason="Matter 7.")
    assert delete(old)


def test_nothing_is_pruned_in_its_first_year_even_when_the_tables_say_so(ana: Any, tom: Any, today: Any) -> None:
    young, older = happened(1, years=0), happened(1, years=2)
    raw_removal(ana, tom, today, young[0], older[0])
    assert [delete(young), delete(older)] == [True, False]


@pytest.mark.parametrize(
    "kind", ["ledger.key_rotated", "ledger.restored", "evidence.exported", "retention.pruned", "erasure.done", "hold.placed"]
)
@pytest.mark.parametrize("removal", ["pruning", "erasure"])
def test_what_is_kept_for_good_goes_by_nobodys_leave(kind: str, removal: str, ana: Any, tom: Any, today: Any) -> None:
    [index] = happened(1, kind=kind)
    raw_removal(ana, tom, today, index, index, removal)
    assert delete([index])


def test_an_event_without_a_place_in_the_tree_goes_by_nobodys_leave(ana: Any, tom: Any, today: Any) -> None:
    happened(1)
    raw_removal(ana, tom, today, 0, 900)
    with transaction.atomic():
        append({"type": "incident.noted"}, now=today)
    assert refused("DELETE FROM audit_ledgerevent WHERE id = %s", LedgerEvent.objects.latest("pk").pk)


def test_an_event_that_may_go_may_not_be_changed(ana: Any, tom: Any, today: Any) -> None:
    old = happened(1)
    approve_removal(ask_pruning(actor=ana, now=today, reason="Over."), actor=tom, now=today, reason="Fine.")
    event = LedgerLeaf.objects.get(index=old[0]).event
    for column in ("payload = ''", "type = 'x'", "recorded_at = recorded_at", "id = id"):
        assert refused(f"UPDATE audit_ledgerevent SET {column} WHERE id = %s", event)  # noqa: S608 - constants


@pytest.mark.parametrize(
    "attack",
    [
        "DELETE FROM audit_removal",
        "DELETE FROM audit_removalrange",
        "UPDATE audit_removalrange SET last = last + 1",
        "UPDATE audit_removalrange SET first = first - 1",
        "UPDATE audit_removal SET approved_by_id = asked_by_id, approved_at = asked_at",
        "UPDATE audit_removal SET approved_at = asked_at",
        "UPDATE audit_removal SET done_at = asked_at",
        "UPDATE audit_removal SET asked_by_id = asked_by_id + 1",
        "UPDATE audit_removal SET kind = 'erasure'",
        "UPDATE audit_removal SET subject = 'person:1'",
        "UPDATE audit_removal SET digest = ''",
        "UPDATE audit_removal SET id = id + 1000",
    ],
)
def test_what_was_asked_stays_as_it_was_asked(attack: str, ana: Any, today: Any) -> None:
    happened(3)
    ask_pruning(actor=ana, now=today, reason="Over.")
    assert refused(attack)


def test_an_approved_removal_gets_no_more_ranges(ana: Any, tom: Any, today: Any) -> None:
    happened(2)
    removal = ask_pruning(actor=ana, now=today, reason="Over.")
    approve_removal(removal, actor=tom, now=today, reason="Fine.")
    assert refused('INSERT INTO audit_removalrange (removal_id, "first", "last") VALUES (%s, 0, 900)', removal.pk)


def test_no_removal_begins_approved(ana: Any, tom: Any, today: Any) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Removal.objects.create(kind="erasure", reason="x", asked_at=today, asked_by=ana, approved_at=today, approved_by=tom)


@pytest.mark.parametrize(("first", "last"), [(0, 1_000), (5, 4), (-1, 3)])
def test_no_range_is_wider_than_a_thousand_or_runs_backwards(first: int, last: int, ana: Any, today: Any) -> None:
    removal = Removal.objects.create(kind="erasure", reason="x", asked_at=today, asked_by=ana)
    with pytest.raises(IntegrityError), transaction.atomic():
        RemovalRange.objects.create(removal=removal, first=first, last=last)


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="only SQLite writes rows over")
def test_a_removal_is_not_written_over(ana: Any, tom: Any, today: Any) -> None:
    happened(1)
    removal = ask_pruning(actor=ana, now=today, reason="Over.")
    names = [field.column for field in Removal._meta.concrete_fields]
    kept = ", ".join(f"{tom.pk}" if name == "asked_by_id" else f'"{name}"' for name in names)
    columns = ", ".join(f'"{name}"' for name in names)
    assert refused(f"INSERT OR REPLACE INTO audit_removal ({columns}) SELECT {kept} FROM audit_removal WHERE id = %s", removal.pk)  # noqa: S608


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has no TRUNCATE")
@pytest.mark.parametrize("table", ["ledgerevent", "removal", "removalrange", "legalhold", "personalcard", "forgottensubject"])
def test_no_table_is_emptied_at_once(table: str, ana: Any, tom: Any, today: Any) -> None:
    happened(1)
    approve_removal(ask_pruning(actor=ana, now=today, reason="Over."), actor=tom, now=today, reason="Fine.")
    # By its guard, or because triggers of this very transaction wait.
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE audit_{table} CASCADE")
