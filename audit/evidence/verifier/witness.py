#!/usr/bin/env python3
"""A witness for a ledger: it cosigns a checkpoint only if the ledger has merely grown since the last one that it cosigned.

    python3 witness.py --name witness.example.org --log-key KEY --listen 127.0.0.1:8400 --state witness.db

Run it on a machine that the ledger's own people cannot reach: whoever rewrites the ledger then has to convince this program too, and it
forgets nothing. It needs this one file and Python 3.9 or newer, speaks C2SP tlog-witness (POST /add-checkpoint), and keeps its key and what
it has seen in the file given with --state. The key is made on first use and printed; the ledger's people put that line into their settings.

KEY is the ledger's public key in text (from keys.txt of a bundle); give --log-key again for each key that follows by rotation.
GET / answers with this witness' own key and, a line each, with origin, size and root of what it cosigned last.

Put TLS in front of it (any web server that forwards) unless the network between is yours. Its signatures are made by plain Python, which
takes a few milliseconds and is not proof against somebody who can measure this very machine's time.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import os
import re
import secrets
import sqlite3
import sys
import time
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

LARGEST_REQUEST = 1 << 16
MOST_PROOF_LINES = 63
PATIENCE_SECONDS = 10
MOST_REFUSALS_KEPT = 1000
NUMBER = re.compile(r"0|[1-9][0-9]{0,15}")
LOG, COSIGNER = b"\x01", b"\x04"


class Refused(Exception):
    """What is not cosigned: status and text of the answer; `size` where the answer is the size that was seen last.

    `fork`: the checkpoint is signed and does not continue what was seen, which may be needed as evidence.
    """

    def __init__(self, status: int, text: str, size: int | None = None, *, fork: bool = False) -> None:
        super().__init__(text)
        self.status, self.text, self.size, self.fork = status, text, size, fork


# --- Ed25519 (RFC 8032) --------------------------------------------------------------------------------------------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
Point = tuple[int, int, int, int]  # extended coordinates: x = X/Z, y = Y/Z, x*y = T/Z


def _point(data: bytes) -> Point:
    """RFC 8032, 5.1.3. Raises ValueError for what is no point in its one canonical form."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & ((1 << 255) - 1)
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if (v * x * x + u) % P == 0:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (v * x * x - u) % P or (x == 0 and sign):
        raise ValueError("no point of the curve")
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def _added(p: Point, q: Point) -> Point:
    """Also right for a point and itself (RFC 8032, 5.1.4)."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(number: int, point: Point) -> Point:
    """The same steps whatever the number is, so that the time tells little of it."""
    kept: list[Point] = [(0, 1, 1, 0), point]
    for bit in range(254, -1, -1):
        which = number >> bit & 1
        kept[1 - which] = _added(kept[0], kept[1])
        kept[which] = _added(kept[which], kept[which])
    return kept[0]


def _bytes(point: Point) -> bytes:
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _number(*parts: bytes) -> int:
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little")


BASE = _point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def _secret(seed: bytes) -> tuple[int, bytes]:
    """RFC 8032, 5.1.5: the secret number, and what makes signatures differ."""
    digest = hashlib.sha512(seed).digest()
    number = int.from_bytes(digest[:32], "little") & ((1 << 254) - 8) | 1 << 254
    return number, digest[32:]


def public_of(seed: bytes) -> bytes:
    return _bytes(_times(_secret(seed)[0], BASE))


def ed25519_sign(seed: bytes, public: bytes, message: bytes) -> bytes:
    """RFC 8032, 5.1.6."""
    secret, prefix = _secret(seed)
    r = _number(prefix, message) % ORDER
    point = _bytes(_times(r, BASE))
    k = _number(point, public, message) % ORDER
    return point + ((r + k * secret) % ORDER).to_bytes(32, "little")


def ed25519_valid(public: bytes, message: bytes, signature: bytes) -> bool:
    """RFC 8032, 5.1.7: whether [S]B = R + [k]A."""
    s = int.from_bytes(signature[32:], "little")
    if len(public) != 32 or len(signature) != 64 or s >= ORDER:
        return False
    try:
        a, r = _point(public), _point(signature[:32])
    except ValueError:
        return False
    k = _number(signature[:32], public, message) % ORDER
    return _bytes(_times(s, BASE)) == _bytes(_added(r, _times(k, a)))


# --- Keys and checkpoints (C2SP signed-note, tlog-checkpoint, tlog-cosignature) -------------------------------------------------------


class Key(NamedTuple):
    name: str
    kind: bytes
    public: bytes

    @property
    def id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + self.kind + self.public).digest()[:4]

    @property
    def text(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(self.kind + self.public).decode()}"


Seal = tuple[str, bytes, bytes]


class Note(NamedTuple):
    """A checkpoint: `text` is what is signed, `seals` are name, key id and signature of each line below it."""

    text: bytes
    origin: str
    size: int
    root: bytes
    seals: list[Seal]


def unbase64(text: str) -> bytes:
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise ValueError("base64 that could be written differently")
    return data


def parse_key(text: str) -> Key:
    """A ledger's key in text; the base64 at its end may itself hold a '+'. Raises ValueError."""
    name, identity, encoded = [*text.strip().split("+", 2), "", ""][:3]
    try:
        data = unbase64(encoded)
    except ValueError:
        data = b""
    key = Key(name, data[:1], data[1:])
    if key.kind != LOG or len(key.public) != 32 or not name or key.id.hex() != identity:
        raise ValueError(f"'{text.strip()[:40]}' is not the public key of a ledger.")
    return key


