"""Signatures of a key that the reader does not trust, or none at all: unknown key, unsigned."""

import json
from pathlib import Path

from .conftest import Judge
from .made_bundles import THIEF, WITNESS, Ledger, Members, Signer, canonical, described, small_ledger, with_line


def test_a_ledger_of_another_key_is_unknown(judge: Judge) -> None:
    assert judge(small_ledger().export(), "--key", THIEF.vkey)["status"] == 5
    assert judge(small_ledger().export(), "--key", Signer("first", "another").vkey)["status"] == 5


def test_a_key_exchanged_in_the_bundle_is_unknown(judge: Judge) -> None:
    members = small_ledger().export()
    swapped = described({**members, "keys.txt": THIEF.vkey.encode() + b"\n"})
    assert judge(swapped)["status"] == 5
    assert judge(swapped, "--key", Signer("first").vkey)["status"] == 5


def test_a_checkpoint_by_a_key_that_no_rotation_brought_is_unknown(judge: Judge) -> None:
    ledger = small_ledger()
    ledger.write()
    ledger.seal(signers=[THIEF])
    assert judge(ledger.export())["status"] == 5


def test_the_first_checkpoint_after_a_rotation_needs_both_keys(judge: Judge) -> None:
    for signer in (0, 1):
        ledger = small_ledger()
        ledger.rotate()
        ledger.seal(signers=[ledger.keys[signer]])
        assert judge(ledger.export())["status"] == 5


def test_a_checkpoint_without_signature_is_unsigned(judge: Judge) -> None:
    members = small_ledger().export()
    for number in (0, 1, 3):
        bare = with_line(
            members, "checkpoints.jsonl", number, lambda line: canonical(json.loads(line).partition("\n\n")[0] + "\n\n") + b"\n"
        )
        assert judge(bare)["status"] == 4


def test_a_signature_that_is_not_valid_is_none(judge: Judge) -> None:
    ledger = small_ledger()
    forged = Signer("thief")
    forged.id = ledger.keys[0].id
    ledger.seal(signers=[forged])
    assert judge(ledger.export())["status"] == 4


def test_a_policy_without_its_quorum_is_unsigned(judge: Judge, tmp_path: Path) -> None:
    policy = tmp_path / "policy"
    ledger = small_ledger()
    policy.write_text(f"log {ledger.keys[0].vkey}\nwitness W {WITNESS.vkey}\nquorum W\n")
    assert judge(ledger.export(), "--policy", str(policy))["status"] == 4
    ledger.write("evidence.prepared")
    members = _witnessed(ledger)
    assert judge(members, "--policy", str(policy))["status"] == 0


def _witnessed(ledger: Ledger) -> Members:
    """An export whose last checkpoint a witness has cosigned."""
    members = ledger.export()
    ledger.witness(WITNESS)
    anchors = b"".join(canonical(row) + b"\n" for _, _, row in ledger.anchors)
    return described({**members, "anchors.jsonl": anchors})
