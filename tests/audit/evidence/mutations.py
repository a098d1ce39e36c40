"""Bundles with something wrong in them, by chance but the same for the same seed: what two verifiers must say the same of.

Four hands are at work: bad luck (bytes change), somebody without a key who knows the format (the manifest fits again), the operator with the
key (odd things are written and sealed), and the reader (who gives keys, a policy, an older checkpoint).
"""

import io
import json
import random
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any

from .odd_entries import ODD_ENTRIES
from .odd_seals import ODD_SEALS
from .verifier.made_bundles import Ledger, Members, Signer, canonical, described, packed, small_ledger

DATA = ("entries.jsonl", "checkpoints.jsonl", "anchors.jsonl", "cards.jsonl", "keys.txt", "manifest.json")
LINES = DATA[:4]
WITNESS = Signer("witness", "witness.example", 4)
Way = Callable[[random.Random, Members], tuple[str, Members | bytes]]


@dataclass(frozen=True, slots=True)
class Case:
    """A bundle and how the verifier is called: `arguments`, in which {folder} is where `files` lie."""

    name: str
    bundle: bytes
    arguments: tuple[str, ...] = ()
    files: dict[str, bytes] = field(default_factory=dict)


def cases(count: int, seed: int = 1) -> Iterator[Case]:
    for number in range(count):
        chance = random.Random(f"{seed}/{number}")
        hand = chance.choice([bad_luck, bad_luck, forger, forger, forger, operator, operator, reader])
        case = hand(chance)
        yield Case(f"{number} {hand.__name__}: {case.name}", case.bundle, case.arguments, case.files)


# ---- honest bundles of every kind


def plain() -> Ledger:
    return small_ledger(9, 4)


def rotated() -> Ledger:
    ledger = small_ledger(5, 2)
    ledger.rotate()
    ledger.write(pk="1")
    ledger.seal()
    ledger.write(pk="2")
    ledger.seal()
    return ledger


def restored() -> Ledger:
    ledger = small_ledger(8, 4)
    ledger.restore(6)
    ledger.write(pk="1")
    return ledger


def restored_whole() -> Ledger:
    ledger = small_ledger(8, 4)
    ledger.restore(8)
    ledger.seal()
    ledger.write(pk="2")
    return ledger


def put_right() -> Ledger:
    """The clock was two hours ahead until the restore."""
    ledger = small_ledger(8, 4)
    ledger.now -= timedelta(hours=2)
    ledger.restore(8)
    ledger.write(pk="1")
    ledger.seal()
    ledger.write(pk="2")
    return ledger


def pruned() -> Ledger:
    ledger = small_ledger(8, 4)
    ledger.remove((1, 2), (5, 5))
    return ledger


def shown() -> Ledger:
    ledger = small_ledger(6, 3)
    ledger.anchor("rfc3161", "authority")
    ledger.witness(WITNESS)
    return ledger


LEDGERS: tuple[Callable[[], Ledger], ...] = (plain, rotated, restored, restored_whole, pruned, shown, put_right)


@cache
def honest(number: int) -> Members:
    """An honest bundle; the last ones are a selection's."""
    if number < len(LEDGERS):
        return LEDGERS[number]().export()
    return small_ledger(9, 4).export({"from": None, "to": None, "object": "incidents.incident:2"}, [0, 1, 2, 3, 5, 6])


def any_honest(chance: random.Random) -> Members:
    return honest(chance.randrange(len(LEDGERS) + 1))


# ---- the hands


def bad_luck(chance: random.Random) -> Case:
    """Bytes change, in a member or in the ZIP file itself."""
    members = any_honest(chance)
    if chance.random() < 0.35:
        packing = chance.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
        how, data = damaged(chance, packed(members, packing))
        return Case(f"{how} in the file", data)
    name = chance.choice(DATA)
    how, data = damaged(chance, members[name])
    return Case(f"{how} in {name}", packed({**members, name: data}, 0))


def forger(chance: random.Random) -> Case:
    """Content changes, and the manifest fits again."""
    members = any_honest(chance)
    ways: list[Way] = [changed_bytes, moved_lines, moved_lines, changed_value, changed_value, changed_members, mixed]
    what, changed = chance.choice(ways)(chance, members)
    return Case(what, packed(changed, 0) if isinstance(changed, dict) else changed)


