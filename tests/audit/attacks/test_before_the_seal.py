"""Attacks on what is not sealed yet, and on what watches: events removed, written or put in past the portal, guards and witnesses taken off."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction

from audit.capture import installing
from audit.capture.reconciling import TYPE, reconcile
from audit.events.services import act
from audit.evidence.checking import verify_ledger
from audit.evidence.findings import Verdict
from audit.models import LedgerEvent, LedgerInbox, OpenAct
from audit.sealing.services import seal
from policies.models import Runbook
from portal.foundation import clock, database_guards
from portal.foundation.canonical import canonical_json
from portal.models import User
from tests.factories.ledger import write_events
from tests.factories.portal import person

from . import attacker
from .conftest import Check, Judge, Sealed, exported

pytestmark = pytest.mark.django_db


def codes(report: Any) -> set[str]:
    return {one.code for one in report.findings}


def in_two_minutes() -> Any:
    return verify_ledger(now=clock.now() + timedelta(minutes=2))


def test_an_event_removed_before_it_had_its_place_is_missed_by_its_receipt(
    sealed: Sealed, judge: Judge, tmp_path: Any, django_capture_on_commit_callbacks: Any
) -> None:
    one = User.objects.first()
    with django_capture_on_commit_callbacks(execute=True), act("thing.done", actor=one, now=clock.now(), subject=one):
        pass
    event = LedgerEvent.objects.latest("id")
    with attacker.without_guards():
        attacker.sql("DELETE FROM audit_ledgerevent WHERE id = %s", event.pk)
        attacker.sql("DELETE FROM audit_ledgerinbox WHERE event = %s", event.pk)
    seal(clock.now())
    report = in_two_minutes()
    assert (codes(report) - {"not_sealed"}, report.verdict) == ({"receipt_missing"}, Verdict.TAMPERED)
    assert str(event.event_id) in report.findings[-1].text
    # The object's next event shows it to an auditor, too.
    with act("thing.done", actor=one, now=clock.now(), subject=one):
        pass
    seal(clock.now())
    assert "number_gap" in codes(in_two_minutes())
    verdict = judge(exported(tmp_path))
    assert (verdict["status"], verdict["findings"][0]["first"]) == (1, attacker.size() - 2)


@pytest.mark.parametrize("which", [0, 1, 2])
def test_each_of_those_that_wait_is_missed(sealed: Sealed, which: int, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        write_events(3, now=clock.now())
    event = list(LedgerEvent.objects.order_by("-id")[:3])[which]
    with attacker.without_guards():
        attacker.sql("DELETE FROM audit_ledgerevent WHERE id = %s", event.pk)
        attacker.sql("DELETE FROM audit_ledgerinbox WHERE event = %s", event.pk)
    seal(clock.now())
    told = [one.text for one in in_two_minutes().findings if one.code == "receipt_missing"]
    assert (len(told), str(event.event_id) in told[0]) == (1, True)


def test_an_entry_changed_before_it_had_its_place_is_missed_by_its_receipt(sealed: Sealed, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        write_events(1, now=clock.now())
    event = LedgerEvent.objects.latest("id")
    with attacker.without_guards():
        content = {**json.loads(event.payload), "why": "Nothing to see here."}
        attacker.sql("UPDATE audit_ledgerevent SET payload = %s WHERE id = %s", canonical_json(content).decode(), event.pk)
    seal(clock.now())
    assert codes(in_two_minutes()) == {"receipt_missing"}


@pytest.mark.parametrize("earlier", [timedelta(minutes=6), timedelta(days=1)])
def test_a_back_dated_entry_put_in_by_an_insider(sealed: Sealed, check: Check, judge: Judge, tmp_path: Any, earlier: timedelta) -> None:
    at, then = attacker.size(), clock.now() - earlier
    content = {"v": 2, "id": str(uuid4()), "type": "thing.done", "ts": then.astimezone(UTC).isoformat(timespec="microseconds")[:26] + "Z"}
    payload = canonical_json(content).decode()
    attacker.sql(
        "INSERT INTO audit_ledgerevent (event_id, recorded_at, payload, type, actor_id) VALUES (%s, %s, %s, 'thing.done', '')",
        as_stored(content["id"]),
        then,
        payload,
    )
    seal(clock.now())
    report = check()
    assert [(one.code, one.index) for one in report.findings] == [("time_differs", at)]
    assert report.verdict is Verdict.TAMPERED
    verdict = judge(exported(tmp_path))
    assert (verdict["status"], verdict["findings"][0]["first"]) == (1, at)


def as_stored(uuid: str) -> str:
    return uuid.replace("-", "") if connection.vendor == "sqlite" else uuid


def test_a_guard_that_was_dropped_is_named(sealed: Sealed, check: Check) -> None:
    for guard in database_guards.guards["audit"]:
        with transaction.atomic():
            attacker.sql(f"DROP TRIGGER {guard.name}" + ("" if connection.vendor == "sqlite" else f" ON {guard.table}"))
            assert database_guards.missing() == [guard.name]
            transaction.set_rollback(True)
    attacker.sql("DROP TRIGGER audit_event_no_update" + ("" if connection.vendor == "sqlite" else " ON audit_ledgerevent"))
    report = check()
    assert (codes(report), report.verdict) == ({"guard_missing"}, Verdict.INCOMPLETE)


def test_a_guard_that_is_there_and_does_nothing_is_named(sealed: Sealed, check: Check) -> None:
    attacker.sql("DROP TRIGGER audit_event_no_update" + ("" if connection.vendor == "sqlite" else " ON audit_ledgerevent"))
    if connection.vendor == "sqlite":
        attacker.sql("CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_ledgerevent FOR EACH ROW BEGIN SELECT 1; END")
    else:
        attacker.sql("CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$")
        attacker.sql("CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_ledgerevent FOR EACH ROW EXECUTE FUNCTION nothing()")
        attacker.sql("ALTER TABLE audit_ledgerevent ENABLE ALWAYS TRIGGER audit_event_no_update")
    assert codes(check()) == {"guard_missing"}


def test_events_kept_out_of_the_tree_are_named(sealed: Sealed, check: Check) -> None:
    """The way into the inbox was closed for a while and is open again."""
    with attacker.without_guards():
        write_events(2, now=clock.now())
    report = check()
    assert [one.code for one in report.findings] == ["never_sealed", "never_sealed"]
    assert not LedgerInbox.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_governed_row_changed_without_an_event_is_reported_and_found(check: Check) -> None:
    person("Ana Ruiz")
    seal(clock.now())
    Runbook.objects.bulk_create([Runbook(title="Step", steps="Look.")])
    attacker.sql("UPDATE policies_runbook SET steps = 'Do nothing.'")
    report = verify_ledger(now=clock.now() + timedelta(minutes=4))
    assert "unattributed_change" in codes(report)
    assert reconcile(now=clock.now() + timedelta(minutes=1))
    assert LedgerEvent.objects.filter(type=TYPE, payload__contains="policies_runbook").exists()


@pytest.mark.django_db(transaction=True)
def test_a_row_of_a_history_changed_without_an_event_is_reported() -> None:
    Runbook.objects.create(title="Step", steps="Look.")
    reconcile(now=clock.now() + timedelta(minutes=1))
    told = LedgerEvent.objects.filter(type=TYPE, payload__contains="policies_historicalrunbook")
    assert not told.exists()
    attacker.sql("UPDATE policies_historicalrunbook SET steps = 'Do nothing.'")
    reconcile(now=clock.now() + timedelta(minutes=1))
    assert told.count() == 1


def test_capture_that_was_switched_off_is_named(check: Check) -> None:
    installing.drop("default")
    report = check()
    assert {one.code for one in report.findings if "audit_witness" in one.text} == {"guard_missing"}
    assert {one.verdict for one in report.findings if "audit_witness" in one.text} == {Verdict.INCOMPLETE}


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL asks whether the transaction wrote an event")
def test_witnesses_told_that_an_act_is_running_are_reported() -> None:
    OpenAct.objects.create(pk=1)
    Runbook.objects.bulk_create([Runbook(title="Step", steps="Look.")])
    assert reconcile(now=datetime.now(UTC) + timedelta(minutes=1))
    assert LedgerEvent.objects.filter(type=TYPE, payload__contains="audit_openact").exists()
