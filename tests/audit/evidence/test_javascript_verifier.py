"""verify.js: a second verifier, written from the format's page alone, says what the first one says."""

import base64
import hashlib
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from audit.evidence.page import verifier_page

from .mutations import LEDGERS, Case, cases, honest
from .two_verifiers import FILE, NODE, Both, both, difference
from .verifier.made_bundles import Members, Signer, b64, consistency_path, described, packed, small_ledger

__all__ = ["both"]
needs_node = pytest.mark.skipif(NODE is None, reason="There is no Node on this machine.")
PRIMITIVES = """
const v = require(process.argv[1]), crypto = require('crypto');
const rows = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const bytes = (text) => Uint8Array.from(Buffer.from(text, 'base64'));
console.log(JSON.stringify(rows.map(([key, message, signature]) => [v.ed25519Slowly(bytes(key), bytes(message), bytes(signature)),
  Buffer.from(new v.Sha256().update(bytes(message)).digest()).toString('hex'), Buffer.from(v.sha512(bytes(message))).toString('hex')])));
"""


def run(*words: str, **said: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(NODE), *words], capture_output=True, text=True, timeout=300, check=False, **said)


@pytest.mark.parametrize("number", range(len(LEDGERS) + 1))
def test_honest_bundles_get_the_same_verdict(both: Both, number: int) -> None:
    told = both.told(["--json", write(both, packed(honest(number)))])
    assert told["word"] == ("incomplete" if number == 2 else "sound"), told["findings"]


def test_three_hundred_bundles_with_something_wrong_get_the_same_verdict(both: Both) -> None:
    differences = [said for case in cases(300) if (said := difference(both, case))]
    assert not differences, "\n".join(differences)


def test_what_the_manifest_says_of_a_file_is_its_length_and_digest_and_nothing_else(both: Both) -> None:
    members = small_ledger().export()
    more = members["manifest.json"].replace(b'"keys.txt":{"bytes":', b'"keys.txt":{"bites":1,"bytes":')
    python, javascript = both.asked(Case("more of a file", packed({**members, "manifest.json": more}, 0)))
    assert (python["status"], javascript["status"]) == (1, 1)


def test_quickly_both_hash_entries_into_the_tree_and_not_a_second_time(both: Both) -> None:
    members = small_ledger().export()
    said = json.loads(members["manifest.json"])["files"]["entries.jsonl"]
    digest, length = said["sha256"].encode(), b'"entries.jsonl":{"bytes":%d' % said["bytes"]
    for old, new, quickly in ((digest, b"0" * 64, 0), (b'"%s"' % digest, b"1", 1), (length, length + b"0", 1)):
        bundle = packed({**members, "manifest.json": members["manifest.json"].replace(old, new)}, 0)
        for arguments, status in (((), 1), (("--quick",), quickly)):
            python, javascript = both.asked(Case("another digest", bundle, arguments))
            assert (python["status"], javascript["status"]) == (status, status), (new, arguments)
            assert any("entries.jsonl" in text for text in python["not_checked"]) == any(
                "entries.jsonl" in text for text in javascript["not_checked"]
            )


@pytest.mark.parametrize("compression", [0, 8])
def test_both_refuse_a_member_that_reaches_into_the_next_one(both: Both, compression: int) -> None:
    """As newer zipfiles of Python do and older ones do not."""
    bundle = bytearray(packed(small_ledger().export(), compression))
    at = bundle.index(b"PK\1\2")
    bundle[at + 22] = 9  # of the packed length's four bytes, the third; the first member is entries.jsonl
    assert bundle[at + 46 : at + 59] == b"entries.jsonl"
    python, javascript = both.asked(Case("a longer one", bytes(bundle)))
    assert (python["status"], javascript["status"]) == (1, 1)


@pytest.mark.parametrize(("compression", "byte"), [(0, 20), (8, 20), (0, 24), (8, 24)])
def test_both_refuse_a_member_whose_length_is_told_too_short(both: Both, compression: int, byte: int) -> None:
    bundle = bytearray(packed(small_ledger().export(), compression))
    at = bundle.index(b"PK\1\2")
    bundle[at + byte : at + byte + 4] = bytes([7, 0, 0, 0])
    python, javascript = both.asked(Case("a shorter one", bytes(bundle)))
    assert (python["status"], javascript["status"]) == (1, 1)


@pytest.mark.parametrize("compression", [0, 8])
def test_both_refuse_two_members_that_begin_at_one_place(both: Both, compression: int) -> None:
    bundle = bytearray(packed(small_ledger().export(), compression))
    first = bundle.index(b"PK\1\2")
    second = bundle.index(b"PK\1\2", first + 1)
    bundle[second + 42 : second + 46] = bundle[first + 42 : first + 46]
    python, javascript = both.asked(Case("one place for two", bytes(bundle)))
    assert (python["status"], javascript["status"]) == (1, 1)


REPORT, PAPER = {"report.json": b"{}\n"}, b"%PDF-1.7 of another quarter"


def without(members: Members, *names: str) -> Members:
    return {name: data for name, data in members.items() if name not in names}


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda members: members, 0),
        (lambda members: {**members, "attached/report.json": b"{ }\n"}, 1),
        (lambda members: described({**members, "attached/report.json": b"{ }\n"}), 1),
        (lambda members: described({**members, "attached/report.pdf": PAPER}), 1),
        (lambda members: {**members, "attached/report.pdf": PAPER}, 1),
        (lambda members: described({**members, "attached/../report.pdf": PAPER}), 1),
        (lambda members: described({**members, "attached/": b""}), 1),
        (lambda members: described({**members, "report.json": b""}), 1),
        (lambda members: without(members, "attached/report.json"), 2),
        (lambda members: described(without(members, "attached/report.json")), 2),
    ],
)
def test_both_take_only_attached_files_that_the_event_of_the_export_names(both: Both, change: Any, status: int) -> None:
    members = change(small_ledger().export(attached=REPORT))
    python, javascript = both.asked(Case("attached", packed(members, 0)))
    assert (python["status"], javascript["status"]) == (status, status), (python["findings"], javascript["findings"])
    if not status:
        assert python["attached"] == javascript["attached"] == ["report.json"]


