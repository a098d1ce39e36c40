"""Honest bundles of a dozen entries: sound, and what the verdict then says (the format's section 7)."""

from datetime import timedelta
from pathlib import Path

import pytest

from audit.evidence.verifier import verify

from .conftest import Judge
from .made_bundles import WITNESS, Ledger, canonical, packed, sha, small_ledger


def test_an_honest_bundle_is_sound_and_says_whose_word_that_is(judge: Judge) -> None:
    ledger = small_ledger()
    ledger.witness(WITNESS)
    verdict = judge(ledger.export())
    assert (verdict["status"], verdict["word"], verdict["findings"]) == (0, "sound", [])
    assert verdict["entries"] == {"total": 13, "in_full": 13, "left_out": 0, "told_late": 0}
    assert verdict["indexes"] == "0 to 12"
    assert verdict["time_span"] == {"from": "2026-03-02T09:00:01.000000Z", "to": "2026-03-02T09:00:13.000000Z"}
    assert verdict["checkpoints"]["count"] == verdict["checkpoints"]["signatures_verified"] == 4
    assert verdict["signers"][0]["fingerprint"] == sha(ledger.keys[0].vkey.encode()).hex()
    assert verdict["signers"][0]["trust"].startswith("NOT verified")
    assert [row["kind"] for row in verdict["anchors"]] == ["file", "witness"]
    assert verdict["witnesses"] == [{"name": "witness.example", "size": 12, "state": "NOT verified: its key is not here"}]
    assert any("--key" in text for text in verdict["not_checked"])


