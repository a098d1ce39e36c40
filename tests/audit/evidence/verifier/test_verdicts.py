"""Every row of the format's section 7, on bundles of a dozen entries."""

import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from audit.evidence.verifier import verify

from .conftest import Judge
from .made_bundles import Ledger, Members, Signer, b64, canonical, consistency_path, described, packed, sha, small_ledger

WITNESS = Signer("w", "witness.example", 4)
THIEF = Signer("thief")


def words(verdict: dict[str, Any]) -> set[str]:
    return {finding["word"] for finding in verdict["findings"]}


def with_line(members: Members, name: str, number: int, change: Callable[[bytes], bytes], **manifest: Any) -> Members:
    """One line of one member changed, and a manifest that fits."""
    lines = members[name].splitlines(keepends=True)
    lines[number] = change(lines[number])
    return described({**members, name: b"".join(lines)}, **manifest)


# 0: sound


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


def test_quick_says_what_it_leaves_out(judge: Judge) -> None:
    verdict = judge(small_ledger().export(), "--quick")
    assert verdict["word"] == "sound"
    assert any("--quick" in text for text in verdict["not_checked"])


def test_what_was_kept_last_time_is_continued(judge: Judge, tmp_path: Path) -> None:
    ledger = small_ledger()
    (tmp_path / "kept").write_text(ledger.notes[1][2])
    assert judge(ledger.export(), "--since", str(tmp_path / "kept"))["word"] == "sound"


# 1: tampered


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
    verdict = judge(packed([(f"f{number}", b"") for number in range(300)]))
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


# 5: unknown key


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


# 4: unsigned


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


# 2: incomplete


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


# 3: stale


def test_an_old_bundle_is_stale_if_the_reader_says_so(judge: Judge) -> None:
    assert judge(small_ledger().export(), "--max-age", "24h")["status"] == 3
    assert judge(small_ledger().export(), "--max-age", "36500d")["status"] == 0


def test_a_last_checkpoint_long_before_the_export_is_stale(judge: Judge) -> None:
    verdict = judge(described(small_ledger().export(), made_at="2026-03-02T09:10:00.000000Z"))
    assert words(verdict) == {"tampered", "stale"}
    assert verdict["status"] == 1


# Single proofs and continuations


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


# 64: not called properly


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
