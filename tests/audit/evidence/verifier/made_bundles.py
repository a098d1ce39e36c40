"""Makes bundles the slow and obvious way, sharing no code with the portal or with the verifiers.

Roots come from RFC 6962's recursive definition, signatures from the `cryptography` package, the ZIP from `zipfile`. A `Ledger` grows by
`write` and `seal`; `export` gives a bundle's members as bytes, which a test may change before `packed` puts them into a file.
"""

import base64
import hashlib
import hmac
import io
import json
import zipfile
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NAME = "example-ledger"
Members = dict[str, bytes]


def canonical(content: Any) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def as_text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def root_of(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word; `leaves` are hashes of leaves."""
    if not leaves:
        return sha(b"")
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return sha(b"\1" + root_of(leaves[:split]) + root_of(leaves[split:]))


def inclusion_path(index: int, leaves: list[bytes]) -> list[bytes]:
    """RFC 6962, section 2.1.1."""
    if len(leaves) <= 1:
        return []
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if index < split:
        return [*inclusion_path(index, leaves[:split]), root_of(leaves[split:])]
    return [*inclusion_path(index - split, leaves[split:]), root_of(leaves[:split])]


def consistency_path(old: int, leaves: list[bytes], whole: bool = True) -> list[bytes]:
    """RFC 6962, section 2.1.2."""
    if old == len(leaves):
        return [] if whole else [root_of(leaves)]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if old <= split:
        return [*consistency_path(old, leaves[:split], whole), root_of(leaves[split:])]
    return [*consistency_path(old - split, leaves[split:], False), root_of(leaves[:split])]


class Signer:
    """A key pair that is always the same for the same seed."""

    def __init__(self, seed: str, name: str = NAME, kind: int = 1) -> None:
        self.private = Ed25519PrivateKey.from_private_bytes(sha(seed.encode()))
        self.name, self.kind = name, kind
        data = bytes([kind]) + self.private.public_key().public_bytes_raw()
        self.id = sha(name.encode() + b"\n" + data)[:4]
        self.vkey = f"{name}+{self.id.hex()}+{b64(data)}"

    def sign(self, text: bytes) -> bytes:
        return self.private.sign(text)

    def line(self, text: bytes, at: int = 0) -> str:
        """The signature line of a note with this text; a witness signs at `at` seconds since 1970."""
        if self.kind == 1:
            return f"— {self.name} {b64(self.id + self.sign(text))}\n"
        signature = at.to_bytes(8, "big") + self.sign(b"cosignature/v1\ntime %d\n" % at + text)
        return f"— {self.name} {b64(self.id + signature)}\n"


class Ledger:
    """A ledger in memory. Its clock goes on by a second with each entry."""

    def __init__(self, name: str = NAME) -> None:
        self.name, self.now, self.epoch = name, START, 1
        self.entries: list[bytes] = []
        self.leaves: list[bytes] = []
        self.notes: list[tuple[int, int, str]] = []  # epoch, size, note
        self.anchors: list[tuple[int, int, dict[str, Any]]] = []
        self.cards: list[dict[str, str]] = []
        self.numbers: dict[tuple[str, str], int] = {}
        self.keys, self.signing, self.gone, self.made = [Signer("first", name)], 1, set[int](), 0
        self.removed: list[list[int]] = []

    @property
    def origin(self) -> str:
        return self.name if self.epoch == 1 else f"{self.name}/epoch-{self.epoch}"

    def write(self, type: str = "incident.noted", pk: str | None = None, **fields: Any) -> dict[str, Any]:
        self.now += timedelta(seconds=1)
        self.made += 1
        milliseconds = int(self.now.timestamp() * 1000)
        tail = sha(f"{self.made}".encode()).hex()
        event_id = f"{milliseconds:012x}"
        event_id = f"{event_id[:8]}-{event_id[8:]}-7{tail[:3]}-8{tail[3:6]}-{tail[6:18]}"
        event: dict[str, Any] = {
            "v": 2,
            "id": event_id,
            "ts": as_text(self.now),
            "type": type,
            "actor": {"id": "person:7", "kind": "person"},
        }
        if pk:
            number = self.numbers[pk, ""] = self.numbers.get((pk, ""), 0) + 1
            event["obj"] = {"model": "incidents.incident", "pk": pk, "repr": f"INC{pk}", "seq": number}
        self.put(canonical({**event, **fields}))
        return {**event, **fields}

    def put(self, entry: bytes) -> None:
        self.entries.append(entry)
        self.leaves.append(sha(b"\0" + entry))

    def card(self, value: str, subject: str = "person:7") -> dict[str, str]:
        """A commitment to `value`, whose card lies beside."""
        salt = sha(f"salt of {value}".encode())
        token = hmac.new(salt, value.encode(), hashlib.sha256).hexdigest()
        self.cards.append({"token": token, "subject": subject, "salt": b64(salt), "value": value})
        return {"sealed": token}

    def text(self, at: datetime | None = None) -> bytes:
        return f"{self.origin}\n{len(self.leaves)}\n{b64(root_of(self.leaves))}\ntime {as_text(at or self.now)}\n".encode()

    def seal(self, at: datetime | None = None, signers: Iterable[Signer] | None = None) -> str:
        """Signs a checkpoint of what is there; the first one after a rotation with both keys."""
        text = self.text(at)
        lines = [key.line(text) for key in (signers or self.keys[-self.signing :])]
        self.signing = 1
        note = text.decode() + "\n" + "".join(lines)
        self.notes.append((self.epoch, len(self.leaves), note))
        return note

    def anchor(self, kind: str = "file", name: str = "elsewhere", receipt: bytes | None = None) -> None:
        """Shows the newest checkpoint somewhere outside."""
        epoch, size, note = self.notes[-1]
        text = note.partition("\n\n")[0] + "\n"
        received = " ".join(text.split("\n")[:3]).encode() if kind != "rfc3161" else b"\x30\x20" + sha(text.encode())
        row = {"kind": kind, "name": name, "origin": self.origin, "size": size, "at": as_text(self.now)}
        self.anchors.append((epoch, size, {**row, "receipt": b64(received if receipt is None else receipt)}))

    def witness(self, witness: Signer, late: int = 1) -> None:
        text = (self.notes[-1][2].partition("\n\n")[0] + "\n").encode()
        line = witness.line(text, int(self.now.timestamp()) + late)
        self.anchor("witness", witness.name, line.encode())

    def rotate(self, seed: str = "second") -> Signer:
        old, new = self.keys[-1], Signer(seed, self.name)
        text = f"ledger key rotation\n{old.vkey}\n{new.vkey}\n".encode()
        details = {"old": old.vkey, "new": new.vkey, "old_signature": b64(old.sign(text)), "new_signature": b64(new.sign(text))}
        self.write("ledger.key_rotated", details=details)
        self.keys.append(new)
        self.signing += 1
        return new

    def restore(self, size: int, lost_to: int | None = None) -> None:
        """Goes back to a backup of this size and on in the next epoch."""
        lost, old = max(len(self.leaves), lost_to or 0), self.origin
        del self.entries[size:], self.leaves[size:]
        self.notes = [note for note in self.notes if note[1] <= size]
        self.numbers = {}
        for entry in map(json.loads, self.entries):
            if "obj" in entry:
                self.numbers[entry["obj"]["pk"], ""] = entry["obj"]["seq"]
        self.epoch += 1
        details = {"epoch": self.epoch, "old_origin": old, "size": size, "root": root_of(self.leaves).hex()}
        self.write(
            "ledger.restored",
            details={**details, "lost_to": lost if lost_to is None else lost_to, "reason": "disk", "approvers": ["person:1", "person:2"]},
        )

    def remove(self, *ranges: tuple[int, int], type: str = "retention.pruned") -> None:
        """Payloads go, hashes stay."""
        self.gone |= {index for first, last in ranges for index in range(first, last + 1)}
        self.write(type, details={"ranges": [list(part) for part in ranges]})

    def export(
        self, selection: dict[str, Any] | None = None, left_out: Iterable[int] = (), attached: dict[str, bytes] | None = None
    ) -> Members:
        """The members of a bundle; `left_out` are indexes that a selection does not cover, `attached` files that its event names."""
        bundle = f"0195{self.made:04x}-0000-7000-8000-{sha(str(self.made).encode()).hex()[:12]}"
        details: dict[str, Any] = {"bundle": bundle, "selection": selection}
        if attached:
            details["attached"] = {name: {"bytes": len(data), "sha256": sha(data).hex()} for name, data in attached.items()}
        event = self.write("evidence.exported", details=details)
        self.seal()
        lines = self.lines(set(left_out))
        members = {
            "entries.jsonl": b"".join(line + b"\n" for line in lines),
            "checkpoints.jsonl": b"".join(canonical(note) + b"\n" for _, _, note in sorted(self.notes, key=lambda row: row[:2])),
            "anchors.jsonl": b"".join(canonical(row) + b"\n" for _, _, row in sorted(self.anchors, key=lambda row: row[:2])),
            "cards.jsonl": b"".join(canonical(card) + b"\n" for card in self.cards),
            "keys.txt": b"".join(key.vkey.encode() + b"\n" for key in self.keys),
            "README.txt": b"python3 verify.py bundle.zip\n",
            **dict.fromkeys(("verify.py", "verify.js", "verify.html"), b"a verifier\n"),
            **{f"attached/{name}": data for name, data in (attached or {}).items()},
        }
        entries = sum(line.startswith(b"{") for line in lines)
        manifest = {
            "v": 1,
            "kind": "evidence",
            "bundle": bundle,
            "ledger": self.name,
            "made_at": event["ts"],
            "tree_size": len(self.leaves),
        }
        members["manifest.json"] = canonical({**manifest, "entries": entries, "selection": selection, "files": {}})
        return described(members)

    def lines(self, left_out: set[int]) -> list[bytes]:
        """Entries, and in place of those left out the largest complete subtrees that hold nothing else."""
        lines, at = [], 0
        while at < len(self.leaves):
            if at in self.gone or at not in left_out:
                lines.append(self._omitted(at, 0) if at in self.gone else self.entries[at])
                at += 1
                continue
            height = 0
            while at % (2 << height) == 0 and all(
                index in left_out and index < len(self.leaves) for index in range(at, at + (2 << height))
            ):
                height += 1
            lines.append(self._omitted(at, height))
            at += 1 << height
        return lines

    def _omitted(self, start: int, height: int) -> bytes:
        return canonical(["omitted", start, height, root_of(self.leaves[start : start + (1 << height)]).hex()])

    def proof(self, index: int) -> str:
        path = "".join(b64(node) + "\n" for node in inclusion_path(index, self.leaves))
        return f"c2sp.org/tlog-proof@v1\nindex {index}\n{path}\n{self.notes[-1][2]}"


def described(members: Members, **changed: Any) -> Members:
    """The same members with a manifest that fits them: what somebody does who has no key, but knows the format."""
    manifest = {**json.loads(members["manifest.json"]), **changed}
    others = {name: data for name, data in members.items() if name != "manifest.json"}
    manifest["files"] = {name: {"bytes": len(data), "sha256": sha(data).hex()} for name, data in others.items()}
    return {**others, "manifest.json": canonical(manifest)}


def packed(members: Members | list[tuple[str, bytes]], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as bundle:
        for name, data in members.items() if isinstance(members, dict) else members:
            bundle.writestr(name, data)
    return file.getvalue()


def small_ledger(entries: int = 12, every: int = 4) -> Ledger:
    """Some entries about three incidents, sealed now and then, anchored once, with a name on a card."""
    ledger = Ledger()
    for number in range(entries):
        ledger.write(
            pk=str(number % 3 + 1), why=f"note {number} über alles", actor={"id": "person:7", "kind": "person", "name": ledger_card(ledger)}
        )
        if number % every == every - 1:
            ledger.seal()
    if ledger.notes:
        ledger.anchor()
    return ledger


def ledger_card(ledger: Ledger) -> dict[str, str]:
    return {"sealed": ledger.cards[0]["token"]} if ledger.cards else ledger.card("Ada Lovelace")


def with_line(members: Members, name: str, number: int, change: Callable[[bytes], bytes], **manifest: Any) -> Members:
    """One line of one member changed, and a manifest that fits."""
    lines = members[name].splitlines(keepends=True)
    lines[number] = change(lines[number])
    return described({**members, name: b"".join(lines)}, **manifest)


def words(verdict: dict[str, Any]) -> set[str]:
    return {finding["word"] for finding in verdict["findings"]}


WITNESS = Signer("w", "witness.example", 4)
THIEF = Signer("thief")
