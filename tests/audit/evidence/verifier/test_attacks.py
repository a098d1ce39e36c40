"""What somebody with a database, or even with the key, can do to a ledger, at the places where such code is usually wrong.

Each attacker makes his bundle as good as he can: the manifest always fits, and who has the key signs. The ledger has 300 entries, a checkpoint
after every 50, and an anchor at 200; the reader kept the checkpoint of 250 entries.
"""

import copy
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from .conftest import Judge
from .made_bundles import Ledger, Members, Signer, as_text, b64, canonical, described, root_of, sha, small_ledger

POSITIONS = [0, 150, 299, 255, 256, 257]
pytestmark = pytest.mark.usefixtures("fast_signatures")


@cache
def original() -> Ledger:
    ledger = small_ledger(200, 50)
    ledger.write(pk="1")
    for number in range(99):
        ledger.write(pk=str(number % 3 + 1))
        if number % 50 == 48:
            ledger.seal()
    return ledger


def fresh() -> Ledger:
    """The ledger's keys, cards and clock are never changed by an attack, so that they can be shared."""
    ledger = copy.copy(original())
    for name in ("entries", "leaves", "notes", "anchors"):
        setattr(ledger, name, list(getattr(ledger, name)))
    ledger.numbers = dict(ledger.numbers)
    return ledger


def honest() -> Members:
    return fresh().export()


def lines(members: Members, name: str = "entries.jsonl") -> list[bytes]:
    return members[name].splitlines(keepends=True)


def with_entries(members: Members, entries: list[bytes]) -> Members:
    full = sum(line.startswith(b"{") for line in entries)
    return described({**members, "entries.jsonl": b"".join(entries)}, tree_size=len(entries), entries=full)


def edit(members: Members, at: int) -> Members:
    entries = lines(members)
    entries[at] = entries[at].replace(b"note", b"nose").replace(b"noted", b"nosed")
    return with_entries(members, entries)


def delete(members: Members, at: int) -> Members:
    entries = lines(members)
    return with_entries(members, entries[:at] + entries[at + 1 :])


def swap(members: Members, at: int) -> Members:
    entries = lines(members)
    entries[at], entries[at + 1] = entries[at + 1], entries[at]
    return with_entries(members, entries)


def insert(members: Members, at: int) -> Members:
    entries = lines(members)
    entries.insert(at, entries[at].replace(b"note", b"nose"))
    return with_entries(members, entries)


def double(members: Members, at: int) -> Members:
    entries = lines(members)
    entries.insert(at, entries[at])
    return with_entries(members, entries)


def delete_and_renumber(members: Members, at: int) -> Members:
    """Removes an entry and counts the later ones of its object anew."""
    entries = [json.loads(line) for line in lines(members)]
    pk = entries.pop(at)["obj"]["pk"]
    for entry in entries[at:]:
        if entry.get("obj", {}).get("pk") == pk:
            entry["obj"]["seq"] -= 1
    return with_entries(members, [canonical(entry) + b"\n" for entry in entries])


def hide_as_omitted(members: Members, at: int) -> Members:
    """Replaces an entry by its true hash, as if it had been pruned."""
    entries = lines(members)
    entries[at] = canonical(["omitted", at, 0, sha(b"\0" + entries[at].rstrip(b"\n")).hex()]) + b"\n"
    return with_entries(members, entries)


ALTERATIONS = [edit, delete, swap, insert, double, delete_and_renumber, hide_as_omitted]


@pytest.mark.parametrize("at", POSITIONS)
@pytest.mark.parametrize("attack", ALTERATIONS)
def test_an_altered_bundle_is_found_and_bounded_by_one_checkpoint(judge: Judge, attack: Callable[[Members, int], Members], at: int) -> None:
    assert attack(honest(), at) != honest()
    verdict = judge(attack(honest(), at))
    expected = {"incomplete"} if attack is hide_as_omitted else {"tampered"}
    assert verdict["word"] in expected
    places = [finding for finding in verdict["findings"] if finding["first"] is not None and finding["word"] in expected]
    assert any(finding["first"] - 1 <= at <= finding["last"] and finding["last"] - finding["first"] < 50 for finding in places)