def test_neither_takes_more_attached_files_than_a_bundle_has(both: Both) -> None:
    for count, status in ((500, 0), (501, 1)):
        members = small_ledger().export(attached={f"{number}.csv": b"" for number in range(count)})
        python, javascript = both.asked(Case("many", packed(members, 0)))
        assert (python["status"], javascript["status"]) == (status, status), count


def write(both: Both, data: bytes, name: str = "one.zip") -> str:
    path = both.folder / name
    path.write_bytes(data)
    return str(path)


@needs_node
def test_it_is_told_like_any_program(tmp_path: Path) -> None:
    path = tmp_path / "bundle.zip"
    path.write_bytes(packed(small_ledger().export()))
    honest = run(str(FILE), str(path))
    assert (honest.returncode, honest.stderr) == (0, "")
    assert honest.stdout.startswith("SOUND (0): ")
    assert "fingerprint" in honest.stdout
    path.write_bytes(packed(described({**small_ledger().export(), "README.txt": b""}))[:-1])
    assert run(str(FILE), str(path)).returncode == 2
    for wrong in (
        [],
        ["--max-age", "soon", str(path)],
        ["--key", "nothing", str(path)],
        [str(tmp_path / "none.zip")],
        [str(path), "--what"],
    ):
        asked = run(str(FILE), *wrong)
        assert (asked.returncode, asked.stdout) == (64, ""), wrong
        assert "Use: node verify.js" in asked.stderr


def test_a_single_proof_is_checked_with_the_readers_key(both: Both) -> None:
    ledger = small_ledger(9, 3)
    entry = write(both, ledger.entries[5], "item.json")
    proof = write(both, ledger.proof(5).encode(), "item.tlog-proof")
    key = ["--key", ledger.keys[0].vkey]
    assert both.told([proof, "--payload", entry, *key])["word"] == "sound"
    assert both.told([proof, *key])["word"] == "sound"
    assert both.told([proof])["word"] == "unknown key"
    assert both.told([proof, "--key", Signer("other").vkey])["word"] == "unknown key"
    write(both, ledger.entries[5] + b"\n", "item.json")
    assert both.told([proof, *key])["first_bad"] == {"first": 5, "last": 5, "checkpoint": 9}


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 255, 256, 257])
def test_every_entry_of_a_tree_of_any_size_can_be_proved(both: Both, size: int) -> None:
    ledger = small_ledger(size, size)
    for index in sorted({0, size // 2, size - 1}):
        write(both, ledger.entries[index], "item.json")
        proof = write(both, ledger.proof(index).encode(), "item.tlog-proof")
        assert both.told([proof, "--key", ledger.keys[0].vkey])["word"] == "sound", index


def test_a_continuation_holds_between_any_two_sizes(both: Both) -> None:
    ledger = small_ledger(9, 1)
    key = ["--key", ledger.keys[0].vkey]
    for old in range(1, 10):
        for new in range(old, 10):
            older, newer = (write(both, ledger.notes[size - 1][2].encode(), f"{size}") for size in (old, new))
            path = "".join(b64(node) + "\n" for node in consistency_path(old, ledger.leaves[:new]))
            proof = write(both, f"old {old}\n{path}\n".encode(), "proof")
            assert both.told(["--consistency", older, newer, proof, *key])["word"] == "sound", (old, new)
            assert both.told(["--consistency", older, newer, proof])["word"] == "unknown key"
            if old < new:
                assert both.told(["--consistency", newer, older, proof, *key])["word"] == "tampered"


@needs_node
def test_its_own_cryptography_is_that_of_everybody() -> None:
    signer, rows, expected = Signer("any"), [], []
    public = signer.private.public_key().public_bytes_raw()
    for length in (0, 1, 55, 56, 63, 64, 111, 112, 127, 128, 300):
        message = bytes(range(256)) * 2
        signature = signer.sign(message[:length])
        for wrong in (False, True):
            sent = bytes([signature[0] ^ wrong, *signature[1:]])
            rows.append([base64.b64encode(part).decode() for part in (public, message[:length], sent)])
            expected.append([not wrong, hashlib.sha256(message[:length]).hexdigest(), hashlib.sha512(message[:length]).hexdigest()])
    done = run("-e", PRIMITIVES, str(FILE), input=json.dumps(rows))
    assert json.loads(done.stdout) == expected, done.stderr


def test_it_uses_nothing_but_what_node_brings() -> None:
    source = FILE.read_text("utf-8")
    assert set(re.findall(r"require\('(\w+)'\)", source)) == {"crypto", "fs", "zlib", "stream", "path"}
    assert not re.findall(r"\b(?:fetch|XMLHttpRequest|WebSocket|import\(|eval|Function\()", source)


def test_the_page_is_one_file_that_names_what_may_run() -> None:
    page = verifier_page().decode("utf-8")
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    assert policy[1].startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy[1]
    inline = re.findall(r"<(?:script|style)>(.*?)</(?:script|style)>", page, re.DOTALL)
    assert len(inline) == 3
    for content in inline:
        assert base64.b64encode(hashlib.sha256(content.encode()).digest()).decode() in policy[1]
    assert FILE.read_text("utf-8") in page
    assert not re.findall(r"<[^>]*\b(?:src|href|style|on\w+)=", re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL))
