"""The sealer as a process, and the two commands that people give."""

import time
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from audit.models import LedgerAlarm, LedgerEvent
from audit.sealing import folder, keys
from audit.sealing.last_note import LastNote, recall, remember
from audit.sealing.notes import Checkpoint
from audit.sealing.services import seal
from audit.sealing.telling import guards_hash
from portal.foundation import clock, database_guards
from portal.foundation.signs.beats import SEALER, last_beat
from portal.management.commands import sealer
from tests.factories.ledger import hold_to_the_tree, last_note, write_events
from tests.factories.portal import person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _connection_of_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealer, "close_old_connections", lambda: None)


class After:
    """Asked to stop after so many rests."""

    def __init__(self, rests: int) -> None:
        self.left, self.rests = rests, list[float]()

    def is_set(self) -> bool:
        return self.left <= 0

    def wait(self, seconds: float) -> bool:
        self.left, self.rests = self.left - 1, [*self.rests, seconds]
        return self.is_set()


def run(rests: int) -> After:
    stop = After(rests)
    sealer._Loop(stop).run()  # type: ignore[arg-type]
    return stop


def types() -> list[str]:
    return list(LedgerEvent.objects.filter(type__startswith="ledger.").order_by("id").values_list("type", flat=True))


def test_a_life_of_the_sealer_is_told_and_sealed_to_its_last_event() -> None:
    write_events(3, now=clock.now())
    run(2)
    assert types() == ["ledger.started", "ledger.stopped"]
    assert hold_to_the_tree() == last_note().size
    assert last_beat(SEALER) is not None
    started = LedgerEvent.objects.get(type="ledger.started").payload
    assert guards_hash() in started
    assert keys.public_keys()[0] in started


def test_a_heartbeat_counts_the_events(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealer, "HEARTBEAT_SECONDS", 0.0)
    run(2)
    assert types() == ["ledger.started", "ledger.heartbeat", "ledger.heartbeat", "ledger.stopped"]


def test_the_sealer_rests_no_longer_than_until_the_next_seal_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealer, "CHECKPOINT_SECONDS", 100.0)
    write_events(1, now=clock.now())
    assert run(1).rests == [sealer.POLL_SECONDS]
    life = sealer._Loop(After(1))  # type: ignore[arg-type]
    monkeypatch.setattr(sealer, "POLL_SECONDS", 600.0)
    life.next_seal = time.monotonic() + 300
    assert 0 < life._guarded(lambda: None) <= 300


def test_the_database_away_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*given: Any, **named: Any) -> None:
        raise OperationalError("the server is starting up")

    monkeypatch.setattr(sealer, "check_start", away)
    monkeypatch.setattr("portal.management.commands.sealer.connections.close_all", lambda: None)
    assert run(2).rests == [sealer.REST_SECONDS] * 2
    assert types() == []


def test_what_was_not_signed_is_signed_though_nothing_new_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    failing = iter([True, False, False])
    original: Any = vars(sealer)["seal"]

    def full_once(*given: Any, **named: Any) -> Any:
        if next(failing):
            original(*given, **named)
            raise OSError(28, "No space left on device")
        return original(*given, **named)

    monkeypatch.setattr(sealer, "seal", full_once)
    monkeypatch.setattr(sealer, "CHECKPOINT_SECONDS", 0.0)
    run(2)
    assert hold_to_the_tree() == last_note().size


def test_a_sealer_that_must_not_go_on_says_so_and_rests(now: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealer, "CHECKPOINT_SECONDS", 0.0)
    remember(LastNote(Checkpoint("incident-escalation-portal", 10**6, b"r" * 32, now), 1))
    write_events(1, now=now)
    assert run(2).rests == [sealer.REST_SECONDS] * 2
    assert "1000000 entries were sealed" in LedgerAlarm.objects.get().words
    assert last_note() is None


def test_an_exposed_key_stops_it_before_anything(keys_folder: Path) -> None:
    keys.present()
    (keys_folder / "key").chmod(0o644)
    run(1)
    assert "Others than the portal's own account" in LedgerAlarm.objects.get().words
    with pytest.raises(folder.Exposed):
        call_command("sealer", once=True)


def test_missing_guards_are_an_alarm_and_an_entry() -> None:
    database_guards.drop("audit", "default")
    run(1)
    assert "guards are missing or were changed" in LedgerAlarm.objects.get(pk="guards").words
    assert '"guards_missing":["audit_' in LedgerEvent.objects.get(type="ledger.started").payload


def test_once_says_how_far_it_sealed() -> None:
    write_events(2, now=clock.now())
    said = StringIO()
    call_command("sealer", once=True, stdout=said)
    call_command("sealer", once=True, stdout=said)
    assert said.getvalue() == f"sealed up to {last_note().size}\nnothing to seal\n"


def test_the_command_that_rotates_names_both_keys() -> None:
    said = StringIO()
    call_command("rotate_ledger_key", stdout=said)
    old, new = keys.present(), keys.following()
    assert new
    assert said.getvalue().startswith(f"{old.vkey}\n  is followed by\n{new.vkey}\n")
    with pytest.raises(CommandError, match="waits for the next checkpoint"):
        call_command("rotate_ledger_key", stdout=said)


def test_the_command_that_opens_an_epoch_wants_two_accounts() -> None:
    now = clock.now()
    write_events(1, now=now)
    seal(now)
    last = recall()
    assert last
    size = last.checkpoint.size
    remember(LastNote(Checkpoint(last.checkpoint.origin, size + 5, b"r" * 32, now), 1))
    ana, tom = person("Ana Ruiz"), person("Tom Berg")
    reason = "--reason=The disk failed at noon."
    with pytest.raises(CommandError, match="There is no account nobody"):
        call_command("open_ledger_epoch", reason, f"--approved-by={ana.username}", "--approved-by=nobody")
    with pytest.raises(CommandError, match="Two different people"):
        call_command("open_ledger_epoch", reason, f"--approved-by={ana.username}", f"--approved-by={ana.username}")
    said = StringIO()
    call_command("open_ledger_epoch", reason, f"--approved-by={ana.username}", f"--approved-by={tom.username}", stdout=said)
    assert "epoch-2 is open at" in said.getvalue()
    assert "5 that were sealed before are lost" in said.getvalue()
    assert seal(clock.now() + timedelta(seconds=1))
