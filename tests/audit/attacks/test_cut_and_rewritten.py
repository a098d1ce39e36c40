"""Whole histories cut, rewritten, forked or fed to one reader only, without the key and with it: found by what lies outside."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import transaction

from audit.anchors import services
from audit.anchors.anchor import AnchorFailed
from audit.anchors.configured import parse
from audit.evidence.checking import verify_ledger
from audit.evidence.findings import Verdict
from audit.models import AnchorReceipt, LedgerCheckpoint
from audit.sealing import keys, notes
from audit.sealing.epochs import open_epoch
from audit.sealing.services import seal
from portal.foundation import clock
from portal.foundation.errors import WrongState
from tests.audit.evidence.verifier.made_bundles import Members, described
from tests.factories.ledger import write_events
from tests.factories.portal import person
from tests.factories.witness import running_witness

from . import attacker
from .conftest import Check, Judge, Sealed, carried_out, exported, show

pytestmark = pytest.mark.django_db
POSITIONS = [0, 255, 256, 257, 300, 599]


def codes(report: Any) -> set[str]:
    return {one.code for one in report.findings}


def without_anchors(members: Members) -> Members:
    return described({**members, "anchors.jsonl": b""})


@contextmanager
def kept(note: str, folder: Path) -> Iterator[str]:
    """A checkpoint that an auditor took home."""
    (folder / "kept").write_text(note)
    yield str(folder / "kept")


@pytest.mark.parametrize("step", [0, 4, 5, 10])
def test_a_tail_cut_at_an_older_genuine_checkpoint(sealed: Sealed, check: Check, judge: Judge, step: int, settings: Any) -> None:
    size = sorted(sealed.notes)[step]
    with attacker.without_guards():
        attacker.cut(size)
    report = check()
    assert codes(report) >= {"entries_missing", "anchor_beyond"}
    assert (report.verdict, min(one.index for one in report.findings if one.index is not None)) == (Verdict.TAMPERED, size - 1)
    assert judge(without_anchors(carried_out(sealed.members)))["status"] == 2
    # The sealer's memory alone is enough.
    settings.LEDGER_ANCHORS = []
    assert codes(check()) == {"entries_missing"}
    with pytest.raises(WrongState, match="restored from a backup"):
        seal(clock.now())


@pytest.mark.parametrize("after", [255, 256, 257])
def test_a_tail_cut_where_tiles_meet(sealed: Sealed, check: Check, judge: Judge, after: int) -> None:
    """Between two checkpoints: the older one stands, and some entries behind it."""
    with attacker.without_guards():
        attacker.cut(after)
    report = check()
    low, _ = sealed.bound(after)
    assert (report.verdict, codes(report) >= {"entries_missing", "anchor_beyond"}) == (Verdict.TAMPERED, True)
    assert low - 1 <= min(one.index for one in report.findings if one.index is not None) <= after
    assert judge(without_anchors(carried_out(sealed.members)))["status"] != 0


@pytest.mark.parametrize("step", [4, 10])
def test_a_tail_cut_with_the_stolen_key(sealed: Sealed, check: Check, judge: Judge, step: int, settings: Any, tmp_path: Path) -> None:
    newest = sealed.notes[max(sealed.notes)]
    with attacker.without_guards():
        attacker.cut(sorted(sealed.notes)[step])
        attacker.resign()
    assert codes(check()) == {"anchor_beyond"}
    settings.LEDGER_ANCHORS = []
    assert check().verdict is Verdict.SOUND, "nobody can see this from inside: anchors are for that"
    later = exported(tmp_path)
    assert judge(later)["status"] == 0
    with kept(newest, tmp_path) as since:
        assert judge(later, "--since", since)["status"] == 2


@pytest.mark.parametrize("at", POSITIONS)
def test_everything_rewritten_without_the_key(sealed: Sealed, check: Check, judge: Judge, at: int, settings: Any) -> None:
    thief = Ed25519PrivateKey.generate()
    signer = (settings.LEDGER_NAME, thief.public_key().public_bytes_raw(), thief.sign)
    with attacker.without_guards():
        attacker.edit_and_recompute(at)
        resigned_from(at, signer)
    report = check()
    assert codes(report) >= {"unknown_key", "anchor_differs", "root_differs"}
    bundle = without_anchors(carried_out(sealed.members))
    assert judge(bundle)["status"] == 5
    # The public key swapped in the bundle: it agrees with itself, and not with the auditor's own key.
    swapped = described({**bundle, "keys.txt": f"{notes.vkey(*signer[:2])}\n".encode()})
    verdict = judge(swapped, "--key", keys.present().vkey)
    assert (verdict["status"], {one["word"] for one in verdict["findings"]}) == (5, {"unknown key"})


def resigned_from(at: int, signer: Any) -> None:
    hashes = [bytes(leaf.hash) for _, leaf in attacker.leaves(0)]
    for row in LedgerCheckpoint.objects.filter(size__gt=at):
        attacker.resign_one(row, attacker.root_of(hashes[: row.size]), signer)


@pytest.mark.parametrize("at", POSITIONS)
def test_everything_rewritten_with_the_stolen_key(
    sealed: Sealed, check: Check, judge: Judge, at: int, settings: Any, tmp_path: Path
) -> None:
    low, above = sealed.bound(at)
    with attacker.without_guards():
        attacker.edit_and_recompute(at)
        attacker.resign()
    report = check()
    assert {one.code for one in report.findings} == {"anchor_differs"}
    assert low <= min(one.index for one in report.findings if one.index is not None) < above
    bundle = carried_out(sealed.members)
    verdict = judge(bundle)
    first = min(one["last"] for one in verdict["findings"] if one["last"] is not None)
    assert (verdict["status"], low <= first < above) == (1, True)
    settings.LEDGER_ANCHORS = []
    assert check().verdict is Verdict.SOUND, "nobody can see this from inside: anchors are for that"
    assert judge(without_anchors(bundle))["status"] == 0
    with kept(sealed.notes[max(sealed.notes)], tmp_path) as since:
        assert judge(without_anchors(bundle), "--since", since)["status"] == 1


def test_an_old_backup_put_back_and_gone_on_from(sealed: Sealed, check: Check, judge: Judge, settings: Any, tmp_path: Path) -> None:
    backup = transaction.savepoint()
    before = attacker.size()
    write_events(60, now=clock.now())
    seal(clock.now())
    show()
    newest = str(LedgerCheckpoint.objects.latest("id").note)
    transaction.savepoint_rollback(backup)
    write_events(70, now=clock.now())
    with pytest.raises(WrongState, match="restored from a backup"):
        seal(clock.now())
    assert codes(check()) >= {"entries_missing", "anchor_beyond"}
    # With the key, and the file beside it put back too, the sealer goes on: a fork.
    with attacker.without_guards():
        attacker.resign()
    seal(clock.now())
    report = check()
    assert codes(report) == {"anchor_differs"}
    assert {one.index for one in report.findings} == {before + 60 - 1}
    with kept(newest, tmp_path) as since:
        assert judge(exported(tmp_path), "--since", since)["status"] == 1


def test_a_backup_that_two_people_own_up_to_is_incomplete_and_says_what_was_lost(
    sealed: Sealed, check: Check, judge: Judge, tmp_path: Path
) -> None:
    backup = transaction.savepoint()
    before = attacker.size()
    write_events(60, now=clock.now())
    seal(clock.now())
    show()
    transaction.savepoint_rollback(backup)
    with pytest.raises(WrongState, match="restored from a backup"):
        seal(clock.now())
    open_epoch(reason="The disk failed at noon.", approvers=[person("Ana"), person("Tom")], now=clock.now())
    bundle = exported(tmp_path)
    verdict = judge(bundle)
    assert (verdict["status"], verdict["word"]) == (2, "incomplete")
    assert any(str(before) in str(one) and str(before + 60) in str(one) for one in verdict["lost"]), verdict["lost"]
    report = check()
    assert (codes(report), report.verdict) == ({"lost_range"}, Verdict.INCOMPLETE)
    assert f"{before} to {before + 59}" in report.findings[0].text


@pytest.mark.parametrize("at", [0, 257])
def test_a_second_history_for_a_second_auditor_is_refused_by_the_witness(
    sealed: Sealed, check: Check, judge: Judge, settings: Any, tmp_path: Path, at: int
) -> None:
    with running_witness(tmp_path, keys.present().vkey) as other:
        settings.LEDGER_ANCHORS = [other.address]
        write_events(1, now=clock.now())
        seal(clock.now())
        show()
        policy = tmp_path / "policy"
        policy.write_text(f"log {keys.present().vkey}\nwitness W {other.key}\nquorum W\n")
        assert check().findings == []
        seen = AnchorReceipt.objects.get(anchor=parse(other.address).name)
        with attacker.without_guards():
            attacker.edit_and_recompute(at)
            attacker.resign()
            # Receipts that would contradict the second history go.
            attacker.sql("DELETE FROM audit_anchorreceipt")
        assert codes(check()) == {"anchor_differs"}
        write_events(1, now=clock.now())
        seal(clock.now())
        with pytest.raises(AnchorFailed, match="rewritten"):
            services.show_newest(other.anchor, now=clock.now())
        forged = exported(tmp_path)
        verdict = judge(forged, "--policy", str(policy))
        assert verdict["status"] == 4, verdict["findings"]
        # With the cosignature of the other history beside it.
        AnchorReceipt.objects.create(
            anchor=seen.anchor, kind=seen.kind, epoch=1, size=seen.size, at=seen.at, receipt=bytes(seen.receipt or b"")
        )
        assert judge(exported(tmp_path), "--policy", str(policy))["status"] == 1


def test_a_clock_that_was_set_back(sealed: Sealed, check: Check, judge: Judge, tmp_path: Path) -> None:
    write_events(1, now=clock.now())
    with pytest.raises(WrongState, match="earlier than the last checkpoint"):
        seal(clock.now() - timedelta(hours=1))
    # Signed all the same, by who has the key.
    bundle = exported(tmp_path)
    last = LedgerCheckpoint.objects.latest("id")
    early = last.at - timedelta(hours=1)
    said = notes.Checkpoint(origin_of(last), last.size, bytes.fromhex(last.root), early)
    note = notes.signed(said, [keys.present().signer])
    with attacker.without_guards():
        attacker.sql("UPDATE audit_ledgercheckpoint SET at = %s, note = %s WHERE id = %s", early, note, last.pk)
    report = check()
    assert codes(report) >= {"time_backwards", "time_differs"}
    assert report.verdict is Verdict.TAMPERED
    assert judge(carried_out(bundle))["status"] == 1


def origin_of(row: LedgerCheckpoint) -> str:
    return row.note.split("\n", 1)[0]


@pytest.mark.parametrize("which", [0, 4, 5, -1])
def test_a_seal_that_was_stripped(sealed: Sealed, check: Check, judge: Judge, which: int) -> None:
    row = list(LedgerCheckpoint.objects.order_by("size"))[which]
    with attacker.without_guards():
        attacker.sql("UPDATE audit_ledgercheckpoint SET note = %s WHERE id = %s", row.note.partition("\n\n")[0] + "\n\n", row.pk)
    report = check()
    # After ten seconds entries without a checkpoint are late, too.
    assert [(one.code, one.index) for one in report.findings if one.code != "not_sealed"] == [("checkpoint_unreadable", row.size - 1)]
    assert judge(carried_out(sealed.members))["status"] == 4


@pytest.mark.parametrize("which", [0, 4, 5, -1])
def test_a_checkpoint_that_was_removed(sealed: Sealed, check: Check, judge: Judge, which: int) -> None:
    row = list(LedgerCheckpoint.objects.order_by("size"))[which]
    with attacker.without_guards():
        attacker.sql("DELETE FROM audit_ledgercheckpoint WHERE id = %s", row.pk)
    report = check()
    assert {(one.code, one.index) for one in report.findings if one.code != "not_sealed"} == {("checkpoint_missing", row.size - 1)}
    assert report.verdict is Verdict.INCOMPLETE
    # The receipt of its anchor names it.
    members = carried_out(sealed.members)
    bundle = described({**members, "anchors.jsonl": sealed.members["anchors.jsonl"] if which >= 0 else members["anchors.jsonl"]})
    assert judge(bundle)["status"] == 2


def test_all_checkpoints_removed_with_their_receipts(sealed: Sealed, check: Check) -> None:
    with attacker.without_guards():
        attacker.sql("DELETE FROM audit_ledgercheckpoint")
        attacker.sql("DELETE FROM audit_anchorreceipt")
    later = clock.now() + timedelta(minutes=1)
    assert {one.code for one in verify_ledger(now=later).findings} == {"not_sealed", "checkpoint_missing"}
