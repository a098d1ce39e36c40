#!/usr/bin/env python3
"""Checks a ledger's evidence without the ledger: no network, no database, nothing but Python's standard library (3.9 and newer).

    python3 verify.py bundle.zip                            is this bundle complete, in order and unaltered?
    python3 verify.py bundle.zip --key ledger.key           ... and signed by the key that I was given?
    python3 verify.py bundle.zip --since my-old.checkpoint  ... and the continuation of what I saw last time?
    python3 verify.py item.tlog-proof --payload item.json --key ledger.key
    python3 verify.py --consistency old.checkpoint new.checkpoint proof --key ledger.key

How it works:
 1. Every entry is hashed into an RFC 6962 tree, of which only the right edge is kept: a few hundred bytes, however long the ledger is.
 2. Wherever a checkpoint was signed, its root must be the one that the entries give. One changed bit changes every root after it.
 3. The newest checkpoint, and those where something changed hands, must carry a valid Ed25519 signature of a key that you trust.
 4. Each entry is read: its form, its id, its number among the events of its object, its time against the checkpoints around it.
 5. What is not there must be accounted for: pruned and erased entries, other people's entries in a selection, ranges lost in a restore.
 6. The event of this very export must be there, new in the last checkpoint, so that a bundle whose tail was cut gives itself away.

Contents (look for the name between dashes). Each part uses only those above it, but for patterns and helpers, which a reader who is short
of time may leave out: without them the verdict is the same and takes longer.
    Words and limits                what a verdict can be, what is refused
    Ed25519                         RFC 8032, verification only
    Keys, checkpoints and policies  C2SP signed notes, and whom the reader trusts
    The tree                        RFC 6962, and proofs within it
    The verdict                     what was found, as text and as data
    JSON in its one form            what an entry is made of
    Blocks of entries               all that can be said of entries without knowing the others: `Reader.examine`
    Only for speed: patterns        an entry that is like one that was parsed need not be parsed
    Only for speed: helpers         a long bundle is examined by several processes
    Memory                          what is kept of every entry, in 20 bytes, and of what is left out
    The bundle's file               a ZIP file, read in pieces
    The way through a bundle        what depends on order, entry by entry and checkpoint by checkpoint: `Walk.run`
    Doors                           arguments in, verdict out

Exit status: 0 sound, 1 tampered, 2 incomplete, 3 stale, 4 unsigned, 5 unknown key, 64 not called properly or no such file.
The format is written down byte by byte in docs/ledger-format.md; section numbers below are that page's.
"""

# ruff: noqa: B905, UP017 - Python 3.9 has neither `strict` for zip nor UTC in datetime

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import json
import re
import signal
import struct
import sys
import zipfile
import zlib
from array import array
from binascii import unhexlify
from bisect import bisect
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache, partial
from itertools import compress, islice
from multiprocessing import Pipe, Process, cpu_count
from pathlib import Path
from typing import Any, NamedTuple

# --- Words and limits ----------------------------------------------------------------------------------------------------------------

# Section 7: exit status and meaning. Of several findings the first word in this order is the verdict.
WORDS = {
    "sound": (0, "everything that it claims was checked and holds."),
    "tampered": (1, "it contradicts itself. Something was changed, or made up, after it was sealed."),
    "unknown key": (5, "it is not signed by a key that you trust."),
    "unsigned": (4, "a checkpoint that is needed has no valid signature."),
    "incomplete": (2, "something that it claims is not in it."),
    "stale": (3, "it is older than it should be."),
}
USAGE = 64
BOUND_BY_THE_TREE = ("entries.jsonl",)  # whose bytes are hashed into the tree, so that --quick does not hash them a second time
UTC = timezone.utc
EVIDENCE = ("manifest.json", "entries.jsonl", "checkpoints.jsonl", "anchors.jsonl", "cards.jsonl", "keys.txt")
MEMBERS = (*EVIDENCE, "README.txt", "verify.py", "verify.js", "verify.html")
ATTACHED, MOST_ATTACHED = re.compile(r"attached/[A-Za-z0-9][A-Za-z0-9._-]{0,199}"), 500
TOLERANCE, TOLD_LATE = timedelta(seconds=300), timedelta(seconds=60)
PACKED, CHUNK, LONGEST_LINE, LONGEST_TEXT = 1 << 15, 1 << 18, 8 << 20, 1 << 20
FINDINGS_SHOWN = 20
# A signature takes a millisecond. The first of a ledger are all checked, later ones where something changes hands (section 7).
FIRST_SIGNATURES = 100
MOST_SIGNATURES = 64
# Shorter bundles are read before other processes would have started. More than three would wait for the one that unpacks.
WORTH_HELPERS, MOST_HELPERS = 32 << 20, 3
AHEAD = 8  # blocks that are asked for before the first of them is needed
PARTS = 12  # so many times what is asked of all entries together is asked of some, which takes less memory


class Broken(ValueError):
    """Something is not what the format says. The text tells what, in words."""


class CutOff(Broken):
    """The file ends before it should."""


class Misuse(Exception):
    """The program was not called properly: exit status 64."""


def shorten(text: Any) -> str:
    """For messages: hostile text is neither long nor able to play with a terminal."""
    return ascii(str(text)[:80])[1:-1]


# --- Ed25519 (RFC 8032), verification only -------------------------------------------------------------------------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]  # extended coordinates: x = X/Z, y = Y/Z, xy = T/Z


def _decompress(data: bytes) -> Point:
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & ((1 << 255) - 1)
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if (v * x * x + u) % P == 0:
        x = x * ROOT_OF_MINUS_ONE % P
    if y >= P or (v * x * x - u) % P or (x == 0 and sign):
        raise Broken("not a point of the curve in its canonical form")
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def _compress(point: Point) -> bytes:
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _add(p: Point, q: Point) -> Point:
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


@lru_cache(8)
def _multiples(point: Point) -> list[list[Point]]:
    """0 to 15 times 16**n of the point, for each n: made once a key, they leave 64 additions of a multiplication."""
    rows = []
    for _ in range(64):
        row: list[Point] = [(0, 1, 1, 0)]
        for _ in range(16):
            row.append(_add(row[-1], point))
        point = row.pop()
        rows.append(row)
    return rows


