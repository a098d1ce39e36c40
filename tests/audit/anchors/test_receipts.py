"""Receipts outside the database: one for each event that was committed, and what is missed when an event goes before it is sealed."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from rest_framework.test import APIClient

from audit.anchors import missing, spool
from audit.anchors.checking import missing_receipts
from audit.anchors.missing import check_receipts
from audit.anchors.receipt import Receipt, parsed
from audit.events.alone import tell
from audit.models import LedgerAlarm, LedgerEpoch, LedgerEvent
from audit.sealing.services import seal
from incidents.models import Incident
from policies.models import Service
from portal.foundation import clock, database_guards
from tests.factories.ledger import write_events
from tests.factories.portal import person

pytestmark = pytest.mark.django_db
MINUTES = timedelta(minutes=2)
Write = Callable[[int], None]


@pytest.fixture
def place(tmp_path: Path, settings: Any) -> Path:
    settings.LEDGER_RECEIPTS = str(tmp_path / "receipts")
    return tmp_path / "receipts"


@pytest.fixture
def write(place: Path, django_capture_on_commit_callbacks: Any) -> Write:
    """Writes events in a transaction that commits."""

    def writing(count: int) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            write_events(count, now=clock.now())

    return writing


def receipts() -> list[Receipt]:
    return [receipt for path in spool.files() for line in path.open() if (receipt := parsed(line))]


def by_hand(statement: str) -> None:
    """As somebody who owns the database."""
    database_guards.drop("audit", "default")
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_every_committed_event_has_a_receipt_of_its_leaf(write: Write, place: Path, django_capture_on_commit_callbacks: Any) -> None:
    ana = person("Ana Ruiz")
    write(3)
    with django_capture_on_commit_callbacks(execute=True):
        tell("test.read", actor=ana, now=clock.now(), subject=ana)
    last = LedgerEvent.objects.order_by("-id")[:4]
    expected = {(str(event.event_id), sha256(b"\0" + event.payload.encode()).hexdigest()) for event in last}
    assert {(one.event, one.leaf) for one in receipts()} == expected
    assert {path.stat().st_mode & 0o777 for path in place.iterdir()} == {0o600}


def fail_after(count: int, now: datetime) -> None:
    with transaction.atomic():
        write_events(count, now=now)
        raise ZeroDivisionError


def test_what_is_rolled_back_has_no_receipt(place: Path, now: datetime, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        write_events(1, now=now)
        with pytest.raises(ZeroDivisionError):
            fail_after(5, now)
    assert len(receipts()) == 1


def test_a_folder_that_cannot_be_written_takes_nothing_back(place: Path, write: Write, caplog: pytest.LogCaptureFixture) -> None:
    place.write_text("a file where the folder should be")
    before = LedgerEvent.objects.count()
    write(2)
    assert LedgerEvent.objects.count() == before + 2
    assert "Receipts of 2 events cannot be kept" in caplog.text


def test_nothing_is_missing_while_events_wait_and_when_they_are_sealed(write: Write) -> None:
    write(3)
    later = clock.now() + MINUTES
    assert missing_receipts(later) == []
    assert check_receipts(now=later) == 0
    seal(clock.now())
    assert missing_receipts(later) == []
    assert check_receipts(now=later) == 0


def test_an_event_that_goes_before_it_is_sealed_is_missed(write: Write, place: Path) -> None:
    write(3)
    gone = LedgerEvent.objects.order_by("-id")[1]
    key = gone.pk
    by_hand(f"DELETE FROM audit_ledgerinbox WHERE event = {key}")  # noqa: S608
    by_hand(f"DELETE FROM audit_ledgerevent WHERE id = {key}")  # noqa: S608
    seal(clock.now())
    assert missing_receipts(clock.now()) == []
    later = clock.now() + MINUTES
    assert [one.event for one in missing_receipts(later)] == [str(gone.event_id)]
    for _ in range(2):
        assert check_receipts(now=later) == 1
        assert "Missing from the ledger: 1 committed event, removed" in LedgerAlarm.objects.get(pk="receipts").words
    [event] = LedgerEvent.objects.filter(type="ledger.receipt_missing")
    assert json.loads(event.payload)["details"]["receipts"][0].startswith(str(gone.event_id))
    # Somebody looked into it, and took the list away.
    (place / missing.MISSED).unlink()
    assert check_receipts(now=later) == 0
    assert not LedgerAlarm.objects.exists()


def test_an_event_that_is_changed_before_it_is_sealed_is_missed(write: Write) -> None:
    write(2)
    by_hand("UPDATE audit_ledgerevent SET payload = replace(payload, '\"number\":1', '\"number\":7')")
    seal(clock.now())
    assert len(missing_receipts(clock.now() + MINUTES)) == 1


def test_what_a_restore_owns_up_to_is_not_missed(write: Write) -> None:
    write(2)
    by_hand("DELETE FROM audit_ledgerinbox")
    by_hand("DELETE FROM audit_ledgerevent WHERE type = 'test.event'")
    assert check_receipts(now=clock.now() + MINUTES) == 2
    LedgerEpoch.objects.create(number=2, origin="x/epoch-2", size=0, lost_to=2, opened_at=clock.now(), reason="The disk failed.")
    assert check_receipts(now=clock.now() + MINUTES) == 0
    assert not LedgerAlarm.objects.exists()


def test_looking_again_reads_only_what_is_new(write: Write, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(4)
    seal(clock.now())
    check_receipts(now=clock.now() + MINUTES)
    looked: list[int] = []
    original = missing._absent
    monkeypatch.setattr(missing, "_absent", lambda some, owned: looked.append(len(list(some))) or original(some, owned))
    write(1)
    check_receipts(now=clock.now() + MINUTES)
    assert sum(looked) == 1


def test_files_go_once_they_are_old_and_checked_to_their_ends(write: Write, place: Path) -> None:
    write(2)
    [path] = spool.files()
    much_later = clock.now() + timedelta(days=40)
    check_receipts(now=much_later)
    assert path.exists()
    seal(clock.now())
    check_receipts(now=much_later)
    assert not path.exists()


@pytest.mark.parametrize("line", ["", "half a li", "x" * 400 + "\n", "\xff\n", "-" * 36 + " " + "0" * 64 + " " + "2" * 27 + "\n"])
def test_a_line_that_was_cut_off_is_passed_over(write: Write, place: Path, line: str) -> None:
    write(1)
    [path] = spool.files()
    with path.open("a", encoding="latin-1") as file:
        file.write(line)
    assert missing_receipts(clock.now() + MINUTES) == []


def test_without_a_folder_nothing_is_kept_and_nothing_is_missed(write: Write, settings: Any, place: Path) -> None:
    settings.LEDGER_RECEIPTS = ""
    write(2)
    assert not place.exists()
    assert check_receipts(now=clock.now()) == 0


@pytest.mark.django_db(transaction=True)
def test_answers_of_the_api_name_the_events_of_their_request(place: Path, now: datetime) -> None:
    service = Service.objects.create(name="Card payments", key="card-payments")
    Incident.objects.create(number="INC-1", title="A breach", service=service, opened_at=now)
    api = APIClient()
    api.force_authenticate(person("Tom Berg", roles=("auditor",)))
    answer = api.post("/api/v1/incidents/INC-1/acknowledge/", {"reason": "mine"})
    last = LedgerEvent.objects.latest("id")
    assert (answer.status_code, last.type) == (403, "access.denied")
    leaf = sha256(b"\0" + last.payload.encode()).hexdigest()
    assert answer["X-Audit-Receipt"] == f"{last.event_id}:{leaf}"
    assert "X-Audit-Receipt" not in api.get("/api/v1/incidents/").headers
