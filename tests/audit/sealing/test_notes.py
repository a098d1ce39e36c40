"""Notes and keys as others write them."""

import base64
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from audit.sealing import notes

# The example of Go's package golang.org/x/mod/sumdb/note.
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_LINE = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
NAME = "a-ledger"
PRIVATE = Ed25519PrivateKey.from_private_bytes(b"7" * 32)
PUBLIC = PRIVATE.public_key().public_bytes_raw()
CHECKPOINT = notes.Checkpoint(NAME, 3, b"r" * 32, datetime(2026, 3, 2, 9, 0, 0, 7, tzinfo=UTC))
NOTE = notes.signed(CHECKPOINT, [(NAME, PUBLIC, PRIVATE.sign)])


def test_a_key_of_others_is_read_and_written_the_same() -> None:
    name, public = notes.parsed_vkey(GO_VKEY)
    assert notes.vkey(name, public) == GO_VKEY
    raw = base64.b64decode(GO_LINE)
    assert raw[:4] == notes.key_id(name, public)
    Ed25519PublicKey.from_public_bytes(public).verify(raw[4:], GO_TEXT.encode())


def test_a_note_is_its_text_an_empty_line_and_a_line_a_signer() -> None:
    lines = NOTE.split("\n")
    assert lines[:5] == [NAME, "3", base64.b64encode(b"r" * 32).decode(), "time 2026-03-02T09:00:00.000007Z", ""]
    assert lines[5].startswith(f"\u2014 {NAME} ")
    checkpoint, [line] = notes.parsed(NOTE)
    assert checkpoint == CHECKPOINT
    assert line.key_id == notes.key_id(NAME, PUBLIC)
    PRIVATE.public_key().verify(line.signature, CHECKPOINT.text().encode())


def test_a_key_may_hold_a_plus_in_its_base64() -> None:
    number = next(n for n in range(500) if "+" in notes.vkey(NAME, bytes([n % 256, n // 256]) * 16).split("+", 2)[2])
    public = bytes([number % 256, number // 256]) * 16
    assert notes.parsed_vkey(notes.vkey(NAME, public)) == (NAME, public)


@pytest.mark.parametrize("text", ["", "a", "a+b", "a+00000000+AAAA", GO_VKEY.replace("c74f", "c74e"), GO_VKEY[:-4], "x" + GO_VKEY])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="This is no"):
        notes.parsed_vkey(text)


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        NOTE[:-1],
        NOTE.replace("\n3\n", "\n03\n"),
        NOTE.replace("\n3\n", "\n-3\n"),
        NOTE.replace("time ", "at "),
        NOTE.replace("Z\n", "\n"),
        NOTE.replace("\n\n", "\n"),
        NOTE.replace("\u2014", "-"),
        NOTE + "more",
        NOTE.replace("cnJy", "cnI", 1),
    ],
)
def test_what_is_no_note_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"checkpoint|time|base64|signature|format"):
        notes.parsed(wrong)
