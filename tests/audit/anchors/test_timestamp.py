"""Time stamps by RFC 3161, from an authority that openssl plays."""

import shutil
import subprocess
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.anchors import der, timestamp
from audit.anchors.anchor import Anchor, AnchorFailed
from audit.anchors.configured import parse
from tests.receiver import Receiver, receiver, status

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
CONFIGURATION = """
[tsa]
default_tsa = own
[own]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
"""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all that `openssl ts` needs, certificate included."""
    folder = tmp_path_factory.mktemp("tsa")
    (folder / "tsa.cnf").write_text(CONFIGURATION.format(folder=folder))
    (folder / "serial").write_text("01\n")
    making = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=tsa -addext extendedKeyUsage=critical,timeStamping"
    subprocess.run(["openssl", *making.split(), "-keyout", "tsa.key", "-out", "tsa.pem"], cwd=folder, check=True, capture_output=True)
    return folder


def stamped(folder: Path, query: bytes) -> bytes:
    (folder / "query.tsq").write_bytes(query)
    command = ["openssl", "ts", "-reply", "-config", "tsa.cnf", "-section", "own", "-queryfile", "query.tsq"]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True).stdout


def anchor(heard: Receiver) -> Anchor:
    return parse(f"tsa+http://127.0.0.1:{heard.port}/tsr")


@needs_openssl
def test_an_authority_stamps_the_checkpoint_and_openssl_agrees(authority: Path, note: str, now: datetime) -> None:
    with receiver() as heard:
        heard.answers.append(lambda request: status(200, stamped(authority, heard.bodies[-1]))(request))
        receipt = timestamp.show(anchor(heard), note, previous=None, now=now)
    assert heard.headers[0]["Content-Type"] == "application/timestamp-query"
    assert timestamp.imprint(note) in receipt
    (authority / "text").write_bytes(note.split("\n\n")[0].encode() + b"\n")
    (authority / "answer.tsr").write_bytes(receipt)
    checking = ["openssl", "ts", "-verify", "-in", "answer.tsr", "-data", "text", "-CAfile", "tsa.pem"]
    assert b"Verification: OK" in subprocess.run(checking, cwd=authority, capture_output=True).stdout


@needs_openssl
def test_an_answer_about_something_else_or_to_an_older_question_is_refused(authority: Path, note: str, now: datetime) -> None:
    older = stamped(authority, timestamp.request(timestamp.imprint(note), 1))
    other = stamped(authority, timestamp.request(bytes(32), 1))
    with receiver(status(200, older), status(200, other)) as heard:
        with pytest.raises(AnchorFailed, match="to an older question"):
            timestamp.show(anchor(heard), note, previous=None, now=now)
        with pytest.raises(AnchorFailed, match="stamped something else"):
            timestamp.show(anchor(heard), note, previous=None, now=now)


def test_a_refusal_and_nonsense_are_said_in_words(note: str, now: datetime) -> None:
    refusal = der.written(der.SEQUENCE, der.written(der.SEQUENCE, der.whole_number(2)))
    with receiver(status(200, refusal), status(200, b"<html>"), status(200), status(503)) as heard:
        for said in ("it refused", "is no time stamp", "is no time stamp", "status 503"):
            with pytest.raises(AnchorFailed, match=said):
                timestamp.show(anchor(heard), note, previous=None, now=now)
    with pytest.raises(AnchorFailed, match="No answer"):
        timestamp.show(anchor(heard), note, previous=None, now=now)


@needs_openssl
def test_a_question_is_what_openssl_would_ask(tmp_path: Path) -> None:
    (tmp_path / "query").write_bytes(timestamp.request(bytes(range(32)), 0x7FFF_FFFF_FFFF_FFFF))
    shown = subprocess.run(["openssl", "ts", "-query", "-in", "query", "-text"], cwd=tmp_path, capture_output=True, text=True).stdout
    assert "Hash Algorithm: sha256" in shown
    assert "0x7FFFFFFFFFFFFFFF" in shown
    assert "Certificate required: yes" in shown


@settings(max_examples=60)
@given(st.binary(max_size=60) | st.binary(max_size=60).map(lambda content: der.written(der.SEQUENCE, content)))
def test_no_answer_breaks_the_reader(answer: bytes) -> None:
    with pytest.raises(ValueError, match=r"is no time stamp|refused|asks to wait|warns|was revoked|answered with status"):
        timestamp.read(answer)


@pytest.mark.parametrize(("value", "written"), [(0, "020100"), (127, "02017f"), (128, "02020080"), (1 << 62, "02084000000000000000")])
def test_whole_numbers_are_never_negative(value: int, written: str) -> None:
    assert der.whole_number(value).hex() == written


@pytest.mark.parametrize("size", [0, 127, 128, 255, 256, 70_000])
def test_lengths_are_read_as_they_are_written(size: int) -> None:
    assert der.values(der.written(der.OCTETS, bytes(size)) * 2) == [(der.OCTETS, bytes(size))] * 2
