"""How long the verifier takes over a long ledger, and how much memory.

    python benchmarks/bench_verify.py [--entries 1000000] [--rounds 3] [--processes N] [--keep FILE]

Writes a made-up bundle of some 700 bytes an entry, of 60 types and 240 shapes, every twentieth with escapes in its text, with a checkpoint
after every 1,000, and runs verify.py on it in a process of its own, as an auditor does. Limits for 1,000,000 entries: 5 s with --quick, 15 s
with every entry read, 64 MB either way. Each figure is the median of the rounds: seconds of the clock on the wall, on a machine that does
nothing else; those of the processors, of all processes together; memory as the largest sum of all processes' proportional shares (PSS),
looked at ten times a second.
"""

import argparse
import base64
import contextlib
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

VERIFIER = Path(__file__).resolve().parents[1] / "audit" / "evidence" / "verifier" / "verify.py"
NAME, EVERY, START = "bench-ledger", 1_000, datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LIMITS = {"--quick": 5.0, "--deep": 15.0}
MOST_MEGABYTES = 64
BUNDLE = "01950000-0000-7000-8000-000000000000"
TYPES, ESCAPED = 60, 20
FIELDS = (
    '"details":{"level":%d,"%s":"Taken over from the on-call engineer, who is on the way%s"},"obj":{"model":"incidents.incident","pk":"%d",'
    '"repr":"INC-%06d Database slow in Zürich","seq":%d},"ts":"%s","type":"%s","v":2%s}'
)


class Used(NamedTuple):
    """What one run took."""

    wall: float
    processors: float
    megabytes: float


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--processes", type=int)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    more = ["--processes", str(options.processes)] if options.processes else []
    with tempfile.TemporaryDirectory() as folder:
        path = options.keep or Path(folder) / "bundle.zip"
        if not path.exists():
            write(path, options.entries)
        print(
            f"{options.entries:,} entries, {path.stat().st_size / 1e6:.0f} MB packed, Python {sys.version.split()[0]}, {os.cpu_count()} cores"
        )
        kept = [
            told(mode, [measured(path, [mode, *more]) for _ in range(options.rounds)], limit * options.entries / 1_000_000)
            for mode, limit in LIMITS.items()
        ]
    return 0 if all(kept) else 1


def told(mode: str, rounds: list[Used], limit: float) -> bool:
    wall, processors, megabytes = (median(figures) for figures in zip(*rounds, strict=True))
    spread = f"{min(rounds).wall:.2f} to {max(rounds).wall:.2f}"
    print(f"{mode:8} {wall:6.2f} s of {limit:g} s ({spread}), {processors:.2f} s of the processors, {megabytes:.1f} of {MOST_MEGABYTES} MB")
    return wall <= limit and megabytes <= MOST_MEGABYTES


def measured(path: Path, options: list[str]) -> Used:
    began, most = time.monotonic(), 0.0
    process = subprocess.Popen([sys.executable, "-I", "-S", str(VERIFIER), str(path), *options, "--json"], stdout=subprocess.PIPE)
    assert process.stdout
    while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
        most = max(most, sum(map(share, family(process.pid))))
        time.sleep(0.1)
    wall, used = time.monotonic() - began, ended[2]
    assert json.loads(process.stdout.read())["word"] == "sound"
    return Used(wall, used.ru_utime + used.ru_stime, most / 1024)


def family(process: int) -> list[int]:
    """The process and those that it has started."""
    found = [process]
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{process}/task").iterdir():
            found += [int(child) for child in (thread / "children").read_text().split()]
    return found