def parse_note(text: str) -> Note:
    """Raises ValueError for what is no checkpoint."""
    body, found, tail = text.partition("\n\n")
    lines = body.split("\n")
    if not found or len(lines) < 3 or not lines[0] or " " in lines[0] or not NUMBER.fullmatch(lines[1]) or not tail.endswith("\n"):
        raise ValueError("no checkpoint")
    root = unbase64(lines[2])
    seals: list[Seal] = []
    for line in tail[:-1].split("\n")[:64]:
        dash, name, signature = line.split(" ")
        data = unbase64(signature)
        if dash != "\u2014" or len(data) < 5:
            raise ValueError("no signature line")
        seals.append((name, data[:4], data[4:]))
    if len(root) != 32:
        raise ValueError("no root")
    return Note((body + "\n").encode(), lines[0], int(lines[1]), root, seals)


def epoch_of(origin: str, ledger: str) -> int:
    """Which epoch of this ledger an origin names: 1 for its name alone, 0 for an origin of another ledger."""
    found = re.fullmatch(re.escape(ledger) + r"(?:/epoch-([2-9]|[1-9][0-9]{1,8}))?", origin)
    return int(found.group(1) or 1) if found else 0


def parse_request(body: bytes) -> tuple[int, list[bytes], Note]:
    """The old size, the proof, and the note. Raises Refused (400)."""
    try:
        head, _, rest = body.decode().partition("\n\n")
        first, *proof = head.split("\n")
        old = first[4:] if first.startswith("old ") and NUMBER.fullmatch(first[4:]) else ""
        note, path = parse_note(rest), [unbase64(line) for line in proof]
        if not old or len(path) > MOST_PROOF_LINES or any(len(one) != 32 for one in path):
            raise ValueError("no request")
    except ValueError:
        raise Refused(400, "This is not an old size, a proof and a checkpoint.") from None
    return int(old), path, note


