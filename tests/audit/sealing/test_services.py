"""Sealing: what is signed, what is never signed, and what is left after something broke."""

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import ConnectionHandler

from audit.events.services import act
from audit.models import LedgerAlarm, LedgerCheckpoint, LedgerEpoch, LedgerEvent, LedgerInbox, LedgerLeaf, LedgerTile
from audit.sealing import alarms, keys, merkle, prove, sequencing, signing
from audit.sealing.epochs import open_epoch
from audit.sealing.last_note import recall
from audit.sealing.services import rotate_key, seal, state
from audit.sealing.stored import Damaged, StoredTree, tree_size
from portal.foundation import database_guards
from portal.foundation.errors import InvalidInput, WrongState
from tests.factories.ledger import hold_to_the_tree, last_note, naive_root, signers, write_events
from tests.factories.portal import person

from .test_notes import GO_VKEY

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


def by_hand(statement: str) -> None:
    """As somebody who owns the database."""
    database_guards.drop("audit", "default")
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_what_was_written_is_sealed_under_one_signed_root(now: datetime) -> None:
    write_events(3, now=now)
    seal(now)
    size = hold_to_the_tree()
    assert (last_note().size, LedgerInbox.objects.count()) == (size, 0)
    assert signers(last_note().note, keys.present().vkey) == [keys.present().vkey]


def test_nothing_new_is_nothing_signed(now: datetime) -> None:
    write_events(1, now=now)
    assert seal(now) is not None
    assert seal(now + SECOND) is None
    assert LedgerCheckpoint.objects.count() == 1


def test_what_is_signed_is_on_disk_before(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = list[int]()

    def flush() -> None:
        last = recall()
        sizes.append(last.checkpoint.size if last else 0)

    monkeypatch.setattr(signing, "flush", flush)
    write_events(1, now=now)
    first = seal(now)
    write_events(1, now=now)
    assert first is not None
    assert seal(now + SECOND) is not None
    # Each time the last that was signed is that of the round before.
    assert sizes == [0, first.size]


@pytest.mark.the_same_on_any_database
def test_sqlites_log_is_flushed_beside_the_commits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, flushed = tmp_path / "own.sqlite3", list[int]()
    options = {"ENGINE": "django.db.backends.sqlite3", "NAME": file, "OPTIONS": {"init_command": "PRAGMA journal_mode=WAL"}}
    own = ConnectionHandler({"default": options})["default"]
    monkeypatch.setattr(sequencing, "connection", own)
    monkeypatch.setattr(os, "fsync", lambda number: flushed.append(os.fstat(number).st_ino))
    with own.cursor() as cursor:
        cursor.execute("CREATE TABLE one (number)")
    sequencing.flush()
    assert flushed == [Path(f"{file}-wal").stat().st_ino]
    own.close()


def test_a_ledger_without_events_has_no_checkpoint(now: datetime) -> None:
    seal(now)
    before = LedgerCheckpoint.objects.count()
    assert seal(now) is None
    assert LedgerCheckpoint.objects.count() == before


def test_proofs_come_out_of_tiles_and_leaves(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequencing, "BATCH", {"sqlite": 190, "postgresql": 190})
    write_events(700, now=now)
    seal(now)
    size = hold_to_the_tree()
    assert list(LedgerTile.objects.order_by("number").values_list("level", "number")) == [(0, 0), (0, 1)]
    hashes = [bytes(one) for one in LedgerLeaf.objects.order_by("index").values_list("hash", flat=True)]
    tree = StoredTree()
    for index in (0, 1, 255, 256, 257, 511, 512, size - 1):
        path = prove.inclusion(index, size, tree=tree)
        assert merkle.root_by_inclusion(index, size, hashes[index], path) == naive_root(hashes)
    for old in (1, 255, 256, 257, 512, 600, size):
        path = prove.consistency(old, size)
        expected = (naive_root(hashes[:old]), naive_root(hashes))
        assert merkle.roots_by_consistency(old, size, expected[0], path) == expected
    assert prove.subtree(256, 8) == naive_root(hashes[256:512])


def test_an_event_changed_before_it_was_signed_is_not_signed(now: datetime) -> None:
    write_events(2, now=now)
    sequencing.take_in()
    by_hand("UPDATE audit_ledgerevent SET payload = replace(payload, 'test.event', 'fine.event')")
    with pytest.raises(Damaged, match="changed or removed"):
        seal(now)
    assert LedgerCheckpoint.objects.count() == 0
    assert "changed or removed" in LedgerAlarm.objects.get().words


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_ledgertile SET root = hashes",
        "UPDATE audit_ledgertile SET hashes = root",
        "DELETE FROM audit_ledgertile",
    ],
)
def test_a_tile_changed_before_it_was_signed_is_not_signed(now: datetime, statement: str) -> None:
    write_events(260, now=now)
    sequencing.take_in()
    by_hand(statement)
    with pytest.raises(Damaged):
        signing.sign(clock=lambda: now)


