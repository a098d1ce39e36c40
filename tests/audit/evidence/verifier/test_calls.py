"""A wrong call is answered in words, with exit status 64."""

from pathlib import Path

import pytest

from audit.evidence.verifier import verify

from .made_bundles import packed, small_ledger


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["a", "b"],
        ["no-such-file.zip"],
        ["."],
        ["--nonsense"],
        ["x.zip", "--deep", "--quick"],
        ["x.zip", "--max-age", "soon"],
        ["x.zip", "--consistency", "a", "b", "c"],
        ["--consistency", "a", "b"],
        ["x.zip", "--key", "no-such-key"],
        ["x.zip", "--key", "x.zip"],
        ["x.zip", "--key", "empty"],
        ["x.zip", "--policy", "empty"],
        ["x.zip", "--since", "empty"],
        ["x.zip", "--policy", "no-such-policy"],
        ["x.zip", "--since", "no-such-checkpoint"],
        ["no.tlog-proof"],
    ],
)
def test_a_wrong_call_is_answered_in_words(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.zip").write_bytes(packed(small_ledger().export()))
    (tmp_path / "empty").write_text("# nothing\n")
    assert verify.main(arguments) == 64
    assert capsys.readouterr().err.startswith("verify.py: ")


def test_a_proof_needs_its_entry(tmp_path: Path) -> None:
    (tmp_path / "item.tlog-proof").write_text(small_ledger().proof(1))
    assert verify.main([str(tmp_path / "item.tlog-proof")]) == 64