def operator(chance: random.Random) -> Case:
    """Odd things, properly sealed."""
    if chance.random() < 0.6:
        what, entry = chance.choice(ODD_ENTRIES)
        ledger = small_ledger(chance.randrange(6), chance.choice([2, 4]))
        event = ledger.write(pk="1")
        ledger.leaves.pop()
        raw = entry(canonical(event), ledger.entries.pop())
        ledger.put(raw)
    else:
        what, seal = chance.choice(ODD_SEALS)
        ledger = small_ledger(chance.randrange(1, 6), 2)
        seal(ledger)
    for _ in range(chance.randrange(3)):
        ledger.write(pk="2")
    if chance.random() < 0.5:
        ledger.seal()
    return Case(what, packed(ledger.export(), 0))


def reader(chance: random.Random) -> Case:
    """What the reader gives: keys, a policy, an older checkpoint, an age."""
    number = chance.randrange(len(LEDGERS))
    members, ledger = honest(number), LEDGERS[number]()
    how = chance.choice([a_key, a_policy, a_checkpoint, an_age, quickly])
    what, arguments, files = how(chance, ledger)
    if chance.random() < 0.3:
        hurt, data = damaged(chance, members["entries.jsonl"])
        members, what = described({**members, "entries.jsonl": data}), f"{what}, {hurt}"
    return Case(f"{what} for {LEDGERS[number].__name__}", packed(members, 0), arguments, files)


# ---- damage


def damaged(chance: random.Random, data: bytes) -> tuple[str, bytes]:
    if not data:
        return "nothing", data
    at = chance.randrange(len(data))
    how = chance.choice(["flip", "flip", "set", "remove", "insert", "cut", "repeat"])
    if how == "flip":
        new = data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]
    elif how == "set":
        new = data[:at] + chance.choice([b"0", b'"', b"\n", b"\0", b"\xff", b" ", b"{"]) + data[at + 1 :]
    elif how == "remove":
        new = data[:at] + data[at + chance.choice([1, 1, 5]) :]
    elif how == "insert":
        new = data[:at] + chance.choice([b"0", b" ", b"\n", b"\r", b"a", b"\xc3\xa9", b"\\"]) + data[at:]
    elif how == "cut":
        new = data[:at]
    else:
        new = data[:at] + data[max(0, at - 9) : at] + data[at:]
    return f"{how} at {at}", new


def changed_bytes(chance: random.Random, members: Members) -> tuple[str, Members]:
    name = chance.choice(DATA[:5])
    how, data = damaged(chance, members[name])
    return f"{how} in {name}", described({**members, name: data})


def moved_lines(chance: random.Random, members: Members) -> tuple[str, Members]:
    name = chance.choice(["entries.jsonl", "entries.jsonl", *LINES])
    lines = members[name].splitlines(keepends=True)
    if not lines:
        return "nothing", members
    at, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    how = chance.choice(["remove", "swap", "repeat", "move", "cut"])
    if how == "remove":
        del lines[at]
    elif how == "swap":
        lines[at], lines[other] = lines[other], lines[at]
    elif how == "repeat":
        lines.insert(other, lines[at])
    elif how == "move":
        lines.insert(other, lines.pop(at))
    else:
        del lines[at:]
    changes: dict[str, Any] = {}
    if name == "entries.jsonl" and chance.random() < 0.7:
        full = sum(line.startswith(b"{") for line in lines)
        changes = {"entries": full, **({"tree_size": full} if chance.random() < 0.5 else {})}
    return f"{how} line {at} of {name} {changes}", described({**members, name: b"".join(lines)}, **changes)


def changed_value(chance: random.Random, members: Members) -> tuple[str, Members]:
    """One value in the JSON of a line becomes another; the line is canonical again."""
    name = chance.choice(["entries.jsonl", "checkpoints.jsonl", "anchors.jsonl", "cards.jsonl", "manifest.json", "manifest.json"])
    lines = members[name].splitlines()
    if not lines:
        return "nothing", members
    at = chance.randrange(len(lines))
    content = json.loads(lines[at])
    where, changed = another(chance, content)
    lines[at] = canonical(changed)
    data = b"".join(line + b"\n" for line in lines)
    if name == "manifest.json":
        return f"{where} in {name}", {**members, name: data[:-1]}
    return f"{where} in line {at} of {name}", described({**members, name: data})