def test_the_verdict_begins_with_its_word_in_capitals(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bundle.zip"
    path.write_bytes(packed(small_ledger().export()))
    assert verify.main([str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "SOUND: everything that it claims was checked and holds."
    for label in ("Entries:", "Indexes:", "Time span:", "Signers:", "Witnesses:", "Anchors:", "Gaps:", "Redactions:", "NOT checked:"):
        assert any(line.startswith(label) for line in lines), label


def test_a_given_key_is_named_as_given(judge: Judge, tmp_path: Path) -> None:
    ledger = small_ledger()
    file = tmp_path / "keys"
    file.write_text(f"# the ledger's\n{ledger.keys[0].vkey}\n")
    for given in (ledger.keys[0].vkey, str(file)):
        verdict = judge(ledger.export(), "--key", given)
        assert verdict["word"] == "sound"
        assert verdict["signers"][0]["trust"] == "trusted: you gave this key"


@pytest.mark.parametrize("given", [0, 1, 2])
def test_any_key_of_a_chain_of_rotations_vouches_for_it(judge: Judge, given: int) -> None:
    ledger = small_ledger()
    ledger.rotate()
    ledger.write()
    ledger.seal()
    ledger.rotate("third")
    ledger.write()
    verdict = judge(ledger.export(), "--key", ledger.keys[given].vkey)
    assert verdict["findings"] == []
    assert len(verdict["signers"]) == 3


def test_a_witness_with_a_known_key_is_verified(judge: Judge) -> None:
    ledger = small_ledger()
    ledger.witness(WITNESS)
    verdict = judge(ledger.export(), "--key", ledger.keys[0].vkey, "--key", WITNESS.vkey)
    assert verdict["word"] == "sound"
    assert verdict["witnesses"][0]["state"] == "valid, of 2026-03-02 09:00:13 UTC"


def test_a_time_stamp_is_named_with_the_command_that_checks_it(judge: Judge) -> None:
    ledger = small_ledger()
    ledger.anchor("rfc3161", "tsa")
    verdict = judge(ledger.export())
    assert verdict["word"] == "sound"
    digest = sha((ledger.notes[2][2].partition("\n\n")[0] + "\n").encode()).hex()
    assert any(f"openssl ts -verify -digest {digest}" in text for text in verdict["not_checked"])


def test_pruned_entries_are_explained_by_the_pruning(judge: Judge) -> None:
    ledger = small_ledger()
    ledger.remove((0, 3), (6, 6))
    verdict = judge(ledger.export())
    assert verdict["word"] == "sound"
    assert verdict["gaps"] == [{"first": 0, "last": 3}, {"first": 6, "last": 6}]


@pytest.mark.parametrize(("removed", "word"), [((1, 1), "sound"), ((4, 5), "tampered")])
def test_numbers_may_jump_only_over_what_is_left_out_there(judge: Judge, removed: tuple[int, int], word: str) -> None:
    ledger = Ledger()
    for number in (1, 3, 4):  # number 2 is what is left out between them, or is not
        ledger.write(obj={"model": "m", "pk": "1", "seq": number})
        ledger.write()
    ledger.seal()
    ledger.remove(removed)
    assert judge(ledger.export())["word"] == word


def test_a_selection_leaves_out_whole_subtrees(judge: Judge) -> None:
    verdict = judge(small_ledger(40).export({"from": None, "to": None, "object": "incidents.incident:1"}, set(range(40)) - {17}))
    assert verdict["word"] == "sound"
    assert verdict["entries"]["in_full"] == 2
    assert any("checkpoints that end amid entries left out" in text for text in verdict["not_checked"])


def test_erased_cards_are_counted_as_redactions(judge: Judge) -> None:
    ledger = small_ledger()
    ledger.cards.clear()
    verdict = judge(ledger.export())
    assert verdict["word"] == "sound"
    assert verdict["redactions"] == {"values_without_card": 12, "cards": 0}


def test_a_restore_that_lost_nothing_is_sound(judge: Judge) -> None:
    ledger = small_ledger()
    ledger.restore(12)
    ledger.write(pk="1")
    verdict = judge(ledger.export())
    assert verdict["word"] == "sound"
    assert verdict["lost"] == [{"epoch": 2, "first": 12, "until": 12}]


def test_a_clock_may_be_put_right_between_two_epochs_and_only_there(judge: Judge) -> None:
    for ahead in (False, True):
        ledger = small_ledger()
        ledger.now -= timedelta(hours=2)
        ledger.write() if ahead else None
        ledger.restore(13 if ahead else 12)
        ledger.write(pk="1")
        ledger.seal()
        ledger.write(pk="1")
        verdict = judge(ledger.export())
        assert (verdict["word"], [finding["first"] for finding in verdict["findings"]]) == (("tampered", [12]) if ahead else ("sound", []))


def test_entries_from_before_the_tree_may_be_old(judge: Judge) -> None:
    ledger = Ledger()
    for number in range(4):
        old = {"v": 1, "id": f"01950000-0000-4000-8000-00000000000{number}", "ts": "2020-01-01T00:00:00.000000Z", "type": "incident.noted"}
        ledger.put(canonical({**old, "obj": {"model": "m", "pk": "1"}}))
        ledger.seal()
    ledger.write(pk="1")
    assert judge(ledger.export())["word"] == "sound"


def test_something_told_late_is_sound_when_it_says_so(judge: Judge) -> None:
    ledger = small_ledger()
    ledger.write(ts="2026-03-01T00:00:00.000000Z", rec="2026-03-02T09:00:13.000000Z")
    verdict = judge(ledger.export())
    assert verdict["word"] == "sound"
    assert verdict["entries"]["told_late"] == 1


def test_where_its_pieces_end_changes_nothing(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = packed(small_ledger().export())
    whole = judge(bundle)
    for size in (1, 7, 64, 257, 258, 259, 1000):
        monkeypatch.setattr(verify, "CHUNK", size)
        monkeypatch.setattr(verify, "PACKED", size)
        assert judge(bundle) == whole
    assert whole["word"] == "sound"


def test_quick_says_what_it_leaves_out(judge: Judge) -> None:
    verdict = judge(small_ledger().export(), "--quick")
    assert verdict["word"] == "sound"
    assert any("--quick" in text for text in verdict["not_checked"])


def test_what_was_kept_last_time_is_continued(judge: Judge, tmp_path: Path) -> None:
    ledger = small_ledger()
    (tmp_path / "kept").write_text(ledger.notes[1][2])
    assert judge(ledger.export(), "--since", str(tmp_path / "kept"))["word"] == "sound"
