"""Entries that contradict themselves or each other: tampered, and the first bad one is named."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import Judge
from .made_bundles import Ledger, Signer, canonical, small_ledger, words


def test_another_history_than_the_one_kept_is_tampered(judge: Judge, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text(small_ledger(9).notes[1][2])
    verdict = judge(small_ledger(every=3).export(), "--since", str(tmp_path / "kept"))
    assert verdict["word"] == "sound"
    other = Ledger()
    for _ in range(12):
        other.write(pk="9")
    verdict = judge(other.export(), "--since", str(tmp_path / "kept"))
    assert (verdict["status"], verdict["findings"][0]["last"]) == (1, 7)


@pytest.mark.parametrize(
    "entry",
    [
        b'{"v":2, "id":"x"}',
        b'{"v":2,"v":2}',
        b'{"a":1.5}',
        b'{"a":9007199254740992}',
        b'{"a":NaN}',
        b'{"\xc3\xa9":1}',
        b'{"a":{"b":[{"x\xc3\xa9y":1}]}}',
        b'{"\xc3\xa9\\"x":1}',
        b'{"a":"\\u0041"}',
        b'{"a":"\\ud800"}',
        b'{"a":"\xff"}',
        b"{}",
        b'{"v":2,"id":7,"type":"x"}',
        b"{" * 3000,
        b'{"a":' + b"[" * 3000 + b"]" * 3000 + b"}",
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":' + b"[" * 500 + b"]" * 500 + b"}",
    ],
)
def test_an_entry_that_is_not_canonical_is_tampered_even_if_it_was_sealed(judge: Judge, entry: bytes) -> None:
    ledger = small_ledger()
    ledger.put(entry)
    verdict = judge(ledger.export())
    assert verdict["status"] == 1
    assert verdict["findings"][0]["first"] == 12
    assert verdict["findings"][0]["checkpoint"] == 14
    assert judge(ledger.export(), "--quick")["word"] == "sound"


@pytest.mark.parametrize(
    "fields",
    [
        {"v": 3},
        {"v": True},
        {"v": 1},
        {"id": "01950000-0000-4000-8000-000000000001"},
        {"id": "01950000-0000-7000-8000-00000000000G"},
        {"type": ""},
        {"ts": "2026-03-02T09:00:13Z"},
        {"ts": "2026-03-02T24:00:13.000000Z"},
        {"ts": "2026-02-30T09:00:13.000000Z"},
        {"ts": None},
        {"ts": "2026-03-02T08:55:00.000000Z"},
        {"ts": "2026-03-02T09:06:00.000000Z"},
        {"rec": "2026-03-02T08:55:00.000000Z"},
        {"rec": 7},
        {"rec": "2026-03-02T09:01:13.000000Z"},
        {"obj": {"model": "m", "pk": "9", "seq": 2}},
        {"obj": {"model": "m", "pk": "9", "seq": 0}},
        {"obj": {"model": "m", "pk": "9", "seq": 1 << 45}},
        {"obj": {"model": "m", "pk": "9"}},
        {"obj": {"model": "incidents.incident", "pk": "1", "seq": 4}},
        {"obj": {"model": "incidents.incident", "pk": "1", "seq": 6}},
        {"obj": []},
    ],
)
def test_an_entry_that_cannot_be_true_is_tampered_even_if_it_was_sealed(judge: Judge, fields: dict[str, Any]) -> None:
    ledger = small_ledger()
    ledger.write(**fields)
    verdict = judge(ledger.export())
    assert verdict["status"] == 1
    assert verdict["findings"][0]["first"] == 12


def test_an_id_that_stands_twice_is_tampered(judge: Judge) -> None:
    ledger = small_ledger()
    ledger.write(id=json.loads(ledger.entries[3])["id"])
    verdict = judge(ledger.export())
    assert [(finding["word"], finding["first"]) for finding in verdict["findings"]] == [("tampered", 12)]


@pytest.mark.parametrize(
    "change",
    [
        lambda details, ledger: details.update(old_signature=details["new_signature"]),
        lambda details, ledger: details.update(new_signature=details["old_signature"]),
        lambda details, ledger: details.update(old=Signer("thief").vkey),
        lambda details, ledger: details.update(new=ledger.keys[0].vkey),
        lambda details, ledger: details.update(new=Signer("second", "another").vkey),
        lambda details, ledger: details.update(new=7),
        lambda details, ledger: details.clear(),
    ],
)
def test_a_rotation_that_both_keys_did_not_sign_is_tampered(judge: Judge, change: Callable[..., None]) -> None:
    ledger = small_ledger()
    ledger.rotate()
    event = json.loads(ledger.entries[-1])
    change(event["details"], ledger)
    ledger.entries.pop(), ledger.leaves.pop()
    ledger.put(canonical(event))
    assert "tampered" in words(judge(ledger.export()))
    assert "tampered" in words(judge(ledger.export(), "--quick"))


@pytest.mark.parametrize("field", ["epoch", "size", "root", "lost_to", "old_origin"])
def test_a_restore_that_does_not_fit_is_tampered(judge: Judge, field: str) -> None:
    ledger = small_ledger()
    ledger.restore(12)
    event = json.loads(ledger.entries[-1])
    event["details"][field] = {"root": "00", "old_origin": "example-ledger/epoch-9"}.get(field, 1)
    ledger.entries.pop(), ledger.leaves.pop()
    ledger.put(canonical(event))
    assert judge(ledger.export())["status"] == 1


@pytest.mark.parametrize("ranges", [None, [], [[3]], [[3, 2]], [[0, 12]], [[-1, 2]], [["0", "1"]], "all"])
def test_a_removal_that_names_nonsense_explains_nothing(judge: Judge, ranges: Any) -> None:
    ledger = small_ledger()
    ledger.gone = {0}
    ledger.write("erasure.done", details={"ranges": ranges})
    assert judge(ledger.export())["word"] in {"tampered", "incomplete"}
