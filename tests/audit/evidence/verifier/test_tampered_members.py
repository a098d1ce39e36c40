"""Members, a file or receipts that contradict themselves or each other: tampered."""

import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from .conftest import Judge
from .made_bundles import WITNESS, described, packed, small_ledger, with_line


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("cards.jsonl", lambda line: line.replace(b"Ada", b"Eve")),
        ("cards.jsonl", lambda line: line * 2),
        ("cards.jsonl", lambda line: line.replace(b'"salt"', b'"sult"')),
        ("cards.jsonl", lambda line: line[:-1]),
        ("anchors.jsonl", lambda line: line.replace(b'"size":12', b'"size":"12"')),
        ("anchors.jsonl", lambda line: line.replace(b'"size":12', b'"size":8')),
        ("anchors.jsonl", lambda line: b"[]\n"),
        ("anchors.jsonl", lambda line: line.replace(b'"name":', b'"more":1,"name":')),
        ("anchors.jsonl", lambda line: line.replace(b'"name":', b'"name": ')),
        ("anchors.jsonl", lambda line: line.replace(b'"name":"elsewhere"', b'"name":null')),
        ("cards.jsonl", lambda line: line.replace(b'"person:7"', b"7")),
        ("checkpoints.jsonl", lambda line: line * 2 + b"7\n"),
        ("checkpoints.jsonl", lambda line: line.replace(b"09:00:04", b"09:50:04")),
        ("checkpoints.jsonl", lambda line: line.replace(b"example-ledger\\n", b"example-ledger/epoch-2\\n")),
        ("checkpoints.jsonl", lambda line: line.replace(b"example-ledger\\n", b"another-ledger\\n")),
        ("entries.jsonl", lambda line: b""),
        ("entries.jsonl", lambda line: line * 2),
        ("entries.jsonl", lambda line: b"\n" + line),
        ("entries.jsonl", lambda line: b'["omitted",0,0,"00"]\n'),
        ("entries.jsonl", lambda line: b'["omitted",1,0,"' + b"0" * 64 + b'"]\n'),
        ("entries.jsonl", lambda line: b'["omitted",0,59,"' + b"0" * 64 + b'"]\n'),
        ("keys.txt", lambda line: b"\xff" + line),
        ("keys.txt", lambda line: b"# no key\n"),
        ("manifest.json", lambda line: line),
    ],
)
def test_members_that_contradict_themselves_are_tampered(judge: Judge, name: str, change: Callable[[bytes], bytes]) -> None:
    members = small_ledger().export()
    changed = {**members, name: members[name] + b" "} if name == "manifest.json" else with_line(members, name, 0, change)
    assert judge(changed)["status"] == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"v": 2},
        {"kind": "other"},
        {"ledger": "other"},
        {"ledger": "\u001b[2J"},
        {"made_at": "2026-03-02T09:00:14.000000Z"},
        {"made_at": "today"},
        {"tree_size": -1},
        {"tree_size": "13"},
        {"tree_size": 12},
        {"entries": 12},
        {"selection": {"from": None, "to": None, "object": None}},
        {"selection": 7},
        {"bundle": "none"},
        {"more": 1},
    ],
)
def test_a_manifest_that_says_something_else_is_tampered(judge: Judge, fields: dict[str, Any]) -> None:
    assert judge(described(small_ledger().export(), **fields))["status"] == 1


def test_a_digest_or_length_that_differs_is_tampered(judge: Judge) -> None:
    members = small_ledger().export()
    verdict = judge({**members, "README.txt": b"other"})
    assert verdict["status"] == 1
    assert "README.txt" in verdict["findings"][0]["text"]


def test_a_member_that_the_format_does_not_name_is_tampered(judge: Judge) -> None:
    members = small_ledger().export()
    for name in ("../evil", "/etc/passwd", "entries.jsonl/", "notes.txt"):
        assert judge(described({**members, name: b""}))["status"] == 1


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_stands_twice_is_tampered(judge: Judge) -> None:
    members = small_ledger().export()
    twice = [*members.items(), ("entries.jsonl", b"")]
    assert judge(packed(twice))["status"] == 1
    without = [(name, data) for name, data in twice[:-1] if name != "README.txt"]
    assert judge(packed([*without, ("entries.jsonl", b"")]))["status"] == 1


def test_a_zip_with_thousands_of_members_is_refused_before_it_is_read(judge: Judge) -> None:
    verdict = judge(packed([(f"f{number}", b"") for number in range(3_000)]))
    assert (verdict["status"], "more members" in verdict["findings"][0]["text"]) == (1, True)


def test_a_line_without_end_is_refused_before_it_fills_the_memory(judge: Judge) -> None:
    members = small_ledger().export()
    bomb = packed(described({**members, "entries.jsonl": b" " * (20 << 20)}), zipfile.ZIP_DEFLATED)
    assert len(bomb) < 100_000
    assert judge(bomb)["status"] == 1
    assert judge(packed({**members, "manifest.json": b" " * (2 << 20)}, zipfile.ZIP_DEFLATED))["status"] == 1


def test_packings_that_bundles_do_not_use_are_refused(judge: Judge) -> None:
    assert judge(packed(small_ledger().export(), zipfile.ZIP_LZMA))["status"] == 1


@pytest.mark.parametrize(
    "garbage", [b"", b"P", b"hello", b"\0" * 100_000, b"PK\5\6" + b"\0" * 18, b"PK\5\6" + b"\xff" * 18, b"PK\3\4" + b"PK\5\6" + b"\1\0" * 9]
)
def test_garbage_is_no_bundle_and_no_traceback(judge: Judge, garbage: bytes) -> None:
    assert judge(garbage)["status"] in (1, 2)


@pytest.mark.parametrize("kind", ["file", "rfc3161", "syslog"])
def test_a_receipt_for_something_else_is_tampered(judge: Judge, kind: str) -> None:
    ledger = small_ledger()
    ledger.anchor(kind, "there", b"something else")
    verdict = judge(ledger.export())
    assert (verdict["status"], verdict["findings"][0]["last"]) == (1, 11)


def test_a_cosignature_of_something_else_is_tampered(judge: Judge) -> None:
    ledger = small_ledger()
    ledger.anchor("witness", WITNESS.name, WITNESS.line(b"something else", 1_772_442_020).encode())
    assert judge(ledger.export(), "--key", ledger.keys[0].vkey, "--key", WITNESS.vkey)["status"] == 1
    assert judge(ledger.export())["status"] == 0


def test_a_checkpoint_that_a_witness_saw_before_it_was_made_is_tampered(judge: Judge) -> None:
    ledger = small_ledger()
    ledger.witness(WITNESS, late=-3600)
    assert judge(ledger.export(), "--key", ledger.keys[0].vkey, "--key", WITNESS.vkey)["status"] == 1