@pytest.mark.parametrize("at", POSITIONS)
@pytest.mark.parametrize("attack", [edit, delete, swap, insert, double, delete_and_renumber])
def test_hashing_alone_finds_it_too(judge: Judge, attack: Callable[[Members, int], Members], at: int) -> None:
    assert judge(attack(honest(), at), "--quick")["status"] == 1


def rebuilt(entries: list[bytes], key: Signer, ledger: Ledger) -> Ledger:
    """All checkpoints signed anew over other entries: what the thief of a key can do."""
    forged = Ledger()
    forged.keys, forged.cards, forged.now, forged.made = [key], ledger.cards, ledger.now, ledger.made
    times = {size: note.split("\ntime ")[1][:27] for _, size, note in ledger.notes}
    for entry in entries:
        forged.put(entry)
        if len(forged.entries) in times:
            text = f"{forged.name}\n{len(forged.leaves)}\n{forged.text().decode().split(chr(10))[2]}\ntime {times[len(forged.leaves)]}\n"
            forged.notes.append((1, len(forged.leaves), f"{text}\n{key.line(text.encode())}"))
    return forged


def altered(at: int) -> list[bytes]:
    entries = list(original().entries)
    entries[at] = entries[at].replace(b"noted", b"nosed")
    return entries


@pytest.mark.parametrize("at", POSITIONS)
def test_rewriting_everything_without_the_key_is_found(judge: Judge, at: int) -> None:
    forged = rebuilt(altered(at), Signer("thief"), original())
    assert judge(forged.export(), "--key", original().keys[0].vkey)["status"] == 5
    members = {**forged.export(), "keys.txt": original().keys[0].vkey.encode() + b"\n"}
    assert judge(described(members))["status"] == 5


@pytest.mark.parametrize("at", [0, 150, 199])
def test_rewriting_everything_with_the_stolen_key_is_found_by_the_anchor(judge: Judge, at: int) -> None:
    forged = rebuilt(altered(at), original().keys[0], original())
    assert judge(forged.export())["status"] == 0  # nobody can see this from the bundle alone: anchors and readers' own copies are for that
    forged.anchors = original().anchors
    verdict = judge(forged.export())
    assert (verdict["status"], verdict["findings"][0]["last"]) == (1, 199)


@pytest.mark.parametrize("at", [0, 150, 249])
def test_rewriting_everything_with_the_stolen_key_is_found_by_what_the_reader_kept(judge: Judge, tmp_path: Path, at: int) -> None:
    (tmp_path / "kept").write_text(original().notes[4][2])
    forged = rebuilt(altered(at), original().keys[0], original())
    assert judge(forged.export(), "--since", str(tmp_path / "kept"))["status"] == 1


@pytest.mark.parametrize("size", [1, 100, 255, 256, 257, 299])
def test_a_cut_tail_is_found(judge: Judge, size: int) -> None:
    """With all later checkpoints gone and the manifest fitting; an older genuine head is all that is left."""
    members = honest()
    notes = [canonical(note) + b"\n" for _, count, note in original().notes if count <= size]
    cut = {**members, "checkpoints.jsonl": b"".join(notes), "anchors.jsonl": b""}
    assert judge(with_entries(cut, lines(members)[:size]))["status"] == 2


@pytest.mark.parametrize("size", [50, 200])
def test_a_tail_cut_with_the_stolen_key_is_found_by_anchor_and_reader(judge: Judge, tmp_path: Path, size: int) -> None:
    (tmp_path / "kept").write_text(original().notes[4][2])
    forged = rebuilt(original().entries[:size], original().keys[0], original())
    forged.now = original().now
    assert judge(forged.export(), "--since", str(tmp_path / "kept"))["status"] == 2
    forged = rebuilt(original().entries[:100], original().keys[0], original())
    forged.anchors = original().anchors
    assert judge(forged.export())["status"] == 2