def share(process: int) -> float:
    """Its resident memory in kilobytes, pages that several have counted in parts."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return float(line.split()[1])
    return 0.0


def write(path: Path, count: int) -> None:
    """The bundle, without ever holding it in memory."""
    signer, files = Signer(), dict[str, Any]()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as bundle:
        add(bundle, files, "entries.jsonl", signer.entries(count))
        add(bundle, files, "checkpoints.jsonl", (canonical(note) for note in signer.notes))
        for name in ("anchors.jsonl", "cards.jsonl", "README.txt", "verify.py", "verify.js", "verify.html"):
            add(bundle, files, name, iter(()))
        add(bundle, files, "keys.txt", iter([signer.vkey.encode()]))
        manifest = {"v": 1, "kind": "evidence", "bundle": BUNDLE, "ledger": NAME, "made_at": as_text(count - 1), "files": files}
        bundle.writestr("manifest.json", canonical({**manifest, "tree_size": count, "entries": count, "selection": None}))


def add(bundle: zipfile.ZipFile, files: dict[str, Any], name: str, lines: Iterator[bytes]) -> None:
    digest, size = hashlib.sha256(), 0
    with bundle.open(name, "w", force_zip64=True) as member:
        for line in lines:
            member.write(line + b"\n")
            digest.update(line + b"\n")
            size += len(line) + 1
    files[name] = {"bytes": size, "sha256": digest.hexdigest()}


class Signer:
    """Writes entries and signs their tree."""

    def __init__(self) -> None:
        self.private = Ed25519PrivateKey.from_private_bytes(bytes(32))
        data = b"\1" + self.private.public_key().public_bytes_raw()
        self.id = hashlib.sha256(NAME.encode() + b"\n" + data).digest()[:4]
        self.vkey = f"{NAME}+{self.id.hex()}+{base64.b64encode(data).decode()}"
        self.peaks: list[bytes] = []
        self.notes: list[str] = []

    def entries(self, count: int) -> Iterator[bytes]:
        for index in range(count - 1):
            yield self.added(index, entry(index))
        last = {"v": 2, "id": event_id(count), "ts": as_text(count - 1), "type": "evidence.exported", "actor": {"id": "system"}}
        yield self.added(count - 1, canonical({**last, "details": {"bundle": BUNDLE, "selection": None}}))
        self.seal(count)

    def added(self, index: int, line: bytes) -> bytes:
        node = hashlib.sha256(b"\0" + line).digest()
        if index and index % EVERY == 0:
            self.seal(index)
        while index & 1:
            node, index = hashlib.sha256(b"\1" + self.peaks.pop() + node).digest(), index >> 1
        self.peaks.append(node)
        return line

    def seal(self, size: int) -> None:
        root = self.peaks[-1]
        for peak in self.peaks[-2::-1]:
            root = hashlib.sha256(b"\1" + peak + root).digest()
        text = f"{NAME}\n{size}\n{base64.b64encode(root).decode()}\ntime {as_text(size)}\n"
        signature = base64.b64encode(self.id + self.private.sign(text.encode())).decode()
        self.notes.append(f"{text}\n\u2014 {NAME} {signature}\n")


def entry(index: int) -> bytes:
    """Some 700 bytes about one of the incidents, each of which has ten events."""
    incident, number = divmod(index, 10)
    token = hashlib.blake2b(b"%d" % (index % 5_000), digest_size=32).hexdigest()
    actor = f'"actor":{{"id":"person:{index % 500}","kind":"person","name":{{"sealed":"{token}"}},"username":{{"sealed":"{token[::-1]}"}}}}'
    context = f'"ctx":{{"channel":"web","ip":"192.0.2.{index % 200}","request_id":"{token[:32]}"}}'
    kind = hashlib.blake2b(b"kind %d" % index, digest_size=2).digest()[0] % TYPES
    column = "assignee" if index % 2 else "resolver"
    changes = f'"changes":{{"after":{{"{column}":7,"state":"acknowledged"}},"before":{{"{column}":null,"state":"new"}}}}'
    name, escaped = f"note_{kind}", "" if index % ESCAPED else r"\n\"soon\""
    why = ',"why":"The first responder has not answered"' if index % 3 else ""
    rest = FIELDS % (index % 4, name, escaped, incident, incident, number + 1, as_text(index), f"incident.noted_{kind}", why)
    obj = rest.index('"obj"')
    return f'{{{actor},{changes},{context},{rest[: obj - 1]},"id":"{event_id(index)}",{rest[obj:]}'.encode()


def event_id(index: int) -> str:
    tail = hashlib.blake2b(b"id %d" % index, digest_size=9).hexdigest()
    return f"0195{index >> 16:04x}-{index & 0xFFFF:04x}-7{tail[:3]}-8{tail[3:6]}-{tail[6:18]}"


def as_text(index: int) -> str:
    return (START + timedelta(seconds=index * 10)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def canonical(content: Any) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


if __name__ == "__main__":
    sys.exit(main())
