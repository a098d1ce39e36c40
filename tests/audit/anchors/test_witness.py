"""The witness that ships with the portal, running as somebody else's process: what it cosigns and what it does not."""

import http.client
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from audit.anchors import witness
from audit.anchors.anchor import Anchor, AnchorFailed, Shown
from audit.anchors.configured import parse
from audit.evidence.verifier.witness import consistent, main
from audit.models import LedgerCheckpoint
from audit.sealing import keys, notes, prove
from tests.audit.anchors.conftest import Grow
from tests.factories.witness import a_witness_key, running_witness
from tests.receiver import receiver, status

pytestmark = pytest.mark.django_db


def show(anchor: Anchor, checkpoint: LedgerCheckpoint, previous: Shown | None = None, note: str = "") -> Shown:
    receipt = witness.show(anchor, note or checkpoint.note, previous=previous, now=checkpoint.at)
    return Shown(checkpoint.epoch, checkpoint.size, checkpoint.at, receipt)


def forged(checkpoint: LedgerCheckpoint, root: bytes = bytes(32)) -> str:
    """What somebody who has the key would sign for another ledger of the same size."""
    said = notes.Checkpoint("incident-escalation-portal", checkpoint.size, root, checkpoint.at)
    return notes.signed(said, [keys.present().signer])