def another(chance: random.Random, value: Any, path: str = "$") -> tuple[str, Any]:
    """`value` with one change somewhere inside, and where."""
    if isinstance(value, dict) and value:
        key = chance.choice(sorted(value))
        if chance.random() < 0.1:
            return f"{path}.{key} gone", {name: item for name, item in value.items() if name != key}
        where, item = another(chance, value[key], f"{path}.{key}")
        return where, {**value, key: item}
    if isinstance(value, list) and value:
        at = chance.randrange(len(value))
        where, item = another(chance, value[at], f"{path}[{at}]")
        return where, [*value[:at], item, *value[at + 1 :]]
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{path} by one", value + chance.choice([-1, 1, 1000])
    if isinstance(value, str) and value and chance.random() < 0.85:
        at = chance.randrange(len(value))
        return f"{path}[{at}]", value[:at] + chance.choice("0189abfAZ+/=- \n") + value[at + 1 :]
    return f"{path} replaced", chance.choice([None, 0, -1, "", [], {}, True, "x", 2**53])


def changed_members(chance: random.Random, members: Members) -> tuple[str, Members | bytes]:
    how = chance.choice(["missing", "missing", "extra", "twice", "described only", "not described"])
    name = chance.choice([*members])
    if how == "missing":
        left = {other: data for other, data in members.items() if other != name}
        return f"without {name}", described(left) if name != "manifest.json" and chance.random() < 0.5 else left
    if how == "extra":
        extra = chance.choice(["other.txt", "sub/entries.jsonl", "../x", "Entries.jsonl"])
        return f"with {extra}", described({**members, extra: b"x"})
    if how == "twice":
        return f"{name} twice", twice(members, name)
    manifest = json.loads(members["manifest.json"])
    if how == "described only":
        manifest["files"]["other.txt"] = {"bytes": 1, "sha256": "0" * 64}
    else:
        manifest["files"].pop(name, None)
    return f"{name} {how}", {**members, "manifest.json": canonical(manifest)}


def twice(members: Members, name: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as bundle:
        for other, data in members.items():
            bundle.writestr(other, data)
        info = zipfile.ZipInfo("?" * len(name))
        bundle.writestr(info, members[name])
    return file.getvalue().replace(b"?" * len(name), name.encode())


def mixed(chance: random.Random, members: Members) -> tuple[str, Members]:
    """A member of another bundle takes the place of this one's."""
    name = chance.choice(DATA)
    return f"{name} of another", described({**members, name: any_honest(chance)[name]})


# ---- what the reader gives

Given = tuple[str, tuple[str, ...], dict[str, bytes]]


def a_key(chance: random.Random, ledger: Ledger) -> Given:
    key = chance.choice([*ledger.keys, Signer("somebody else"), Signer("first", "another-name")])
    if chance.random() < 0.5:
        return "a key", ("--key", key.vkey), {}
    return "keys in a file", ("--key", "{folder}/keys"), {"keys": f"# kept since 2025\n{key.vkey}\n".encode()}


def a_policy(chance: random.Random, ledger: Ledger) -> Given:
    other = Signer("other witness", "other.example", 4)
    need = chance.choice(["any", "all", "1", "2"])
    lines = [f"log {ledger.keys[0].vkey}", f"witness w1 {WITNESS.vkey}", f"witness w2 {other.vkey}", f"group g {need} w1 w2"]
    quorum = chance.choice(["quorum g", "quorum w1", "quorum none", "quorum w2"])
    return f"{quorum}, {need}", ("--policy", "{folder}/policy"), {"policy": "\n".join([*lines, quorum, ""]).encode()}


def a_checkpoint(chance: random.Random, ledger: Ledger) -> Given:
    if chance.random() < 0.3:
        ledger = small_ledger(12, 3)
        ledger.leaves[1] = ledger.leaves[0]
        ledger.seal()
    note = chance.choice(ledger.notes)[2]
    return "an older checkpoint", ("--since", "{folder}/kept"), {"kept": note.encode()}


def an_age(chance: random.Random, ledger: Ledger) -> Given:
    return "an age", ("--max-age", chance.choice(["1s", "90m", "24h", "30d"])), {}


def quickly(chance: random.Random, ledger: Ledger) -> Given:
    return "in haste", ("--quick",), {}