def test_going_on_from_an_old_backup_without_saying_so_is_found(judge: Judge, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text(original().notes[4][2])
    forked = rebuilt(original().entries[:150], original().keys[0], original())
    for _ in range(150):
        forked.write(pk="99")
    forked.anchors = original().anchors
    verdict = judge(forked.export(), "--since", str(tmp_path / "kept"))
    assert verdict["status"] in (1, 2)
    assert len(verdict["findings"]) >= 2


@pytest.mark.parametrize("at", POSITIONS)
def test_a_back_dated_entry_is_found_even_if_it_was_sealed(judge: Judge, at: int) -> None:
    entries = list(original().entries)
    entry = json.loads(entries[at])
    entry["ts"] = "2026-03-02T08:50:00.000000Z"
    entries[at] = canonical(entry)
    verdict = judge(rebuilt(entries, original().keys[0], original()).export())
    assert (verdict["status"], verdict["findings"][0]["first"] if at >= 50 else 0) == ((1, at) if at >= 50 else (0, 0))


def test_a_clock_set_back_is_found(judge: Judge) -> None:
    ledger = fresh()
    ledger.now = ledger.now.replace(hour=1)
    assert judge(ledger.export())["status"] == 1


@pytest.mark.parametrize("at", [0, 150, 255, 256, 257])
def test_an_event_removed_before_it_was_sealed_leaves_a_gap_in_its_object(judge: Judge, at: int) -> None:
    entries = list(original().entries)
    del entries[at]
    verdict = judge(rebuilt(entries, original().keys[0], original()).export())
    assert verdict["status"] == 1
    assert "event" in verdict["findings"][0]["text"]


@pytest.mark.parametrize("number", [0, 3, 6])
def test_a_seal_that_was_stripped_is_found(judge: Judge, number: int) -> None:
    members = honest()
    notes = lines(members, "checkpoints.jsonl")
    notes[number] = canonical(json.loads(notes[number]).partition("\n\n")[0] + "\n\n") + b"\n"
    assert judge(described({**members, "checkpoints.jsonl": b"".join(notes)}))["status"] == 4


def test_an_anchored_checkpoint_that_was_removed_is_found(judge: Judge) -> None:
    members = honest()
    notes = lines(members, "checkpoints.jsonl")
    assert judge(described({**members, "checkpoints.jsonl": b"".join(notes[:3] + notes[4:])}))["status"] == 2


def test_a_second_history_for_a_second_auditor_lacks_the_witness(judge: Judge, tmp_path: Path) -> None:
    witness = Signer("w", "witness.example", 4)
    policy = tmp_path / "policy"
    policy.write_text(f"log {original().keys[0].vkey}\nwitness W {witness.vkey}\nquorum W\n")
    ledger, forged = fresh(), rebuilt(altered(7), original().keys[0], original())
    members, other = ledger.export(), forged.export()
    ledger.witness(witness)
    receipt = canonical(ledger.anchors[-1][2]) + b"\n"
    assert judge(described({**members, "anchors.jsonl": receipt}), "--policy", str(policy))["status"] == 0
    assert judge(described({**other, "anchors.jsonl": receipt}), "--policy", str(policy))["status"] == 1
    assert judge(described({**other, "anchors.jsonl": b""}), "--policy", str(policy))["status"] == 4


def test_a_root_signed_over_other_entries_is_named_even_if_the_last_one_fits(judge: Judge) -> None:
    ledger = fresh()
    forked = root_of([sha(b"other")] * 250)
    text = ledger.notes[4][2].split("\n")
    signed = f"{text[0]}\n{text[1]}\n{b64(forked)}\ntime {as_text(ledger.now)}\n"
    ledger.notes[4] = (1, 250, f"{signed}\n{ledger.keys[0].line(signed.encode())}")
    verdict = judge(ledger.export())
    assert (verdict["status"], verdict["findings"][0]["checkpoint"]) == (1, 250)