def test_a_database_from_a_backup_is_not_sealed_until_two_people_open_an_epoch(now: datetime) -> None:
    write_events(2, now=now)
    seal(now)
    backup = transaction.savepoint()
    write_events(3, now=now)
    seal(now + SECOND)
    signed = last_note().size
    transaction.savepoint_rollback(backup)
    write_events(1, now=now)
    with pytest.raises(signing.Behind, match="restored from a backup"):
        seal(now + 2 * SECOND)
    assert [trouble.key for trouble in alarms.ledger(now)] == ["ledger seal"]
    ana, tom = person("Ana Ruiz"), person("Tom Berg")
    epoch = open_epoch(reason="The disk failed at noon.", approvers=[ana, tom], now=now + 3 * SECOND)
    assert (epoch.number, epoch.size, epoch.lost_to) == (2, signed - 3, signed)
    seal(now + 4 * SECOND)
    assert last_note().note.startswith("incident-escalation-portal/epoch-2\n")
    hold_to_the_tree()
    first = LedgerEvent.objects.get(pk=LedgerLeaf.objects.get(index=epoch.size).event)
    assert first.type == "ledger.restored"
    assert f'"lost_to":{signed}' in first.payload
    assert not list(alarms.ledger(now + 4 * SECOND))


def test_an_epoch_needs_a_need_a_reason_and_two_people(now: datetime) -> None:
    write_events(1, now=now)
    seal(now)
    ana, tom = person("Ana Ruiz"), person("Tom Berg")
    with pytest.raises(InvalidInput, match="Say in a sentence"):
        open_epoch(reason="oops", approvers=[ana, tom], now=now)
    with pytest.raises(InvalidInput, match="Two different people"):
        open_epoch(reason="The disk failed at noon.", approvers=[ana, ana], now=now)
    with pytest.raises(WrongState, match="nothing to open an epoch for"):
        open_epoch(reason="The disk failed at noon.", approvers=[ana, tom], now=now + SECOND)
    assert not LedgerEpoch.objects.exists()


def test_another_tree_of_the_same_size_is_not_signed(now: datetime) -> None:
    write_events(2, now=now)
    seal(now)
    write_events(1, now=now)
    by_hand('UPDATE audit_ledgerleaf SET hash = (SELECT hash FROM audit_ledgerleaf WHERE "index" = 1) WHERE "index" = 0')
    with pytest.raises(signing.Behind, match="not those that were sealed"):
        seal(now + SECOND)


def test_a_folder_that_forgot_what_was_signed_signs_nothing(now: datetime, keys_folder: Path) -> None:
    write_events(2, now=now)
    seal(now)
    (keys_folder / "sealed").unlink()
    with pytest.raises(signing.Behind, match="remembers none"):
        seal(now + SECOND)


def test_a_clock_that_was_set_back_signs_nothing_and_says_so(now: datetime) -> None:
    write_events(1, now=now)
    seal(now)
    write_events(1, now=now)
    with pytest.raises(signing.ClockSetBack, match="earlier than the last checkpoint"):
        seal(now - SECOND)
    assert "Put the clock right" in LedgerAlarm.objects.get().words
    seal(now + SECOND)
    assert hold_to_the_tree() == last_note().size
    assert not LedgerAlarm.objects.exists()


def test_a_new_key_signs_beside_the_old_one_once_and_then_alone(now: datetime) -> None:
    write_events(1, now=now)
    seal(now)
    old, new = rotate_key(now=now)
    with pytest.raises(WrongState, match="waits for the next checkpoint"):
        rotate_key(now=now)
    seal(now + SECOND)
    assert signers(last_note().note, old, new) == [old, new]
    write_events(1, now=now)
    seal(now + 2 * SECOND)
    assert signers(last_note().note, old, new) == [new]
    assert keys.public_keys() == [old, new]