BASE = _decompress((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def ed25519_valid(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether R = [S]B - [k]A, with S below the group's order and every point in its one canonical form."""
    s = int.from_bytes(signature[32:], "little")
    if len(public) != 32 or len(signature) != 64 or s >= ORDER:
        return False
    try:
        x, y, _, xy = _decompress(public)
    except Broken:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    total: Point = (0, 1, 1, 0)
    for number, point in ((s, BASE), (k, (P - x, y, 1, P - xy))):
        for row in _multiples(point):
            total = _add(total, row[number & 15])
            number >>= 4
    return _compress(total) == signature[:32]


# --- Keys, checkpoints and policies (section 3) --------------------------------------------------------------------------------------

LEDGER_KEY, WITNESS_KEY = 1, 4
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z")
NUMBER = re.compile(r"0|[1-9][0-9]{0,17}")
SIGNATURE_LINE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")


class Key(NamedTuple):
    name: str
    id: bytes
    kind: int
    public: bytes
    text: str

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    def signed(self, note: Note) -> bool:
        """Whether the note has a valid signature of this key."""
        return any(self.valid(note.text, seal) for name, key_id, seal in note.seals if (name, key_id) == (self.name, self.id))

    def valid(self, text: bytes, seal: bytes) -> bool:
        if self.kind == LEDGER_KEY:
            return ed25519_valid(self.public, text, seal)
        head = b"cosignature/v1\ntime %d\n" % int.from_bytes(seal[:8], "big")
        return len(seal) == 72 and ed25519_valid(self.public, head + text, seal[8:])


class Note(NamedTuple):
    """A checkpoint: `text` is what is signed, `seals` are (key's name, key's id, signature)."""

    text: bytes
    origin: str
    size: int
    root: bytes
    time: str
    seals: list[tuple[str, bytes, bytes]]


def decoded(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise Broken(f"{name} is not text in UTF-8") from None


def unbase64(text: str) -> bytes:
    """Strictly: what would be written differently is refused."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        data = b""
    if not text or base64.b64encode(data).decode() != text:
        raise Broken(f"'{shorten(text)}' is not base64")
    return data


def moment(text: Any) -> datetime:
    """RFC 3339 in UTC with microseconds, in the one form that the ledger writes. Such texts sort as the times do."""
    try:
        if isinstance(text, str) and TIME.fullmatch(text):
            return datetime.fromisoformat(text[:26]).replace(tzinfo=UTC)
    except ValueError:
        pass
    raise Broken(f"'{shorten(text)}' is not a time such as 2026-03-02T09:00:00.000000Z")


def shifted(text: str, by: timedelta) -> bytes:
    """A time as text, later by so much."""
    try:
        return (moment(text) + by).isoformat(timespec="microseconds")[:26].encode() + b"Z"
    except OverflowError:
        return text.encode()


def parse_key(text: str) -> Key:
    """A key in text (vkey): the base64 at its end may itself hold a '+'."""
    parts = text.split("+", 2)
    if len(parts) != 3 or not parts[0] or re.search(r"\s", parts[0]):
        raise Broken(f"'{shorten(text)}' is not a key of the form name+id+base64")
    data = unbase64(parts[2])
    key_id = hashlib.sha256(parts[0].encode() + b"\n" + data).digest()[:4]
    if len(data) != 33 or data[0] not in (LEDGER_KEY, WITNESS_KEY):
        raise Broken(f"the key '{shorten(parts[0])}' is of a kind that this program does not know")
    if key_id.hex() != parts[1]:
        raise Broken(f"the id of the key '{shorten(parts[0])}' is not that of its bytes")
    return Key(parts[0], key_id, data[0], data[1:], text)


def parse_seals(text: str) -> list[tuple[str, bytes, bytes]]:
    *lines, rest = text.split("\n")
    if rest or len(lines) > MOST_SIGNATURES:
        raise Broken(f"a checkpoint is cut off, or has more than {MOST_SIGNATURES} signatures")
    seals: list[tuple[str, bytes, bytes]] = []
    for line in lines:
        found = SIGNATURE_LINE.fullmatch(line)
        data = unbase64(found.group(2)) if found else b""
        if not found or len(data) < 5:
            raise Broken(f"'{shorten(line)}' is not a signature line")
        seals.append((found.group(1), data[:4], data[4:]))
    return seals


def parse_note(note: str) -> Note:
    text, gap, tail = note.partition("\n\n")
    lines = text.split("\n")
    if not gap or len(lines) != 4 or not lines[0] or not NUMBER.fullmatch(lines[1]) or not lines[3].startswith("time "):
        raise Broken(f"'{shorten(text)}' is not a checkpoint: it needs an origin, a size, a root and a time, a line each")
    root, time = unbase64(lines[2]), lines[3][5:]
    if len(root) != 32 or not moment(time):
        raise Broken(f"the checkpoint of size {lines[1]} has no root")
    return Note(f"{text}\n".encode(), lines[0], int(lines[1]), root, time, parse_seals(tail))


def epoch_of(origin: str, ledger: str) -> int:
    """Which epoch an origin names (section 6)."""
    found = re.fullmatch(re.escape(ledger) + r"(?:/epoch-([2-9]|[1-9][0-9]{1,8}))?", origin)
    if not found:
        raise Broken(f"the origin '{shorten(origin)}' is not one of the ledger '{shorten(ledger)}'")
    return int(found.group(1) or 1)


class Policy(NamedTuple):
    """What the reader trusts: keys of ledgers, keys of witnesses, and which of these must have cosigned (C2SP tlog-policy)."""

    ledgers: list[Key]
    witnesses: dict[str, Key]
    groups: dict[str, tuple[int, list[str]]]
    quorum: str = "none"

    def reached(self, name: str, seen: set[str]) -> bool:
        if name in self.groups:
            least, members = self.groups[name]
            return sum(self.reached(member, seen) for member in members) >= least
        return name == "none" or self.witnesses[name].text in seen

    def add_group(self, name: str, least: str, members: list[str]) -> None:
        needed = {"any": 1, "all": len(members)}.get(least) or (int(least) if least.isdecimal() else 0)
        if not 1 <= needed <= len(members) or set(members) - {*self.witnesses, *self.groups}:
            raise Broken("a group needs a number within its members, each defined before")
        self.groups[name] = needed, members


def parse_policy(text: str) -> Policy:
    policy, quorum = Policy([], {}, {}), []
    for words in [line.split() for line in text.splitlines()]:
        if not words or words[0].startswith("#"):
            continue
        try:
            if words[0] == "log":
                policy.ledgers.append(parse_key(words[1]))
            elif words[0] == "witness":
                policy.witnesses[words[1]] = parse_key(words[2])
            elif words[0] == "group":
                policy.add_group(words[1], words[2], words[3:])
            else:
                quorum.append({"quorum": words[1]}[words[0]])
        except (IndexError, KeyError, Broken) as error:
            raise Misuse(f"The policy's line '{shorten(' '.join(words))}' cannot be understood: {error}") from None
    if len(quorum) != 1 or quorum[0] not in {"none", *policy.witnesses, *policy.groups}:
        raise Misuse("The policy needs one line 'quorum', with 'none' or a name of a witness or group defined before")
    return policy._replace(quorum=quorum[0])


# --- The tree: RFC 6962 (section 2) --------------------------------------------------------------------------------------------------


def leaf_hash(entry: bytes) -> bytes:
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


class Tree:
    """The right edge of a tree: one hash for each complete subtree, largest first. That is enough to go on and to tell the root."""

    def __init__(self) -> None:
        self.size = 0
        self.peaks: list[bytes] = []

    def append(self, nodes: list[bytes], height: int = 0) -> None:
        """Adds leaves, or complete subtrees of 2**height leaves each; `size` must be a multiple of that."""
        earlier, alone, sha256 = self.size >> height, [], hashlib.sha256
        self.size += len(nodes) << height
        while nodes:  # level by level: pairs become their parents, and one without a right neighbour waits for it
            nodes = [self.peaks.pop(), *nodes] if earlier & 1 else nodes
            alone += [nodes[-1]] if len(nodes) & 1 else []
            nodes = [sha256(b"\1" + left + right).digest() for left, right in zip(nodes[::2], nodes[1::2])]
            earlier >>= 1
        self.peaks += reversed(alone)

    def root(self) -> bytes:
        root = self.peaks[-1] if self.peaks else hashlib.sha256(b"").digest()
        for peak in self.peaks[-2::-1]:
            root = node_hash(peak, root)
        return root


def _split(size: int) -> int:
    """The largest power of two below the size: so many leaves are on the left."""
    return 1 << (size - 1).bit_length() - 1


def root_by_inclusion(index: int, size: int, leaf: bytes, path: list[bytes]) -> bytes:
    """RFC 6962, section 2.1.1: the root of the tree of this size that holds this leaf there."""
    if not 0 <= index < size or (size == 1) != (not path):
        raise Broken("the proof has too few or too many hashes, or its index lies outside the tree")
    if size == 1:
        return leaf
    left = _split(size)
    if index < left:
        return node_hash(root_by_inclusion(index, left, leaf, path[:-1]), path[-1])
    return node_hash(path[-1], root_by_inclusion(index - left, size - left, leaf, path[:-1]))


def consistent(old: Note, new: Note, path: list[bytes]) -> bool:
    """RFC 6962, section 2.1.2: whether the new tree begins with the old one."""
    if not 0 < old.size < new.size:
        return not path and old.size <= new.size and old.root == (new.root if old.size else Tree().root())
    try:
        return _old_and_new(old.size, new.size, path, [old.root]) == (old.root, new.root)
    except ValueError:  # too few or too many hashes
        return False


def _old_and_new(old: int, new: int, path: list[bytes], whole: list[bytes]) -> tuple[bytes, bytes]:
    """The roots of the first `old` and of all `new` leaves; `whole` is the root of the old ones as long as they begin at the left edge."""
    if old == new:
        [root] = whole + path
        return root, root
    *path, other = path
    left = _split(new)
    if old <= left:
        first, both = _old_and_new(old, left, path, whole)
        return first, node_hash(both, other)
    first, both = _old_and_new(old - left, new - left, path, [])
    return node_hash(other, first), node_hash(other, both)


# --- The verdict (section 7) ---------------------------------------------------------------------------------------------------------


class Verdict:
    """What was found, what is there, and what was not looked at."""

    def __init__(self) -> None:
        self.findings: list[dict[str, Any]] = []
        self.more: dict[str, int] = {}
        self.facts: dict[str, Any] = {}
        self.unchecked: list[str] = []

    def find(self, word: str, text: str, first: int | None = None, last: int | None = None, checkpoint: int | None = None) -> None:
        if sum(finding["word"] == word for finding in self.findings) >= FINDINGS_SHOWN:
            self.more[word] = self.more.get(word, 0) + 1
        else:
            self.findings.append({"word": word, "text": text, "first": first, "last": last, "checkpoint": checkpoint})

    @property
    def word(self) -> str:
        found = {finding["word"] for finding in self.findings}
        return next((word for word in WORDS if word in found), "sound")

    def as_data(self) -> dict[str, Any]:
        said = {"status": WORDS[self.word][0], "word": self.word, "findings": self.findings, "more_findings": self.more}
        return {**said, **self.facts, "not_checked": self.unchecked}

    def as_text(self) -> str:
        lines = [f"{self.word.upper()}: {WORDS[self.word][1]}"]
        lines += [f"  {finding['word'].upper()}: {finding['text']}" for finding in self.findings]
        lines += [f"  ... and {count} more of the kind '{word}'." for word, count in self.more.items()]
        for name, value in self.facts.items():
            label = name.replace("_", " ").capitalize() + ":"
            lines += [f"{'' if number else label:<13}{line}" for number, line in enumerate(_as_lines(value))]
        return "\n".join([*lines, "NOT checked:", *(f"  - {text}" for text in self.unchecked)])


def _as_lines(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [", ".join(f"{name.replace('_', ' ')} {'none' if item is None else item}" for name, item in value.items())]
    if isinstance(value, list):
        return [line for item in value for line in _as_lines(item)] or ["none"]
    return ["none" if value is None else str(value)]


# --- JSON in its one form (section 1) ------------------------------------------------------------------------------------------------

LARGEST_NUMBER = 2**53 - 1
DEEPEST = 500
# In JSON, a letter beyond ASCII, after which only others stand up to the end of a key.
FOREIGN_KEY = re.compile(rb'[\x80-\xff][^"\\\x80-\xff]*(?:\\.[^"\\\x80-\xff]*)*":')


def _integer(text: str) -> int:
    if len(text) > 15 and (len(text) > 17 or abs(int(text)) > LARGEST_NUMBER):
        raise Broken("a number lies beyond 2^53")
    return int(text)


def _no_float(text: str) -> float:
    raise Broken(f"'{shorten(text)}' is not a whole number")


DECODER = json.JSONDecoder(parse_int=_integer, parse_float=_no_float, parse_constant=_no_float)
ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, check_circular=False)


def parse_canonical(line: bytes) -> Any:
    """JSON in the one form that the format allows: written anew it gives the same bytes, so no key stands twice and none out of order."""
    try:
        text = line.decode("utf-8")
        value, _ = DECODER.raw_decode(text)
        if ENCODER.encode(value) != text:
            raise Broken("not canonical JSON: a key twice or out of order, or a space or an escape that is not needed")
    except Broken:
        raise
    except (ValueError, RecursionError) as error:
        raise Broken(f"not JSON: {shorten(error)}") from None
    if not text.isascii() and FOREIGN_KEY.search(line):
        raise Broken("a key is not in ASCII letters")
    if line.count(b"{") + line.count(b"[") > DEEPEST and _depth(value) > DEEPEST:
        raise Broken(f"it is nested more than {DEEPEST} deep")
    return value


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level := [part for part in level if isinstance(part, (dict, list))]:
        depth += 1
        level = [item for part in level for item in (part.values() if isinstance(part, dict) else part)]
    return depth


def parse_object(line: bytes, *texts: str, others: tuple[str, ...] = ()) -> dict[str, Any]:
    """A canonical JSON object with exactly these fields, of which all but the others hold text."""
    value = parse_canonical(line)
    if not isinstance(value, dict) or set(value) != {*texts, *others} or not all(isinstance(value[name], str) for name in texts):
        raise Broken(f"not an object with the fields {', '.join(texts + others)}, each of its kind")
    return value


def value_at(entry: Any, *path: str) -> Any:
    for name in path:
        entry = entry.get(name) if isinstance(entry, dict) else None
    return entry


def text_of(entry: Any, *path: str) -> str:
    """The text that stands there, or ''."""
    value = value_at(entry, *path)
    return value if isinstance(value, str) else ""


def number_of(entry: Any, *path: str) -> int:
    """The whole number that stands there, or -1."""
    value = value_at(entry, *path)
    return value if type(value) is int else -1


# --- Blocks of entries (section 1) ---------------------------------------------------------------------------------------------------

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
GOVERNING = ("ledger.key_rotated", "ledger.restored", "retention.pruned", "erasure.done", "evidence.exported")
TYPE_MARK = b'"type":"'
GOVERNS = re.compile(TYPE_MARK + b"(?:" + b"|".join([re.escape(name.encode()) for name in GOVERNING]) + b')"')
SEALED = re.compile(rb'\{"sealed":"([^"]{64})"\}')
# What an entry says of itself: id; its object's kind, key and number; when it was written, if it says so; when it happened; its version.
Row = tuple[bytes, ...]
NO_ROW: Row = (b"0" * 32, b"", b"", b"0", b"", b"", b"0")


class Run(NamedTuple):
    """Entries that follow each other and are nothing special: their hashes and, if they were read, what others must be compared with."""

    leaves: list[bytes]
    ids: array[int] = array("Q")  # of each the random half
    objects: array[int] = array("Q")  # a hash of kind and key, 0 for none
    numbers: array[int] = array("I")
    versions: bytes = b""
    written: tuple[bytes, ...] = ()
    first: bytes = b"~"  # of the times when they happened
    last: bytes = b""
    late: int = 0
    unopened: int = 0


@lru_cache(4096)
def mark_of(model: bytes, key: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(model + b"\0" + key, digest_size=8).digest(), "big") if key else 0


@lru_cache(64)
def is_day(text: bytes) -> bool:
    try:
        return date.fromisoformat(text.decode()).isoformat().encode() == text
    except ValueError:
        return False


def row_of(entry: Any) -> Row:
    """What an entry says of itself but for its times. Refuses what contradicts itself."""
    version, event_id, obj = number_of(entry, "v"), text_of(entry, "id"), (b"", b"", b"0")
    if not text_of(entry, "type"):
        raise Broken("it is not an event")
    if version not in (1, 2):
        raise Broken(f"its version is {shorten(value_at(entry, 'v'))}, which cannot stand here")
    if not ID.fullmatch(event_id) or (version == 2 and event_id[14] != "7"):
        raise Broken(f"its id '{shorten(event_id)}' is not a UUID of version 7")
    if version == 2 and "obj" in entry:
        obj = text_of(entry, "obj", "model").encode(), text_of(entry, "obj", "pk").encode(), b"%d" % number_of(entry, "obj", "seq")
        if not obj[0] or not obj[1] or not 0 < int(obj[2]) < 1 << 32:
            raise Broken("its object has no kind, key or number")
    return (event_id.encode(), *obj, b"", b"", b"%d" % version)


def with_times(row: Row, entry: dict[str, Any]) -> Row:
    happened, written = moment(entry.get("ts")), moment(entry["rec"]) if "rec" in entry else None
    if written and abs(written - happened) <= TOLD_LATE:
        raise Broken("it says when it was written, although that is when it happened")
    return (*row[:4], entry.get("rec", "").encode(), entry["ts"].encode(), row[6])


class Reader:
    """Says of a block of entries all that can be said without knowing the others. Every process has one of its own."""

    mine: Reader

    def __init__(self, deep: bool, cards: set[bytes]) -> None:
        self.deep, self.cards, self.patterns = deep, cards, Patterns()

    def examine(self, block: bytes) -> list[Run | bytes]:
        """Runs, and between them each line that must be looked at by itself, where all that stands before it is known."""
        lines = block[:-1].split(b"\n")
        rows = self.read(block, lines) if self.deep else []
        odd: list[int] = []
        if self.deep:
            odd = [number for number, row in enumerate(rows) if not row]
        elif GOVERNS.search(block) or min(lines) < b"{" or max(lines) >= b"|":
            odd = [number for number, line in enumerate(lines) if line[:1] != b"{" or GOVERNS.search(line)]
        parts: list[Run | bytes] = []
        at = 0
        for number in [*odd, len(lines)]:
            parts += [self.run(lines[at:number], rows[at:number])] if at < number else []
            parts += lines[number : number + 1]
            at = number + 1
        return parts

    def run(self, lines: list[bytes], rows: list[Row]) -> Run:
        sha256 = hashlib.sha256
        leaves = [sha256(b"\0" + line).digest() for line in lines]
        if not rows:
            return Run(leaves)
        ids, models, keys, numbers, told, happened, versions = zip(*rows)
        tokens = SEALED.findall(b"\n".join(lines))
        return Run(
            leaves,
            array("Q", unhexlify(b"".join(ids).replace(b"-", b"")))[1::2],
            array("Q", map(mark_of, models, keys)),
            array("I", [int(number or 0) for number in numbers]),
            bytes(map(int, versions)),
            tuple([rec or ts for rec, ts in zip(told, happened)]) if any(told) else happened,
            min(filter(None, happened), default=b"~"),
            max(happened),
            sum(map(bool, told)),
            len(tokens) - (sum([token in self.cards for token in tokens]) if self.cards else 0),
        )

    def read(self, block: bytes, lines: list[bytes]) -> list[Row]:
        """Rows; an empty one stands for a line that governs the ledger, or with which something is wrong."""
        return [self.patterns.row(text) or self.parse(line, text) for line, text in zip(lines, clear(block, lines))]

    def parse(self, line: bytes, text: bytes) -> Row:
        try:
            entry = parse_canonical(line)
            row = with_times(row_of(entry), entry)
        except Broken:
            return ()
        if entry["type"] in GOVERNING:
            return ()
        if not row[4]:
            self.patterns.learn(entry, text)
        return row


# --- Only for speed: patterns --------------------------------------------------------------------------------------------------------

# To parse JSON and write it anew takes 25 µs an entry. Most entries are like earlier ones but for their texts and numbers, so each kind is
# parsed once, and becomes a pattern: the same keys in the same order, text where it has text, any value where it has another. What matches
# is canonical, too, and the pattern's groups are its row. It is matched against lines in which a quote is where text begins or ends. An
# entry that matches none is parsed; so whoever wants to do without patterns lets `Patterns.row` return ().

CONTROLS = bytes(range(32))
ESCAPE = re.compile(rb'\\(?:["\\bfnrt]|u00(?:0[0-7bef]|1[0-9a-f]))')
TEXT = b'"[^"]*"'
VALUE = b"(?:0|-?[1-9][0-9]{0,14}|null|true|false|%b)" % TEXT
ID_TEXT, PK_TEXT = b'"([0-9a-f]{8}-[0-9a-f]{4}-%b[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})"', rb'"([^"\0]+)"'
TIME_TEXT = b'"(%b)"' % TIME.pattern.encode()


def clear(block: bytes, lines: list[bytes]) -> list[bytes]:
    """The block's lines with NULs for what is escaped, each; empty where other characters are, or all if it has control ones or is no UTF-8."""
    try:
        plain = len(block.translate(None, CONTROLS)) == len(block) - len(lines) and len(block.decode()) > 0
    except UnicodeDecodeError:
        plain = False
    if not plain:
        return [b""] * len(lines)
    return [unescaped(line) if b"\\" in line else line for line in lines] if b"\\" in block else lines


def unescaped(line: bytes) -> bytes:
    text = ESCAPE.sub(b"\0", line)
    return text if b"\\" not in text else b""


def pattern_of(entry: dict[str, Any]) -> bytes:
    """Of an entry in which nothing is wrong. Keys are sorted, so groups are in the order of a row."""
    version, obj = entry["v"], entry.get("obj")
    fixed = {"id": ID_TEXT % (b"7" if version == 2 else b"[1-8]"), "ts": b"()" + TIME_TEXT, "v": b"(%d)" % version}
    if version == 2 and obj:
        model = b'"(' + re.escape(obj["model"].encode()) + b')"'
        fixed["obj"] = _pattern(obj, {"model": model, "pk": PK_TEXT, "seq": b"([1-9][0-9]{0,8})"})
    else:
        fixed["id"] += b"()()()"
    return _pattern(entry, {**fixed, "type": _literal(entry["type"])})


def _pattern(value: Any, fixed: dict[str, bytes]) -> bytes:
    if isinstance(value, dict):
        return rb"\{" + b",".join([_literal(key) + b":" + (fixed.get(key) or _pattern(item, {})) for key, item in value.items()]) + rb"\}"
    if isinstance(value, list):
        return rb"\[" + b",".join([_pattern(item, {}) for item in value]) + rb"\]"
    return TEXT if isinstance(value, str) else VALUE


def _literal(text: str) -> bytes:
    return re.escape(ENCODER.encode(text).encode())


class Patterns:
    """Of entries that were parsed, by their type and what stands behind it. A line that matches one is as good as parsed."""

    def __init__(self) -> None:
        self.known: dict[bytes, list[Callable[[bytes], re.Match[bytes] | None]]] = {}
        self.room = 500

    def row(self, text: bytes) -> Row:
        at = text.rfind(TYPE_MARK) + len(TYPE_MARK)
        for fullmatch in self.known.get(text[at : text.find(b'"', at) + 8], ()):  # 8: up to a comma or the end behind the version
            found = fullmatch(text)
            if found:
                row = found.groups()
                return row if is_day(row[5][:10]) else ()
        return ()

    def learn(self, entry: dict[str, Any], text: bytes) -> None:
        """Takes an entry, and its line as `clear` gives it, for a pattern, unless there are many already."""
        at = text.rfind(TYPE_MARK) + len(TYPE_MARK)
        same = self.known.setdefault(text[at : text.find(b'"', at) + 8], [])
        if text and self.room and len(same) < 16 and len(text) < 1 << 13:
            self.room -= 1
            same.append(re.compile(pattern_of(entry)).fullmatch)


# --- Only for speed: helpers ---------------------------------------------------------------------------------------------------------


class Helpers:
    """Processes that examine blocks while this one unpacks. Where none can be had, or one is killed, this one does its work."""

    def __init__(self, count: int, deep: bool, cards: set[bytes]) -> None:
        Reader.mine = Reader(deep, cards)
        self.processes: list[Any] = []
        self.idle: list[Any] = []
        try:
            for _ in range(count):
                mine, theirs = Pipe()
                process = Process(target=_help, args=(mine, theirs, deep, cards), daemon=True)
                process.start()
                theirs.close()
                self.processes.append(process)
                self.idle.append(mine)
        except (OSError, RuntimeError, ImportError):
            pass
        self.connections = tuple(self.idle)
        self.threads = ThreadPoolExecutor(len(self.connections) or 1)

    def examined(self, blocks: Iterator[bytes]) -> Iterator[list[Run | bytes]]:
        """What `examine` says of each block, in their order; first of all before a block that cannot be read, then why."""
        waiting: deque[Callable[[], list[Run | bytes]]] = deque()
        ended: Broken | None = None
        try:
            for block in blocks:
                waiting.append(self.threads.submit(self.asked, block).result if self.connections else partial(self.asked, block))
                if len(waiting) > AHEAD:
                    yield waiting.popleft()()
        except Broken as error:
            ended = error
        while waiting:
            yield waiting.popleft()()
        if ended:
            raise ended

    def asked(self, block: bytes) -> list[Run | bytes]:
        """In one of as many threads as there were helpers: each has one of them, or must do the work itself."""
        try:
            helper = self.idle.pop()
            helper.send_bytes(block)
            said: list[Run | bytes] = helper.recv()
            self.idle.append(helper)
        except (IndexError, EOFError, OSError):
            return Reader.mine.examine(block)
        return said

    def end(self) -> None:
        self.threads.shutdown(cancel_futures=True)
        for connection in self.connections:
            connection.close()
        for process in self.processes:
            process.join()


def _help(theirs: Any, mine: Any, deep: bool, cards: set[bytes]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever interrupts means the first process, which ends its helpers
    theirs.close()  # so that the end of the first process is noticed, whatever ended it
    reader = Reader(deep, cards)
    try:
        while True:
            mine.send(reader.examine(mine.recv_bytes()))
    except (EOFError, OSError):
        pass


# --- Memory --------------------------------------------------------------------------------------------------------------------------


class Seen:
    """What must be remembered of every entry: the random half of its id, a hash of its object, its number among the object's.

    What is asked of all of them together is asked of some at a time, so that it never takes much memory either.
    """

    def __init__(self) -> None:
        self.ids, self.objects, self.numbers = array("Q"), array("Q"), array("I")

    def add(self, run: Run) -> None:
        self.ids += run.ids
        self.objects += run.objects
        self.numbers += run.numbers

    def doubled(self) -> Iterator[int]:
        """Places of entries whose id an earlier one has."""
        for part in range(PARTS):
            chosen = _chosen(self.ids, part)
            if len(set(compress(self.ids, chosen))) < chosen.count(1):
                met = {0}  # which is no id
                for place in compress(range(len(self.ids)), chosen):
                    if self.ids[place] in met and self.ids[place]:
                        yield place
                    met.add(self.ids[place])

    def jumps(self) -> Iterator[tuple[int, int, int, int]]:
        """(place, number, number that was due, place of the one before or -1) where an object's events are not numbered 1, 2, 3 and so on."""
        for part in range(PARTS):
            last: dict[int, int] = {}
            chosen = _chosen(self.objects, part)
            for place, who, number in zip(
                compress(range(len(chosen)), chosen), compress(self.objects, chosen), compress(self.numbers, chosen)
            ):
                before = last.get(who, -1)
                due = self.numbers[before] + 1 if before >= 0 else 1
                if number != due and who:
                    yield place, number, due, before
                if number >= due:
                    last[who] = place


def _chosen(numbers: array[int], part: int) -> bytes:
    """For each number a byte: 1 if it belongs to this part, which one of its own bytes decides, else 0."""
    return memoryview(numbers).cast("B")[7::8].tobytes().translate(bytes([byte % PARTS == part for byte in range(256)]))


class Ranges:
    """Ranges of indexes in ascending order; those that touch become one. A place counts only indexes that are in none of them."""

    def __init__(self) -> None:
        self.firsts, self.lasts, self.places = array("Q"), array("Q"), array("Q")

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self.firsts, self.lasts)

    def __len__(self) -> int:
        return len(self.firsts)

    def add(self, first: int, last: int) -> None:
        if self.lasts and first <= self.lasts[-1] + 1:
            self.lasts[-1] = max(last, self.lasts[-1])
        else:
            self.places.append(first - self.before())
            self.firsts.append(first)
            self.lasts.append(last)

    def before(self, place: int = sys.maxsize) -> int:
        """How many indexes are left out before this place, or in all."""
        at = bisect(self.places, place) - 1
        return self.lasts[at] + 1 - self.places[at] if at >= 0 else 0


# --- The bundle's file (section 4) ---------------------------------------------------------------------------------------------------


class Bundle:
    """A ZIP file, read in pieces. Only members that the format names are opened, and none is written anywhere."""

    def __init__(self, path: Path, verdict: Verdict, unhashed: tuple[str, ...] = ()) -> None:
        self.path, self.verdict, self.unhashed = path, verdict, unhashed
        self._expect_a_whole_zip(path)
        try:
            self.zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, ValueError, OSError, struct.error, NotImplementedError, EOFError) as error:
            raise Broken(f"its table of contents cannot be read: {shorten(error)}") from None
        members = self.zip.infolist()
        if any(info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for info in members):
            raise Broken("a member is encrypted, or packed in a way that bundles are not")
        self.sizes = {info.filename: info.file_size for info in members}
        starts = sorted(info.header_offset for info in members)
        # Of two that begin at one place, the first ends where it begins: neither is read.
        self.ends = dict(reversed([*zip(starts, [*starts[1:], self.zip.start_dir])]))
        strange = sorted(name for name in self.sizes if name not in MEMBERS and not ATTACHED.fullmatch(name))
        if len(self.sizes) != len(members) or strange:
            raise Broken(f"it holds what no bundle holds: {shorten([*strange, 'a name twice'][0])}")
        missing = [name for name in EVIDENCE if name not in self.sizes]
        if missing:
            raise CutOff(f"{', '.join(missing)} is missing")
        self.files: dict[str, Any] = {}
        self.manifest = self._read_manifest()
        self.files = self.manifest["files"]

    def _expect_a_whole_zip(self, path: Path) -> None:
        """Looks at the record at the end, before anything is made of the table of contents."""
        with path.open("rb") as file:
            start = file.read(2)
            length = file.seek(0, 2)
            file.seek(max(0, length - 65557))
            tail = file.read()
        found = [one.start() for one in re.finditer(b"PK\5\6", tail)]
        at = max([at for at in found if at + 22 + int.from_bytes(tail[at + 20 : at + 22], "little") == len(tail)], default=-1)
        if at < 0:
            raise CutOff("it is a ZIP file whose end is missing") if start == b"PK" else Broken("it is not a ZIP file")
        if int.from_bytes(tail[at + 10 : at + 12], "little") > len(MEMBERS) + MOST_ATTACHED:
            raise Broken("it holds more members than a bundle has")

    def _read_manifest(self) -> dict[str, Any]:
        others = ("v", "tree_size", "entries", "selection", "files")
        try:
            manifest = parse_object(self.whole("manifest.json"), "kind", "bundle", "ledger", "made_at", others=others)
            moment(manifest["made_at"])
        except Broken as error:
            raise Broken(f"manifest.json is {error}") from None
        good = number_of(manifest, "v") == 1 and manifest["kind"] == "evidence" and isinstance(manifest["files"], dict)
        good = good and (manifest["selection"] is None or isinstance(manifest["selection"], dict))
        good = good and bool(re.fullmatch(r"[^\s+]+", manifest["ledger"])) and bool(ID.fullmatch(manifest["bundle"]))
        if not good or not 0 <= number_of(manifest, "entries") <= number_of(manifest, "tree_size") < 1 << 40:
            raise Broken("manifest.json does not say what a manifest says")
        return manifest

    def pieces(self, name: str) -> Iterator[bytes]:
        """The member's bytes; when all are read they are compared with the manifest."""
        digest, count = hashlib.sha256(), 0
        for piece in self._unpacked(name):
            count += len(piece)
            if name not in self.unhashed:
                digest.update(piece)
            yield piece
        told = text_of(self.files, name, "sha256") if name in self.unhashed else digest.hexdigest()
        if name in self.files and self.files[name] != {"bytes": count, "sha256": told}:
            self.verdict.find("tampered", f"{name} is not the file that the manifest describes: its length or its SHA-256 differs.")

    def _unpacked(self, name: str) -> Iterator[bytes]:
        """Unpacked here rather than by zipfile, which takes half as long again: it hands out what is packed, as if it were stored."""
        member, crc, count = self.zip.getinfo(name), 0, 0
        self._expect_by_itself(member)
        packed, inflate = member, None
        if member.compress_type == zipfile.ZIP_DEFLATED:
            packed, inflate = copy(member), zlib.decompressobj(-zlib.MAX_WBITS)
            packed.compress_type, packed.file_size = zipfile.ZIP_STORED, member.compress_size
            del packed.CRC
        try:
            with self.zip.open(packed) as file:
                while count <= member.file_size and not (inflate and inflate.eof):
                    # Not `read`, which fails where the packed length is told wrongly and all that is needed is there.
                    data = (inflate and inflate.unconsumed_tail) or file.read1(PACKED)  # type: ignore[attr-defined]
                    piece = inflate.decompress(data, CHUNK) if inflate else data
                    if not data and not piece:
                        break
                    crc, count = zlib.crc32(piece, crc), count + len(piece)
                    yield piece
            if crc != member.CRC or count > member.file_size:
                raise ValueError("it is not what the ZIP file's table of contents says")
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError) as error:
            raise Broken(f"{name} cannot be read: {shorten(error)}") from None

    def _expect_by_itself(self, member: zipfile.ZipInfo) -> None:
        """Newer zipfiles refuse a member that reaches into the next one, older ones read it; the verdict is not to hang on that."""
        with self.path.open("rb") as file:
            file.seek(member.header_offset + 26)
            name, extra = struct.unpack("<HH", file.read(4).ljust(4, b"\0"))
        end = member.header_offset + 30 + name + extra + member.compress_size
        is_stored = member.compress_type == zipfile.ZIP_STORED
        if end > self.ends[member.header_offset] or (is_stored and member.compress_size != member.file_size):
            raise Broken(f"{member.filename} cannot be read: its packed length is told wrongly")

    def whole(self, name: str) -> bytes:
        if self.sizes[name] > LONGEST_TEXT:
            raise Broken(f"{name} is larger than 1 MiB")
        return b"".join(self.pieces(name))

    def blocks(self, name: str) -> Iterator[bytes]:
        """The member in pieces of whole lines."""
        rest = b""
        for piece in self.pieces(name):
            cut = piece.rfind(b"\n") + 1
            block, rest = (rest + piece[:cut], piece[cut:]) if cut else (b"", rest + piece)
            if max(len(block), len(rest)) > LONGEST_LINE and max(map(len, [rest, *block.split(b"\n")])) > LONGEST_LINE:
                raise Broken(f"{name} has a line longer than 8 MiB")
            if block:
                yield block
        if rest:
            raise Broken(f"{name} does not end with the end of a line")

    def lines(self, name: str) -> Iterator[tuple[int, bytes]]:
        """The member's lines, counted from 1."""
        return enumerate((line for block in self.blocks(name) for line in block[:-1].split(b"\n")), 1)

    def parsed(self, name: str, parse: Callable[[bytes], Any]) -> Iterator[Any]:
        for number, line in self.lines(name):
            try:
                yield parse(line)
            except Broken as error:
                raise Broken(f"line {number} of {name}: {error}") from None

    def compare_members(self) -> None:
        """What the manifest lists must be there, and the other way round."""
        for name in sorted({*self.files, *MEMBERS} - {"manifest.json", *self.sizes}):
            self.verdict.find("incomplete", f"{shorten(name)} is missing.")
        for name in self.sizes:
            if name not in self.files and name != "manifest.json":
                self.verdict.find("tampered", f"{name} is not in the manifest.")
            if name not in EVIDENCE and name in self.files:
                deque(self.pieces(name), 0)


# --- The way through a bundle --------------------------------------------------------------------------------------------------------


OMITTED = re.compile(rb'\["omitted",(0|[1-9][0-9]{0,17}),([0-9]|[1-5][0-9]),"([0-9a-f]{64})"\]')


class Anchor(NamedTuple):
    """What came back from outside when a checkpoint was shown there."""

    kind: str
    name: str
    epoch: int
    size: int
    receipt: bytes
    seals: list[tuple[str, bytes, bytes]]


class Restore(NamedTuple):
    epoch: int
    size: int
    lost_to: int


class Walk:
    """Goes through entries, checkpoints and anchors side by side, once, each in its order."""

    def __init__(self, bundle: Bundle, verdict: Verdict, policy: Policy, since: Note | None, options: argparse.Namespace) -> None:
        self.bundle, self.verdict, self.policy, self.since, self.options = bundle, verdict, policy, since, options
        self.manifest, self.deep, self.begun = bundle.manifest, not options.quick, False
        self.ledger: str = self.manifest["ledger"]
        # What the entries gave so far
        self.tree, self.omitted, self.seen, self.cards = Tree(), Ranges(), Seen(), set[bytes]()
        self.v2_seen, self.late, self.unopened, self.first_event, self.last_event = False, 0, 0, b"~", b""
        self.explained: list[tuple[int, int]] = []
        self.exports: list[tuple[int, Any, str, Any]] = []
        self.epoch, self.restores, self.anchor_read = 1, [Restore(1, 0, 0)], (0, 0)
        self.chain, self.witnesses = self.read_keys()
        self.retiring: list[Key] = []
        # The next checkpoint, the last one that the tree has reached, and the one before that
        self.due: Note | None = None
        self.met: Note | None = None
        self.met_before: Note | None = None
        self.first_time: str | None = None
        self.count, self.unmatched, self.good_size, self.wrong, self.first_wrong = 0, 0, 0, 0, (0, 0)
        self.wanted: dict[Any, tuple[Note, list[Key]]] = {}  # checkpoints whose signatures are verified, and the keys that must have signed
        self.anchored: dict[tuple[str, str], tuple[int, Note]] = {}
        self.signers: list[dict[str, str]] = []
        self.witnessed: dict[str, dict[str, Any]] = {}
        self.signatures = 0

    def run(self) -> None:
        bundle, count = self.bundle, self.options.processes
        bundle.compare_members()
        self.read_cards()
        if not count:
            count = min(cpu_count(), MOST_HELPERS) if bundle.sizes["entries.jsonl"] > WORTH_HELPERS else 1
        helpers = Helpers(count if count > 1 else 0, self.deep, self.cards)
        patience = sys.getswitchinterval()
        sys.setswitchinterval(0.0001)  # seconds that threads may keep Python while others wait; those that ask helpers take short turns
        try:
            self.notes, self.anchors = bundle.parsed("checkpoints.jsonl", self.read_note), bundle.parsed("anchors.jsonl", self.read_anchor)
            self.due, self.anchor = next(self.notes, None), next(self.anchors, None)
            self.first_time, self.begun = self.due.time if self.due else None, True
            self.meet_checkpoints()
            self.read_entries(helpers)
        finally:
            sys.setswitchinterval(patience)
            helpers.end()
            self.blame()
        self.finish_notes()
        self.check_ids_and_numbers()
        self.check_gaps()
        self.check_export()
        self.check_signatures()
        self.check_trust()

    def find(self, word: str, text: str, first: int | None = None) -> None:
        """A finding about the entry or checkpoint that was reached, with the checkpoint that bounds it."""
        bound = self.due.size if self.due else None
        where = f" (bounded by the checkpoint of size {bound})" if first is not None and bound else ""
        self.verdict.find(word, f"{text}{where}.", first, first, bound)

    # What stands beside the entries

    def read_keys(self) -> tuple[list[Key], dict[tuple[str, bytes], Key]]:
        """keys.txt: the oldest key of the ledger first; witnesses' keys may stand there too."""
        *lines, rest = decoded(self.bundle.whole("keys.txt"), "keys.txt").split("\n")
        if rest:
            raise Broken("keys.txt does not end with the end of a line")
        keys = [parse_key(line) for line in lines if line and not line.startswith("#")]
        ours = [key for key in keys if key.kind == LEDGER_KEY]
        if not ours or any(key.name != self.ledger for key in ours):
            raise Broken("keys.txt holds no key of the ledger, or one of another")
        brought = [key for key in keys if key.kind == WITNESS_KEY]
        return ours[:1], {(key.name, key.id): key for key in [*brought, *self.policy.witnesses.values()]}

    def read_cards(self) -> None:
        for number, line in self.bundle.lines("cards.jsonl"):
            try:
                card = parse_object(line, "token", "subject", "salt", "value")
                salt = unbase64(card["salt"])
                token = hmac.new(salt, card["value"].encode(), hashlib.sha256).hexdigest()
                if len(salt) != 32 or card["token"] != token or token.encode() in self.cards:
                    raise Broken("the value is not what the commitment stands for, or stands here twice")
                self.cards.add(token.encode())
            except Broken as error:
                self.verdict.find("tampered", f"Line {number} of cards.jsonl: {error}.")

    def read_note(self, line: bytes) -> Note:
        note = parse_canonical(line)
        return parse_note(note if isinstance(note, str) else "")

    def read_anchor(self, line: bytes) -> Anchor:
        row = parse_object(line, "kind", "name", "origin", "at", "receipt", others=("size",))
        moment(row["at"])
        receipt = unbase64(row["receipt"]) if row["receipt"] else b""
        before, self.anchor_read = self.anchor_read, (epoch_of(row["origin"], self.ledger), number_of(row, "size"))
        if self.anchor_read[1] < 0 or self.anchor_read < before:
            raise Broken("an anchor has a size, and anchors are sorted by epoch and size")
        seals = parse_seals(decoded(receipt, "a witness' receipt")) if row["kind"] == "witness" else []
        return Anchor(shorten(row["kind"]), shorten(row["name"]), *self.anchor_read, receipt, seals)

    # The entries

    def read_entries(self, helpers: Helpers) -> None:
        for parts in helpers.examined(self.bundle.blocks("entries.jsonl")):
            for part in parts:
                if isinstance(part, Run):
                    self.take(part)
                elif part[:1] == b"[":
                    self.omit(part)
                else:
                    self.take_odd(part)
        size = self.manifest["tree_size"]
        if self.tree.size < size:
            self.verdict.find("incomplete", f"Entries {self.tree.size} to {size - 1} are missing at the end.", self.tree.size, size - 1)
        if self.full != self.manifest["entries"]:
            self.verdict.find("tampered", f"{self.full} entries are here in full, the manifest names {self.manifest['entries']}.")

    @property
    def full(self) -> int:
        return self.tree.size - self.omitted.before()

    def take(self, run: Run) -> None:
        """Entries, up to one checkpoint after the other."""
        self.seen.add(run)
        self.first_event, self.last_event = min(self.first_event, run.first), max(self.last_event, run.last)
        self.late, self.unopened, at = self.late + run.late, self.unopened + run.unopened, 0
        while at < len(run.leaves):
            end = min(len(run.leaves), at + self.next_size - self.tree.size)
            if self.deep:
                self.check_times(run.versions[at:end], run.written[at:end])
            self.tree.append(run.leaves[at:end])
            if self.tree.size >= self.next_size:
                self.meet_checkpoints()
            at = end

    def check_times(self, versions: bytes, written: tuple[bytes, ...]) -> None:
        """Of entries from here to the next checkpoint at most. One without a version has been found fault with before."""
        if versions.count(2) == len(versions) and self.earliest <= min(written) and max(written) <= self.latest:
            self.v2_seen = True
            return
        for index, version, time in zip(range(self.tree.size, sys.maxsize), versions, written):
            said = f"Entry {index}: it says that it was written at {time.decode()}, but the checkpoint"
            if version == 1 and self.v2_seen:
                self.find("tampered", f"Entry {index}: its version is 1, which cannot stand here", index)
            elif version == 2 and time < self.earliest:
                self.find("tampered", f"{said} before it is of {self.met.time if self.met else ''}", index)
            elif version and time > self.latest:
                self.find("tampered", f"{said} that holds it is of {self.due.time if self.due else ''}", index)
            self.v2_seen = self.v2_seen or version == 2

    def take_odd(self, line: bytes) -> None:
        """An entry that governs the ledger, or with which something is wrong."""
        index, row = self.tree.size, NO_ROW
        if not self.deep and line[:1] != b"{":
            raise Broken(f"entry {index} is not JSON")
        try:
            entry = parse_canonical(line)
            if self.deep:
                row = row_of(entry)
                if row[6] == b"1" and self.v2_seen:
                    raise Broken("its version is 1, which cannot stand here")
            if text_of(entry, "type") in GOVERNING:
                self.govern(index, entry)
            row = with_times(row, entry) if self.deep else row
        except Broken as error:
            row = (*row[:4], b"", b"", b"0")
            self.find("tampered", f"Entry {index}: {error}", index)
        self.take(Reader.mine.run([line], [row] if self.deep else []))

    def omit(self, line: bytes) -> None:
        """A line that stands for entries that are not in the bundle."""
        found = OMITTED.fullmatch(line)
        start, height = (int(found.group(1)), int(found.group(2))) if found else (-1, 0)
        if not found or start != self.tree.size or start % (1 << height):
            raise Broken(f"where entry {self.tree.size} is due, entries.jsonl has '{shorten(line.decode('latin-1'))}'")
        self.tree.append([bytes.fromhex(found.group(3).decode())], height)
        self.omitted.add(start, self.tree.size - 1)
        if self.tree.size >= self.next_size:
            self.meet_checkpoints()

    # What governs the ledger: keys, epochs, removals (section 6)

    def govern(self, index: int, entry: dict[str, Any]) -> None:
        details = entry.get("details")
        if entry["type"] == "ledger.key_rotated":
            self.rotate(details)
        elif entry["type"] == "ledger.restored":
            self.restore(index, details)
        elif entry["type"] == "evidence.exported":
            if text_of(details, "bundle") == self.manifest["bundle"]:
                self.exports.append((index, value_at(details, "selection"), text_of(entry, "ts"), value_at(details, "attached")))
        else:
            ranges = value_at(details, "ranges")
            for part in ranges if isinstance(ranges, list) else [None]:
                first, last = part if isinstance(part, list) and len(part) == 2 else (None, None)
                if type(first) is not int or type(last) is not int or not 0 <= first <= last < index:
                    raise Broken("it names no ranges of entries before it")
                self.explained.append((first, last))

    def rotate(self, details: Any) -> None:
        old, new = parse_key(text_of(details, "old")), parse_key(text_of(details, "new"))
        if old != self.chain[-1]:
            raise Broken(f"it replaces the key {old.fingerprint}, which was not in use")
        if new.kind != LEDGER_KEY or new.name != self.ledger or new in self.chain:
            raise Broken("the new key is not one of this ledger, or was in use before")
        text = f"ledger key rotation\n{old.text}\n{new.text}\n".encode()
        for key, name in ((old, "old_signature"), (new, "new_signature")):
            if not key.valid(text, unbase64(text_of(details, name))):
                raise Broken(f"the rotation's {name} is not valid")
        self.retiring.append(old)
        self.chain.append(new)

    def restore(self, index: int, details: Any) -> None:
        epoch, lost_to = number_of(details, "epoch"), number_of(details, "lost_to")
        before = epoch_of(text_of(details, "old_origin"), self.ledger)
        if max(self.epoch, before) >= epoch or number_of(details, "size") != index or lost_to < index:
            raise Broken("the restore that it tells of does not fit the epochs and sizes before it")
        if text_of(details, "root") != self.tree.root().hex():
            raise Broken("the restored tree's root is not that of the entries before it")
        self.epoch = epoch
        self.set_bounds()
        self.restores.append(Restore(epoch, index, lost_to))
        if lost_to > index:
            text = f"{lost_to - index} entries that once stood at {index} to {lost_to - 1} were lost in the restore"
            self.verdict.find("incomplete", f"{text} that began epoch {epoch}.", index, lost_to - 1)

    def lost_to(self, epoch: int, size: int) -> int | None:
        """If a restore took away what this epoch had at this size: how far the ledger owns up to have been. Else None."""
        later = next((restore for restore in self.restores if restore.epoch > epoch), None)
        return later.lost_to if later and size > later.size else None

    # The checkpoints (section 3)

    def meet_checkpoints(self) -> None:
        """Every checkpoint that the tree has now reached must have its root."""
        size, most = self.tree.size, self.manifest["tree_size"]
        while self.due and self.due.size <= size:
            note, self.count = self.due, self.count + 1
            keys = self.check_note(note)
            if note.size < size:
                self.unmatched += 1
            elif note.root != self.tree.root():
                self.first_wrong = self.first_wrong if self.wrong else (self.good_size, note.size)
                self.wrong += 1
                self.wanted.setdefault("wrong", (note, keys))
            else:
                self.good_size = size
            self.meet_anchors(note, keys)
            self.met_before, self.met, self.due = self.met, note, next(self.notes, None)
        if self.since and self.since.size <= size:
            self.meet_since(self.since)
        if size > most:
            raise Broken(f"entries.jsonl holds more than the {most} entries that the manifest names")
        self.next_size = min([note.size for note in (self.due, self.since) if note] + [most + 1])
        self.set_bounds()

    def set_bounds(self) -> None:
        """When the next entries may have been written. Only checkpoints of their epoch count: a clock may be put right in between."""
        met, due = [note if note and epoch_of(note.origin, self.ledger) == self.epoch else None for note in (self.met, self.due)]
        self.earliest = shifted(met.time, -TOLERANCE) if met else b""
        self.latest = shifted(due.time, TOLERANCE) if due else b"~"

    def check_note(self, note: Note) -> list[Key]:
        """Origin, order and signers; the keys that must have signed. Which signatures are then verified is decided here too."""
        epoch, before, what = epoch_of(note.origin, self.ledger), self.met, f"The checkpoint of size {note.size}"
        if epoch != self.epoch:
            self.find("tampered", f"{what} is of epoch {epoch}, the entries there are of epoch {self.epoch}")
        if before and (note.size < before.size or (note.origin == before.origin and note.time < before.time)):
            self.find("tampered", f"{what} is smaller or earlier than the one before it")
        keys, lines = [*self.retiring, self.chain[-1]], [seal[:2] for seal in note.seals]
        for key in [key for key in keys if (key.name, key.id) not in lines]:
            if any(name == self.ledger for name, _ in lines):
                self.find("unknown key", f"{what} is not signed by the ledger's key {key.fingerprint}, but by another")
            else:
                self.find("unsigned", f"{what} has no signature of the ledger")
        self.wanted["newest"] = (note, keys)
        if self.retiring or not before or before.origin != note.origin or self.count <= FIRST_SIGNATURES:
            self.wanted[self.count] = (note, keys)
        self.retiring = []
        return keys

    def meet_since(self, note: Note) -> None:
        """The reader's own older checkpoint must be the beginning of this tree."""
        self.since = None
        epoch, mine = epoch_of(note.origin, self.ledger), f"The checkpoint that you kept holds {note.size} entries"
        lost_to = self.lost_to(epoch, note.size)
        if not any(key.signed(note) for key in self.chain):
            self.verdict.find("unknown key", "The checkpoint that you kept is not signed by this ledger's keys.")
        if lost_to is not None:
            if note.size > lost_to:
                text = f"{mine}, but the restore owns up to {lost_to} only."
                self.verdict.find("tampered", text, lost_to, note.size - 1, note.size)
        elif note.size > self.tree.size:
            self.verdict.find("incomplete", f"{mine}, this bundle only {self.tree.size}.", self.tree.size, note.size - 1)
        elif note.size < self.tree.size:
            self.verdict.unchecked.append("The checkpoint that you kept: it ends amid entries that are not in this bundle.")
        elif note.root != self.tree.root() or epoch > self.epoch:
            self.verdict.find("tampered", f"{mine}, and this ledger does not begin with them.", 0, note.size - 1, note.size)

    def blame(self) -> None:
        """Names the first stretch between two checkpoints that does not give the root that was signed."""
        if self.wrong:
            good, bad = self.first_wrong
            text = f"The root of the checkpoint of size {bad} is not that of the entries: one of {good} to {bad - 1} was changed, moved or removed"
            text += f", or the checkpoint was. {self.wrong} of {self.count} roots are wrong."
            self.verdict.find("tampered", text, good, bad - 1, bad)

    def finish_notes(self) -> None:
        most, held = self.manifest["tree_size"], self.met.size if self.met else 0
        while self.due:
            text = f"A checkpoint of size {self.due.size} is here, but only {self.tree.size} entries."
            self.verdict.find("incomplete", text, self.tree.size, self.due.size - 1, self.due.size)
            self.due = next(self.notes, None)
        if not self.met or held != most:
            self.verdict.find("incomplete", f"No checkpoint holds all {most} entries; the last one here holds {held}.")
        if self.since:
            self.meet_since(self.since)
        while self.anchor:
            self.orphan(self.anchor)
            self.anchor = next(self.anchors, None)

    # The anchors

    def meet_anchors(self, note: Note, keys: list[Key]) -> None:
        place = (epoch_of(note.origin, self.ledger), note.size)
        while self.anchor and (self.anchor.epoch, self.anchor.size) <= place:
            anchor = self.anchor
            if (anchor.epoch, anchor.size) == place:
                self.check_anchor(anchor, note)
                count = self.anchored.get(anchor[:2], (0, note))[0]
                self.anchored[anchor[0], anchor[1]] = (count + 1, note)
                self.wanted[anchor[:2]] = (note, keys)
            else:
                self.orphan(anchor)
            self.anchor = next(self.anchors, None)

    def check_anchor(self, anchor: Anchor, note: Note) -> None:
        """A receipt must speak of this checkpoint and no other."""
        if anchor.kind == "witness":
            note.seals.extend(anchor.seals)
            return
        told = hashlib.sha256(note.text).digest() if anchor.kind == "rfc3161" else b" ".join(note.text.split(b"\n")[:3])
        if told not in anchor.receipt:
            bound = self.due.size if self.due else None
            text = f"What {anchor.kind} '{anchor.name}' received for size {note.size} is not this checkpoint."
            self.verdict.find("tampered", text, self.good_size, max(note.size - 1, 0), bound)

    def orphan(self, anchor: Anchor) -> None:
        """An anchor of a checkpoint that is not here: lost in a restore, or taken away."""
        lost_to, size = self.lost_to(anchor.epoch, anchor.size), anchor.size
        what = f"{anchor.kind} '{anchor.name}' holds a checkpoint of size {size} in epoch {anchor.epoch}"
        if lost_to is None:
            self.verdict.find("incomplete", f"{what}, which is not in the bundle.", None, None, size)
        elif size > lost_to:
            self.verdict.find("tampered", f"{what}, but the restore owns up to {lost_to} only.", lost_to, size - 1, size)

    # What only all entries together show

    def check_ids_and_numbers(self) -> None:
        """Ids once each, and every object's events counted without a gap but for as many as are left out there."""
        for place in sorted(self.seen.doubled()):
            self.find_at(place, "has the id of an earlier one")
        jumps, left_out = 0, self.omitted.before
        for place, number, due, before in sorted(self.seen.jumps()):
            if due < number <= due + left_out(place) - (left_out(before) if before >= 0 else 0):
                jumps += 1
            else:
                self.find_at(place, f"is event {number} of its object, where {due} is due")
        if jumps:
            self.verdict.unchecked.append(f"{jumps} gaps in the numbers of objects' events: they may lie in the entries left out.")

    def find_at(self, place: int, text: str) -> None:
        """A finding about the entry at this place among those that are here in full."""
        index = place + self.omitted.before(place)
        self.verdict.find("tampered", f"Entry {index} {text}.", index, index)

    def check_gaps(self) -> None:
        """Each omitted range must be explained by removals that the ledger itself tells of, or by the selection that was asked for."""
        removed = Ranges()
        for first, last in sorted(self.explained):
            removed.add(first, last)
        for first, last in self.omitted if self.manifest["selection"] is None else ():
            at = bisect(removed.firsts, first) - 1
            if at < 0 or last > removed.lasts[at]:
                text = f"Entries {first} to {last} are not in the bundle, and no pruning or erasure that it tells of explains that."
                self.verdict.find("incomplete", text, first, last)

    def check_export(self) -> None:
        """The event of this export is new in the last checkpoint, so nothing that came before it was cut off."""
        manifest, before = self.manifest, self.met_before.size if self.met_before else 0
        if not self.exports:
            text = "The event of this export is not in it: the end was cut off, or the bundle is not what was handed out."
            self.verdict.find("incomplete", text, self.tree.size)
        for index, *_ in self.exports[1:2]:
            self.verdict.find("tampered", "The event of this export stands twice.", index)
        for index, selection, time, attached in self.exports[:1]:
            self.check_attached(index, attached if isinstance(attached, dict) else {})
            if index < before:
                self.verdict.find("tampered", "An earlier checkpoint holds the event of this export, too.", index)
            if selection != manifest["selection"] or time != manifest["made_at"]:
                self.verdict.find("tampered", "The manifest gives another time or selection than the event of the export.", index)
        if self.met and moment(self.met.time) < moment(manifest["made_at"]) - TOLERANCE:
            self.verdict.find("stale", f"The last checkpoint is of {self.met.time}, the export of {manifest['made_at']}.")

    def check_attached(self, index: int, told: dict[str, Any]) -> None:
        """What is attached is what the event of the export names, by name, length and SHA-256."""
        here = {name.partition("/")[2]: said for name, said in self.bundle.files.items() if ATTACHED.fullmatch(name)}
        for name in sorted(set(told) - set(here)):
            self.verdict.find("incomplete", f"{shorten(name)}, which the event of the export names, is not attached.", index)
        for name in sorted(here):
            if told.get(name) != here[name]:
                self.verdict.find("tampered", f"attached/{name} is not the file that the event of the export names.", index)

    # Signatures and trust (sections 3 and 6)

    def check_signatures(self) -> None:
        notes = sorted({id(note): (note, keys) for note, keys in self.wanted.values()}.values(), key=lambda item: item[0].size)
        for note, keys in notes:
            named = {seal[:2] for seal in note.seals}
            for key in keys:
                if (key.name, key.id) in named and not key.signed(note):
                    text = f"The signature of the checkpoint of size {note.size} is not valid."
                    self.verdict.find("unsigned", text, None, None, note.size)
            for name, key_id, seal in note.seals:
                witness = self.witnesses.get((name, key_id))
                if name != self.ledger:
                    state = self.check_cosignature(witness, note, seal) if witness else "NOT verified: its key is not here"
                    self.witnessed[name] = {"name": shorten(name), "size": note.size, "state": state}
        self.signatures = len(notes)
        if self.count > len(notes):
            text = f"The signatures of {self.count - len(notes)} of {self.count} checkpoints; all roots were compared."
            self.verdict.unchecked.append(text)
        seen = {key.text for key in self.witnesses.values() if self.met and key.signed(self.met)}
        if not self.policy.reached(self.policy.quorum, seen):
            self.verdict.find("unsigned", "The last checkpoint lacks the cosignatures that your policy asks for.")

    def check_cosignature(self, key: Key, note: Note, seal: bytes) -> str:
        at = datetime.fromtimestamp(min(int.from_bytes(seal[:8], "big"), 1 << 34), UTC)
        if not key.valid(note.text, seal):
            text = f"The cosignature of '{shorten(key.name)}' at size {note.size} is not valid."
            self.verdict.find("tampered", text, None, None, note.size)
            return "not valid"
        if at < moment(note.time) - TOLERANCE:
            self.verdict.find("tampered", f"'{shorten(key.name)}' saw the checkpoint of size {note.size} before it was made, at {at}.")
        return f"valid, of {at:%Y-%m-%d %H:%M:%S} UTC"

    def check_trust(self) -> None:
        """Keys that the reader gave bind; if he gave none, the verdict says so."""
        given = self.policy.ledgers
        trusted = [key for key in self.chain if key in given]
        if given and not trusted:
            self.verdict.find("unknown key", "None of the keys that you gave has signed this ledger.")
        if not given:
            self.verdict.unchecked.append("Whose key it is: you gave none (--key), so the oldest in the bundle was taken.")
        for key in self.chain:
            if not given:
                trust = "NOT verified: only this bundle vouches for it; compare the fingerprint with one from elsewhere"
            elif not trusted:
                trust = "not trusted"
            else:
                trust = "trusted: you gave this key" if key in trusted else "trusted: a rotation ties it to a key that you gave"
            self.signers.append({"name": shorten(key.name), "fingerprint": key.fingerprint, "trust": trust})

    # What a verdict always says, in this order

    def report(self) -> None:
        manifest, facts, last = self.manifest, self.verdict.facts, self.met.time if self.met else None
        span = {"from": self.first_event.decode(), "to": self.last_event.decode()} if self.last_event else {"from": None, "to": None}
        facts["ledger"] = {"name": shorten(self.ledger), "bundle": manifest["bundle"], "made_at": manifest["made_at"]}
        facts["selection"] = None if manifest["selection"] is None else shorten(json.dumps(manifest["selection"]))
        facts["entries"] = {"total": self.tree.size, "in_full": self.full, "left_out": self.omitted.before(), "told_late": self.late}
        facts["indexes"] = f"0 to {self.tree.size - 1}" if self.tree.size else None
        facts["time_span"] = span
        facts["checkpoints"] = {"count": self.count, "signatures_verified": self.signatures, "first": self.first_time, "last": last}
        facts["signers"] = self.signers
        facts["witnesses"] = list(self.witnessed.values())
        facts["anchors"] = [self.report_anchor(*anchor, *found) for anchor, found in self.anchored.items()]
        facts["attached"] = sorted(name.partition("/")[2] for name in self.bundle.sizes if ATTACHED.fullmatch(name))
        facts["gaps"] = [{"first": first, "last": last} for first, last in islice(self.omitted, FINDINGS_SHOWN)]
        facts["more_gaps"] = max(len(self.omitted) - FINDINGS_SHOWN, 0)
        facts["lost"] = [{"epoch": item.epoch, "first": item.size, "until": item.lost_to} for item in self.restores[1:]]
        facts["redactions"] = {"values_without_card": self.unopened if self.deep else None, "cards": len(self.cards)}
        self.report_unchecked(self.verdict.unchecked)

    def report_anchor(self, kind: str, name: str, count: int, note: Note) -> dict[str, Any]:
        if kind == "rfc3161":
            command = f"openssl ts -verify -digest {hashlib.sha256(note.text).hexdigest()} -in STAMP -CAfile AUTHORITY.pem"
            text = f"The time stamp of '{name}' at size {note.size}: it is present, not checked here. Write its `receipt` (base64, anchors.jsonl)"
            self.verdict.unchecked.append(f"{text} into a file STAMP, then: {command}")
        elif kind != "witness":
            self.verdict.unchecked.append(f"Whether {kind} '{name}' still holds what the bundle says it received: ask its keeper.")
        return {"kind": kind, "name": name, "receipts": count, "newest_size": note.size}

    def report_unchecked(self, unchecked: list[str]) -> None:
        if not self.deep:
            unchecked.append("What stands in the entries: form, ids, numbers, times and commitments (--quick).")
            unchecked.append(
                "The manifest's SHA-256 of entries.jsonl (--quick): its length was compared, and the tree holds every byte of it."
            )
        if self.omitted.before():
            unchecked.append(f"The content of {self.omitted.before()} entries left out; their hashes are part of the tree.")
        if self.unmatched:
            unchecked.append(f"{self.unmatched} checkpoints that end amid entries left out.")
        unchecked.append("Whether what was written was true, and whether something happened that was never written.")


# --- Doors ---------------------------------------------------------------------------------------------------------------------------


def check_bundle(path: Path, verdict: Verdict, policy: Policy, options: argparse.Namespace) -> None:
    since = parse_note(read_text(options.since)) if options.since else None
    walk = None
    try:
        walk = Walk(Bundle(path, verdict, BOUND_BY_THE_TREE if options.quick else ()), verdict, policy, since, options)
        walk.run()
    except Broken as error:
        word, reached = "incomplete" if isinstance(error, CutOff) else "tampered", walk.tree.size if walk and walk.begun else None
        verdict.find(word, f"The bundle cannot be read to its end: {error}.", reached, reached)
        verdict.unchecked.append("Everything after the place that could not be read.")
    if walk:
        walk.report()
        check_age(walk.met, verdict, options.max_age)


def check_age(note: Note | None, verdict: Verdict, most: timedelta | None) -> None:
    if note and most is not None and datetime.now(UTC) - moment(note.time) > most:
        verdict.find("stale", f"The last checkpoint is of {note.time}, which is older than you allow.")


def check_proof(path: Path, verdict: Verdict, policy: Policy, options: argparse.Namespace) -> None:
    """A single entry: section 5."""
    entry = Path(options.payload).read_bytes()
    try:
        head, _, note_text = read_text(path).partition("\n\n")
        first, index, *hashes = [*head.split("\n"), ""]
        if first != "c2sp.org/tlog-proof@v1" or index[:6] != "index " or not NUMBER.fullmatch(index[6:]):
            raise Broken("it is not a proof (c2sp.org/tlog-proof@v1)")
        place, note = int(index[6:]), parse_note(note_text)
        if root_by_inclusion(place, note.size, leaf_hash(entry), [unbase64(line) for line in hashes[:-1]]) != note.root:
            raise Broken(f"the entry is not the one at index {place} of the checkpoint of size {note.size}")
        event = parse_canonical(entry)
        verdict.facts["entry"] = {"index": place, "type": shorten(text_of(event, "type")), "time": shorten(text_of(event, "ts"))}
        check_note_alone(note, verdict, policy)
        if moment(text_of(event, "rec") or text_of(event, "ts")) > moment(note.time) + TOLERANCE:
            raise Broken("the entry says that it was written after the checkpoint that holds it")
        check_age(note, verdict, options.max_age)
    except Broken as error:
        verdict.find("tampered", f"The proof does not hold: {error}.")
    verdict.unchecked.append("All other entries of the ledger.")


def check_consistency(paths: list[str], verdict: Verdict, policy: Policy) -> None:
    """Two checkpoints and what ties them: section 5."""
    try:
        old, new, proof = parse_note(read_text(paths[0])), parse_note(read_text(paths[1])), read_text(paths[2])
        first, *hashes = proof.partition("\n\n")[0].rstrip("\n").split("\n")
        if first != f"old {old.size}":
            raise Broken(f"the proof does not begin with 'old {old.size}'")
        if not consistent(old, new, [unbase64(line) for line in hashes]):
            raise Broken(f"the ledger of size {new.size} does not begin with that of size {old.size}")
        for note in (old, new):
            check_note_alone(note, verdict, policy)
    except Broken as error:
        verdict.find("tampered", f"The proof does not hold: {error}.")
    verdict.unchecked.append("The entries themselves.")


def check_note_alone(note: Note, verdict: Verdict, policy: Policy) -> None:
    """A checkpoint without a bundle around it: only keys that the reader gave can speak for it."""
    verdict.facts.setdefault("checkpoints", []).append({"origin": shorten(note.origin), "size": note.size, "time": note.time})
    what, named = f"checkpoint of size {note.size}", {seal[:2] for seal in note.seals}
    ours = [
        key
        for key in policy.ledgers
        if (key.name, key.id) in named and re.fullmatch(re.escape(key.name) + r"(/epoch-[0-9]+)?", note.origin)
    ]
    if not note.seals:
        verdict.find("unsigned", f"The {what} has no signature.")
    elif not ours:
        verdict.find("unknown key", f"The {what} is not signed by a key that you gave (--key).")
    elif not any(key.signed(note) for key in ours):
        verdict.find("unsigned", f"The signature of the {what} is not valid.")
    told = [{"name": shorten(key.name), "fingerprint": key.fingerprint, "trust": "trusted: you gave this key"} for key in ours]
    verdict.facts["signers"] = told
    if not policy.reached(policy.quorum, {key.text for key in policy.witnesses.values() if key.signed(note)}):
        verdict.find("unsigned", f"The {what} lacks the cosignatures that your policy asks for.")


def read_text(path: str | Path) -> str:
    with Path(path).open("rb") as file:
        data = file.read(LONGEST_TEXT + 1)
    if len(data) > LONGEST_TEXT:
        raise Broken(f"{path} is larger than 1 MiB")
    return decoded(data, str(path))


def read_policy(options: argparse.Namespace) -> Policy:
    """What the reader trusts. A key is given as itself, or as a file of keys, a line each."""
    policy = parse_policy(read_text(options.policy)) if options.policy else Policy([], {}, {})
    for given in options.key or []:
        try:
            lines = [given] if re.fullmatch(r"\S+\+[0-9a-f]{8}\+\S+", given) else read_text(given).splitlines()
            keys = [parse_key(line.strip()) for line in lines if line.strip() and not line.startswith("#")]
        except Broken as error:
            raise Misuse(f"--key: {error}") from None
        if not keys:
            raise Misuse(f"--key: '{shorten(given)}' holds no key")
        policy.ledgers.extend(key for key in keys if key.kind == LEDGER_KEY)
        policy.witnesses.update({key.text: key for key in keys if key.kind == WITNESS_KEY})
    return policy


def duration(text: str) -> timedelta:
    found = re.fullmatch(r"([0-9]{1,6})([smhd])", text)
    if not found:
        raise argparse.ArgumentTypeError(f"'{text}' is not a duration such as 90m, 24h or 7d")
    return timedelta(seconds=int(found.group(1)) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[found.group(2)])


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> Any:
        raise Misuse(f"{message}\n{self.format_usage().strip()}")


def parse_options(arguments: list[str]) -> argparse.Namespace:
    parser = Parser(
        prog="verify.py",
        description="Checks a ledger's evidence.",
        epilog=f"Exit status: {', '.join(f'{status} {word}' for word, (status, _) in WORDS.items())}, {USAGE} not called properly.",
    )
    parser.add_argument("file", nargs="?", help="a bundle (.zip) or a single proof (.tlog-proof)")
    parser.add_argument("--payload", metavar="FILE", help="the entry that a single proof is about")
    parser.add_argument("--consistency", nargs=3, metavar=("OLD", "NEW", "PROOF"), help="two checkpoints and the proof between them")
    parser.add_argument("--key", action="append", metavar="FILE|KEY", help="a key that you trust; no other is then")
    parser.add_argument("--policy", metavar="FILE", help="logs, witnesses and quorum that you trust (C2SP tlog-policy)")
    parser.add_argument("--max-age", type=duration, metavar="24h", help="how old the last checkpoint may be")
    parser.add_argument("--since", metavar="FILE", help="a checkpoint that you kept: the bundle must continue it")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--deep", action="store_true", help="read every entry, too (this is what happens anyway)")
    mode.add_argument("--quick", action="store_true", help="hashes and signatures only")
    parser.add_argument("--processes", type=int, metavar="N", help="how many help with a bundle: 1 for none, else as many as it is worth")
    parser.add_argument("--json", action="store_true", help="the verdict as data")
    options = parser.parse_args(arguments)
    if bool(options.file) == bool(options.consistency):
        parser.error("give one file, or --consistency with three")
    return options


def judge(options: argparse.Namespace) -> Verdict:
    verdict, policy = Verdict(), read_policy(options)
    if options.consistency:
        check_consistency(options.consistency, verdict, policy)
        return verdict
    path = Path(options.file)
    with path.open("rb") as file:
        single = file.read(10) == b"c2sp.org/t" or path.suffix == ".tlog-proof"
    if single and not options.payload:
        raise Misuse("A single proof needs the entry that it is about: --payload item.json")
    (check_proof if single else check_bundle)(path, verdict, policy, options)
    return verdict


def main(arguments: list[str] | None = None) -> int:
    try:
        options = parse_options(sys.argv[1:] if arguments is None else arguments)
        verdict = judge(options)
    except Misuse as error:
        sys.stderr.write(f"verify.py: {error}\n")
        return USAGE
    except (OSError, Broken) as error:
        sys.stderr.write(f"verify.py: cannot read what you named: {error}\n")
        return USAGE
    except Exception as error:  # noqa: BLE001 - whatever the input, no traceback: what was not verified is not sound
        verdict = Verdict()
        verdict.find("tampered", f"It makes this program fail ({type(error).__name__}: {shorten(error)}), which nothing honest does.")
    sys.stdout.write((json.dumps(verdict.as_data(), indent=1, ensure_ascii=True) if options.json else verdict.as_text()) + "\n")
    return WORDS[verdict.word][0]


if __name__ == "__main__":
    sys.exit(main())