# --- The tree (RFC 6962) -------------------------------------------------------------------------------------------------------------


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def consistent(old: int, old_root: bytes, new: int, new_root: bytes, path: list[bytes]) -> bool:
    """Whether `path` proves that the tree of `new` leaves begins with that of `old` (RFC 9162, 2.1.4.2)."""
    if old == 0 or old == new:
        return not path and (old == 0 or old_root == new_root)
    steps = path if old & (old - 1) else [old_root, *path]
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    if not steps:
        return False
    first = second = steps[0]
    for one in steps[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            first, second = _node(one, first), _node(one, second)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            second = _node(second, one)
        at, last = at >> 1, last >> 1
    return last == 0 and (first, second) == (old_root, new_root)


# --- The witness ---------------------------------------------------------------------------------------------------------------------

TABLES = """
CREATE TABLE IF NOT EXISTS own (name TEXT PRIMARY KEY, seed BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS seen (origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, request BLOB NOT NULL, at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS refused (number INTEGER PRIMARY KEY, at INTEGER NOT NULL, why TEXT NOT NULL, note BLOB NOT NULL);
"""


class Witness:
    """One name, one key, and what it has seen. Every request has a connection of its own; the database keeps them apart."""

    def __init__(self, name: str, log_keys: list[Key], state: str) -> None:
        self.state, self.log_keys = state, log_keys
        os.close(os.open(state, os.O_CREAT | os.O_RDWR, 0o600))
        with closing(self._open()) as store:
            store.executescript(TABLES)
            store.execute("INSERT INTO own SELECT ?, ? WHERE NOT EXISTS (SELECT 1 FROM own)", (name, secrets.token_bytes(32)))
            kept, self.seed = store.execute("SELECT name, seed FROM own").fetchone()
        if kept != name:
            raise ValueError(f"{state} is the state of the witness '{kept}'. A new name needs a new file.")
        self.key = Key(name, COSIGNER, public_of(self.seed))

    def add_checkpoint(self, body: bytes) -> str:
        """The line that cosigns the checkpoint in the request `body`. Raises Refused."""
        old, path, note = parse_request(body)
        ledger = self._ledger_of(note)
        if old > note.size:
            raise Refused(400, "The old size is larger than the checkpoint.")
        now = int(time.time())  # noqa: TID251 - this file knows nothing of ours
        with closing(self._open()) as store:
            store.execute("BEGIN IMMEDIATE")
            try:
                self._check_epoch(store, ledger, note)
                self._check_growth(store, old, path, note)
            except Refused as refused:
                self._keep_refusal(store, now, refused, note)
                store.execute("COMMIT")
                raise
            row = (note.origin, note.size, note.root, body, now)
            store.execute("INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?, ?)", row)
            # On disk before it is signed: what was cosigned is never forgotten.
            store.execute("COMMIT")
        return self._line(note, now)

    def told(self) -> str:
        """What anybody may know: the key, and the last checkpoint of each origin."""
        with closing(self._open()) as store:
            rows = store.execute("SELECT origin, size, root FROM seen ORDER BY origin").fetchall()
            refusals = store.execute("SELECT COUNT(*) FROM refused").fetchone()[0]
        lines = [f"{origin} {size} {base64.b64encode(root).decode()}" for origin, size, root in rows]
        return "\n".join([f"witness {self.key.text}", *lines, f"refused {refusals}", ""])

    def _open(self) -> sqlite3.Connection:
        store = sqlite3.connect(self.state, timeout=PATIENCE_SECONDS, isolation_level=None)
        store.execute("PRAGMA synchronous = FULL")
        return store

    def _ledger_of(self, note: Note) -> str:
        """The name of the ledger whose checkpoint it is. Raises Refused unless one of its keys signed it."""
        mine = [key for key in self.log_keys if epoch_of(note.origin, key.name)]
        if not mine:
            raise Refused(404, "This witness does not know this ledger.")
        for key in mine:
            if any((key.name, key.id) == seal[:2] and ed25519_valid(key.public, note.text, seal[2]) for seal in note.seals):
                return key.name
        raise Refused(403, "This checkpoint is signed by no key that this witness knows.")

    def _check_epoch(self, store: sqlite3.Connection, ledger: str, note: Note) -> None:
        """After a restore the ledger goes on under a new epoch's origin; then the earlier ones have ended."""
        for (origin,) in store.execute("SELECT origin FROM seen"):
            if epoch_of(origin, ledger) > epoch_of(note.origin, ledger):
                raise Refused(422, f"This epoch has ended: {origin} has begun.", fork=True)

    def _check_growth(self, store: sqlite3.Connection, old: int, path: list[bytes], note: Note) -> None:
        size, root = store.execute("SELECT size, root FROM seen WHERE origin = ?", (note.origin,)).fetchone() or (0, b"")
        if old != size:
            raise Refused(409, "Another size was seen last.", size)
        if old == note.size and old and root != note.root:
            raise Refused(409, "Another checkpoint of this size was cosigned.", size, fork=True)
        if not consistent(old, root, note.size, note.root, path):
            raise Refused(422, "The proof does not lead from what was seen last to this checkpoint.", fork=True)

    def _keep_refusal(self, store: sqlite3.Connection, now: int, refused: Refused, note: Note) -> None:
        if refused.fork:
            seals = "".join(f"\u2014 {name} {base64.b64encode(key + seal).decode()}\n" for name, key, seal in note.seals)
            store.execute("INSERT INTO refused (at, why, note) VALUES (?, ?, ?)", (now, refused.text, note.text + f"\n{seals}".encode()))
            store.execute("DELETE FROM refused WHERE number <= (SELECT MAX(number) FROM refused) - ?", (MOST_REFUSALS_KEPT,))

    def _line(self, note: Note, now: int) -> str:
        signature = ed25519_sign(self.seed, self.key.public, b"cosignature/v1\ntime %d\n" % now + note.text)
        return f"\u2014 {self.key.name} {base64.b64encode(self.key.id + now.to_bytes(8, 'big') + signature).decode()}\n"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = PATIENCE_SECONDS
    witness: Witness

    def do_GET(self) -> None:
        if self.path == "/":
            self._answer(200, self.witness.told())
        else:
            self._answer(404, "There is nothing here but / and /add-checkpoint.\n")

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if self.path != "/add-checkpoint" or not length.isdigit() or int(length) > LARGEST_REQUEST:
            self.close_connection = True
            self._answer(404 if self.path != "/add-checkpoint" else 400, "POST a checkpoint to /add-checkpoint.\n")
            return
        try:
            self._answer(200, self.witness.add_checkpoint(self.rfile.read(int(length))))
        except Refused as refused:
            if refused.size is None:
                self._answer(refused.status, f"{refused.text}\n")
            else:
                self._answer(refused.status, f"{refused.size}\n", "text/x.tlog.size")
        except sqlite3.Error as error:
            self._answer(503, f"The state cannot be kept ({error}).\n")

    def _answer(self, status: int, text: str, kind: str = "text/plain; charset=utf-8") -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """One line a checkpoint would say nothing; refusals are kept in the state."""


def _log_keys(given: list[str]) -> list[Key]:
    """Keys as given, or the keys in files that are named; lines that begin with '#' are comments."""
    keys: list[Key] = []
    for one in given:
        text = Path(one).read_text() if "+" not in one and Path(one).is_file() else one
        keys += [parse_key(line) for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return keys


def serve(options: argparse.Namespace) -> ThreadingHTTPServer:
    """A server that is bound and not running yet. Raises ValueError and OSError in words."""
    if not re.fullmatch(r"[!-*,-~]{1,60}", options.name):
        raise ValueError("A witness' name has at most 60 ASCII characters, no space and no '+'.")
    host, _, port = options.listen.rpartition(":")
    if not port.isdigit():
        raise ValueError("--listen takes HOST:PORT, such as 127.0.0.1:8400.")
    witness = Witness(options.name, _log_keys(options.log_key), options.state)
    server = ThreadingHTTPServer((host or "127.0.0.1", int(port)), type("Own", (Handler,), {"witness": witness}))
    server.daemon_threads = True
    sys.stdout.write(f"{witness.key.text}\nFor LEDGER_ANCHORS: witness+http://{host}:{server.server_address[1]}/#{witness.key.text}\n")
    sys.stdout.flush()
    return server


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Cosigns a ledger's checkpoints as long as it only grows.")
    parser.add_argument("--name", required=True, help="what this witness is called; it stands in every cosignature")
    parser.add_argument("--log-key", required=True, action="append", metavar="KEY", help="a public key of the ledger, or a file of them")
    parser.add_argument("--listen", default="127.0.0.1:8400", metavar="HOST:PORT")
    parser.add_argument("--state", default="witness.db", metavar="FILE", help="its key and what it has seen; keep it, and to yourself")
    options = parser.parse_args(arguments)
    try:
        server = serve(options)
    except (ValueError, OSError, sqlite3.Error) as error:
        sys.stderr.write(f"The witness cannot start: {error}\n")
        return 1
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        sys.stderr.write("The witness has stopped.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
