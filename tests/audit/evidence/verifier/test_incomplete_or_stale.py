"""What is not there although the bundle claims it, or is older than it should be: incomplete, stale."""

import json
from pathlib import Path

import pytest

from .conftest import Judge
from .made_bundles import described, packed, small_ledger, with_line, words


@pytest.mark.parametrize("name", sorted(small_ledger().export()))
def test_a_missing_member_is_incomplete(judge: Judge, name: str) -> None:
    members = small_ledger().export()
    del members[name]
    assert judge(members)["status"] == 2
    if name != "manifest.json":
        assert judge(described(members))["status"] == 2


def test_a_file_that_was_cut_off_is_incomplete(judge: Judge) -> None:
    whole = packed(small_ledger().export())
    for length in range(2, len(whole), 97):
        assert judge(whole[:length])["status"] == 2, length


def test_a_removed_checkpoint_that_was_anchored_is_incomplete(judge: Judge) -> None:
    members = with_line(small_ledger().export(), "checkpoints.jsonl", 2, lambda line: b"")
    assert judge(members)["status"] == 2


def test_a_missing_last_checkpoint_is_incomplete(judge: Judge) -> None:
    assert judge(with_line(small_ledger().export(), "checkpoints.jsonl", -1, lambda line: b""))["status"] == 2
    assert judge(described({**small_ledger().export(), "checkpoints.jsonl": b"", "anchors.jsonl": b""}))["status"] == 2


def test_an_entry_left_out_without_reason_is_incomplete(judge: Judge) -> None:
    ledger = small_ledger()
    ledger.remove((3, 3))
    ledger.gone |= {7, 8}
    verdict = judge(ledger.export())
    assert (verdict["status"], verdict["findings"][0]["first"], verdict["findings"][0]["last"]) == (2, 7, 8)


def test_a_bundle_without_its_own_export_is_incomplete(judge: Judge) -> None:
    members = described(small_ledger().export(), bundle="01950000-0000-7000-8000-000000000000")
    assert judge(members)["status"] == 2
    assert judge(members, "--quick")["status"] == 2


def test_an_older_bundle_that_goes_on_after_its_export_is_tampered(judge: Judge) -> None:
    ledger = small_ledger()
    older = ledger.export()
    manifest = json.loads(older["manifest.json"])
    ledger.write()
    newer = ledger.export()
    assert judge(described(newer, bundle=manifest["bundle"], made_at=manifest["made_at"]))["status"] == 1


def test_a_lost_range_is_named(judge: Judge) -> None:
    ledger = small_ledger()
    ledger.anchors.clear()
    ledger.restore(8)
    verdict = judge(ledger.export())
    [finding] = verdict["findings"]
    assert (verdict["status"], finding["first"], finding["last"]) == (2, 8, 11)


def test_more_than_a_restore_owns_up_to_is_tampered(judge: Judge, tmp_path: Path) -> None:
    ledger = small_ledger()
    (tmp_path / "kept").write_text(ledger.notes[2][2])
    ledger.restore(8, lost_to=10)
    assert judge(ledger.export())["status"] == 1  # the anchor knows of 12
    ledger.anchors.clear()
    assert judge(ledger.export())["status"] == 2
    assert judge(ledger.export(), "--since", str(tmp_path / "kept"))["status"] == 1


def test_a_smaller_bundle_than_the_one_kept_is_incomplete(judge: Judge, tmp_path: Path) -> None:
    ledger = small_ledger(30)
    (tmp_path / "kept").write_text(ledger.notes[-1][2])
    assert judge(small_ledger(12).export(), "--since", str(tmp_path / "kept"))["status"] == 2


def test_an_old_bundle_is_stale_if_the_reader_says_so(judge: Judge) -> None:
    assert judge(small_ledger().export(), "--max-age", "24h")["status"] == 3
    assert judge(small_ledger().export(), "--max-age", "36500d")["status"] == 0


def test_a_last_checkpoint_long_before_the_export_is_stale(judge: Judge) -> None:
    verdict = judge(described(small_ledger().export(), made_at="2026-03-02T09:10:00.000000Z"))
    assert words(verdict) == {"tampered", "stale"}
    assert verdict["status"] == 1
