"""Single entries and continuations, proved without a bundle (the format's section 5)."""

from pathlib import Path

import pytest

from audit.evidence.verifier import verify

from .made_bundles import THIEF, b64, consistency_path, small_ledger


def test_a_single_entry_is_proved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ledger = small_ledger()
    for index in range(12):
        (tmp_path / "item.tlog-proof").write_text(ledger.proof(index))
        (tmp_path / "item.json").write_bytes(ledger.entries[index])
        arguments = [str(tmp_path / "item.tlog-proof"), "--payload", str(tmp_path / "item.json")]
        assert verify.main([*arguments, "--key", ledger.keys[0].vkey]) == 0
        assert verify.main([*arguments, "--key", THIEF.vkey]) == 5
    assert verify.main(arguments) == 5
    assert verify.main([*arguments, "--key", ledger.keys[0].vkey, "--max-age", "1h"]) == 3
    (tmp_path / "item.json").write_bytes(ledger.entries[3])
    assert verify.main([*arguments, "--key", ledger.keys[0].vkey]) == 1
    assert "checkpoint of size 12" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        ("index 5", "index 4", 1),
        ("index 5", "index 05", 1),
        ("@v1", "@v2", 1),
        ("\n\n", "\n", 1),
        ("— example", "— exbmple", 5),
        ("time", "tine", 1),
        ("09:00:12", "09:00:13", 4),
    ],
)
def test_a_proof_that_was_changed_does_not_hold(tmp_path: Path, old: str, new: str, status: int) -> None:
    ledger = small_ledger()
    (tmp_path / "item.tlog-proof").write_text(ledger.proof(5).replace(old, new, 1))
    (tmp_path / "item.json").write_bytes(ledger.entries[5])
    arguments = [str(tmp_path / "item.tlog-proof"), "--payload", str(tmp_path / "item.json"), "--key", ledger.keys[0].vkey]
    assert verify.main(arguments) == status


def test_a_continuation_is_proved(tmp_path: Path) -> None:
    ledger = small_ledger()
    ledger.write()
    ledger.seal()
    paths = [tmp_path / name for name in ("old", "new", "proof")]
    paths[0].write_text(ledger.notes[1][2])
    paths[1].write_text(ledger.notes[-1][2])
    path = "".join(b64(node) + "\n" for node in consistency_path(8, ledger.leaves))
    paths[2].write_text(f"old 8\n{path}\n{ledger.notes[-1][2]}")
    arguments = ["--consistency", *map(str, paths), "--key", ledger.keys[0].vkey]
    assert verify.main(arguments) == 0
    assert verify.main(arguments[:4]) == 5
    for wrong in ("", "old 7\n" + path, "old 8\n", "old 8\nAAAA\n", "old 8\n" + path + path):
        paths[2].write_text(wrong)
        assert verify.main(arguments) == 1