def posted(address: str, body: bytes, path: str = "/add-checkpoint", **headers: str) -> tuple[int, str, str]:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    connection.request("POST", path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    return answer.status, answer.headers.get_content_type(), answer.read().decode()


def test_a_ledger_that_only_grows_is_cosigned_from_wherever_it_is_shown(grow: Grow, tmp_path: Path) -> None:
    first = grow(3)
    with running_witness(tmp_path, keys.present().vkey) as other:
        shown = show(other.anchor, first)
        assert witness.is_cosignature(shown.receipt.decode().rstrip("\n"), first.note, other.anchor.key)  # type: ignore[arg-type]
        second = grow(300)
        again = show(other.anchor, second, shown)
        assert again.receipt != shown.receipt
        # Somebody who forgot what was shown asks from the start and is told the size.
        third = grow(1)
        show(other.anchor, third)
        [seen] = witness.last_seen(other.anchor)
    assert seen[:2] == ("incident-escalation-portal", third.size)


def test_a_fork_is_refused_and_kept_as_evidence(grow: Grow, tmp_path: Path) -> None:
    first = grow(3)
    with running_witness(tmp_path, keys.present().vkey) as other:
        shown = show(other.anchor, first)
        with pytest.raises(AnchorFailed, match="this one was rewritten"):
            show(other.anchor, first, shown, forged(first))
        second = grow(5)
        with pytest.raises(AnchorFailed, match="rewritten, or forked"):
            show(other.anchor, second, shown, forged(second))
        show(other.anchor, second, shown)
    kept = sqlite3.connect(tmp_path / "witness.db").execute("SELECT note FROM refused ORDER BY number").fetchall()
    assert [note.decode() for (note,) in kept] == [forged(first), forged(second)]


def test_a_rollback_is_refused_also_after_the_witness_was_started_again(grow: Grow, tmp_path: Path) -> None:
    first, second = grow(3), grow(5)
    with running_witness(tmp_path, keys.present().vkey) as other:
        show(other.anchor, second)
    with running_witness(tmp_path, keys.present().vkey) as again:
        assert again.key == other.key
        with pytest.raises(AnchorFailed, match=f"has seen a ledger of {second.size} entries and is shown one of {first.size}"):
            show(again.anchor, first)


def test_a_new_epoch_is_another_log_and_ends_the_one_before(grow: Grow, tmp_path: Path) -> None:
    first = grow(3)
    later = notes.Checkpoint("incident-escalation-portal/epoch-2", 2, bytes(32), first.at)
    note = notes.signed(later, [keys.present().signer])
    with running_witness(tmp_path, keys.present().vkey) as other:
        shown = show(other.anchor, first)
        assert witness.show(other.anchor, note, previous=shown, now=first.at)
        with pytest.raises(AnchorFailed, match="rewritten, or forked"):
            show(other.anchor, first, shown)


def test_the_answers_are_those_of_the_protocol(grow: Grow, tmp_path: Path) -> None:
    first = grow(3)
    stranger = first.note.replace("incident-escalation-portal\n", "somebody-else\n", 1)
    unsigned = first.note.replace("time 2026", "time 2025", 1)
    with running_witness(tmp_path, keys.present().vkey) as other:
        address = other.anchor.address
        assert posted(address, b"old 0\n\n" + stranger.encode())[0] == 404
        assert posted(address, b"old 0\n\n" + unsigned.encode())[0] == 403
        assert posted(address, b"old 99\n\n" + first.note.encode())[0] == 400
        assert posted(address, b"old 2\n\n" + first.note.encode()) == (409, "text/x.tlog.size", "0\n")
        for nonsense in (b"", b"old 0", b"old 00\n\n" + first.note.encode(), b"old 0\nx\n\n" + first.note.encode(), b"\xff\xfe" * 40):
            assert posted(address, nonsense)[0] == 400
        assert posted(address, b"", Content_Length="70000")[0] == 400
        assert posted(address, b"", "/elsewhere")[0] == 404
        assert posted(address, b"old 0\n\n" + first.note.encode())[0] == 200
        assert posted(address, b"old 0\n\n" + first.note.encode()) == (409, "text/x.tlog.size", f"{first.size}\n")


def test_every_proof_of_a_growing_tree_is_accepted_and_no_other(grow: Grow) -> None:
    size = grow(40).size
    roots = {old: prove.root(old) for old in range(1, size + 1)}
    for old in range(1, size + 1):
        path = prove.consistency(old, size)
        assert consistent(old, roots[old], size, roots[size], path)
        assert not consistent(old, bytes(32), size, roots[size], path)
        assert not consistent(old, roots[old], size, roots[size], [*path, bytes(32)])


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (status(200, b"ok\n"), "without a valid cosignature"),
        (status(200, "\u2014 witness.example/w1 AAAAAAAA\n".encode()), "without a valid cosignature"),
        (status(409, b"much\n"), "without saying which size"),
        (status(404), "does not know the key of this ledger"),
        (status(500), "answered with status 500"),
        (status(302, b"", Location="http://127.0.0.1/"), "answered with status 302"),
    ],
)
def test_what_is_no_cosignature_is_no_receipt(note: str, now: datetime, answer: object, said: str) -> None:
    with receiver(answer) as heard:  # type: ignore[arg-type]
        anchor = parse(f"witness+http://127.0.0.1:{heard.port}/#{a_witness_key('witness.example/w1')}")
        with pytest.raises(AnchorFailed, match=said):
            witness.show(anchor, note, previous=None, now=now)


def test_a_witness_whose_clock_is_behind_is_not_believed(grow: Grow, tmp_path: Path) -> None:
    first = grow(3)
    future = notes.Checkpoint("incident-escalation-portal", first.size, bytes.fromhex(first.root), first.at + timedelta(days=36_500))
    with running_witness(tmp_path, keys.present().vkey) as other, pytest.raises(AnchorFailed, match="put its clock right"):
        show(other.anchor, first, None, notes.signed(future, [keys.present().signer]))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--name", "two words", "--log-key", "x"], "no space"),
        (["--name", "w", "--log-key", "nonsense"], "'nonsense' is not the public key of a ledger"),
        (["--name", "w", "--log-key", a_witness_key("w")], "is not the public key of a ledger"),
        (["--name", "w", "--log-key", "{key}", "--listen", "nowhere"], "takes HOST:PORT"),
        (["--name", "w", "--log-key", "{key}", "--state", "/nowhere/witness.db"], "No such file"),
    ],
)
def test_a_witness_that_cannot_start_says_why(given: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [one.format(key=keys.present().vkey) for one in given]
    if "--state" not in arguments:
        arguments += ["--state", str(tmp_path / "witness.db")]
    assert main(arguments) == 1
    assert said in capsys.readouterr().err