def test_a_rotation_whose_sealer_died_is_finished_by_the_next(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    write_events(1, now=now)
    old, new = rotate_key(now=now)
    with monkeypatch.context() as dying:
        dying.setattr(keys, "promote", broken)
        with pytest.raises(ZeroDivisionError):
            seal(now)
    write_events(1, now=now)
    seal(now + SECOND)
    assert keys.present().vkey == new
    assert signers(LedgerCheckpoint.objects.order_by("id")[0].note, old, new) == [old, new]


def test_a_rotation_whose_note_was_never_stored_is_signed_by_both_again(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    write_events(1, now=now)
    seal(now)
    old, new = rotate_key(now=now)
    with monkeypatch.context() as dying:
        dying.setattr(signing, "_store", broken)
        with pytest.raises(ZeroDivisionError):
            seal(now + SECOND)
    seal(now + 2 * SECOND)
    assert signers(last_note().note, old, new) == [old, new]
    assert keys.present().vkey == new


def test_a_rotation_that_a_restore_took_away_is_told_again(now: datetime) -> None:
    write_events(2, now=now)
    seal(now)
    backup = transaction.savepoint()
    old, new = rotate_key(now=now)
    seal(now + SECOND)
    transaction.savepoint_rollback(backup)
    open_epoch(reason="The disk failed at noon.", approvers=[person("Ana Ruiz"), person("Tom Berg")], now=now + 2 * SECOND)
    seal(now + 3 * SECOND)
    assert LedgerEvent.objects.filter(type="ledger.key_rotated", payload__contains=new).count() == 1
    assert signers(last_note().note, old, new) == [old, new]


def test_a_rotation_that_somebody_made_up_brings_no_key_in(now: datetime) -> None:
    mine, theirs = keys.present().vkey, GO_VKEY
    with act("ledger.key_rotated", actor=None, now=now) as running:
        running.details = {"old": mine, "new": theirs, "old_signature": "", "new_signature": "../key"}
    seal(now)
    assert last_note().note.count("\u2014") == 1
    assert signers(last_note().note, mine) == [mine]


def broken(*given: Any, **named: Any) -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("module", "step"),
    [
        (sequencing, "_oldest"),
        (sequencing, "place"),
        (sequencing, "_let_go"),
        (signing, "standing"),
        (signing, "read_again"),
        (signing, "signed"),
        (signing, "remember"),
        (signing, "_store"),
        (signing, "_finish_rotation"),
    ],
    ids=lambda part: getattr(part, "__name__", part).split(".")[-1],
)
def test_a_sealer_that_dies_at_any_step_loses_and_doubles_nothing(
    now: datetime, monkeypatch: pytest.MonkeyPatch, module: Any, step: str, after: bool
) -> None:
    write_events(3, now=now)
    seal(now)
    write_events(4, now=now)
    original = getattr(module, step)

    def dying(*given: Any, **named: Any) -> None:
        if after:
            original(*given, **named)
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(module, step, dying)
        with pytest.raises(ZeroDivisionError):
            seal(now + SECOND)
    hold_to_the_tree()
    seal(now + 2 * SECOND)
    assert hold_to_the_tree() == last_note().size == recall().checkpoint.size  # type: ignore[union-attr]
    assert LedgerInbox.objects.count() == 0


def test_what_waits_and_since_when_is_known(now: datetime) -> None:
    seal(now)
    assert (state().waiting, state().behind(now)) == (0, timedelta())
    write_events(2, now=now)
    assert (state().waiting, state().waiting_since) == (2, now)
    sequencing.take_in()
    assert (state().waiting, state().behind(now + 3 * SECOND)) == (2, 3 * SECOND)
    assert [trouble.key for trouble in alarms.ledger(now + 11 * SECOND)] == ["ledger"]
    seal(now + SECOND)
    assert (state().waiting, state().size, state().at) == (0, tree_size(), now + SECOND)


@pytest.mark.parametrize("table", ["audit_ledgerleaf", "audit_ledgertile", "audit_ledgercheckpoint", "audit_ledgerepoch"])
def test_the_database_refuses_to_change_the_tree(now: datetime, table: str) -> None:
    write_events(260, now=now)
    seal(now)
    LedgerEpoch.objects.create(number=2, origin="x/epoch-2", size=1, lost_to=1, opened_at=now, reason="test")
    column = {"audit_ledgerleaf": "event", "audit_ledgertile": "number"}.get(table, "size")
    for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET {column} = 0"):  # noqa: S608 - names of our tables
        with pytest.raises(IntegrityError, match="only ever added to"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    if connection.vendor == "sqlite":
        replacing = f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"  # noqa: S608
        with pytest.raises(IntegrityError, match="only ever added to"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(replacing)


def test_an_event_taken_out_of_the_inbox_by_hand_is_sealed_all_the_same(now: datetime) -> None:
    write_events(2, now=now)
    LedgerInbox.objects.all().delete()
    assert sequencing.put_back_forgotten() >= 2
    seal(now)
    assert hold_to_the_tree() == last_note().size


def test_an_event_that_was_removed_before_it_was_sealed_holds_up_nothing(now: datetime) -> None:
    write_events(3, now=now)
    by_hand("DELETE FROM audit_ledgerevent WHERE id = (SELECT min(event) FROM audit_ledgerinbox)")
    seal(now)
    assert LedgerInbox.objects.count() == 1
    assert last_note().size == LedgerEvent.objects.count()
    assert "removed from the database before they were sealed" in LedgerAlarm.objects.get().words


def test_an_event_put_into_the_inbox_twice_is_sealed_once(now: datetime) -> None:
    write_events(2, now=now)
    seal(now)
    LedgerInbox.objects.create(event=LedgerLeaf.objects.get(index=0).event)
    write_events(1, now=now)
    seal(now + SECOND)
    assert hold_to_the_tree() == last_note().size
    assert LedgerInbox.objects.count() == 0
