"""LEDGER_ANCHORS: what can be written there, and what is said of what cannot."""

from pathlib import Path
from typing import Any

import pytest

from audit.anchors.checks import check_anchors
from audit.anchors.configured import anchors, parse, problems, witness_keys
from audit.sealing.notes import vkey
from tests.factories.witness import a_witness_key

KEY = a_witness_key("w.example/one")


@pytest.mark.parametrize(
    ("address", "kind", "name"),
    [
        ("file:///mnt/else/checkpoints", "file", "file /mnt/else/checkpoints"),
        ("syslog+tls://logs.example:6514", "syslog", "syslog+tls logs.example:6514"),
        ("syslog+tcp://logs.example", "syslog", "syslog+tcp logs.example:601"),
        ("syslog+udp://[::1]", "syslog", "syslog+udp ::1:514"),
        ("tsa+https://user:geheim@tsa.example/tsr?token=geheim", "rfc3161", "tsa tsa.example"),
        (f"witness+http://w.example:8400/#{KEY}", "witness", "witness w.example/one"),
    ],
    ids=["file", "syslog over TLS", "syslog over TCP", "syslog over UDP", "time-stamp authority", "witness"],
)
def test_every_kind_of_place_has_an_address_and_a_name_without_secrets(address: str, kind: str, name: str) -> None:
    anchor = parse(address)
    assert (anchor.kind, anchor.name) == (kind, name)
    assert "geheim" not in repr(anchor)


def test_a_time_stamp_authority_is_called_at_its_own_address() -> None:
    anchor = parse("tsa+https://user:p%40ss@tsa.example:8443/tsr?token=x")
    assert (anchor.address, anchor.basic) == ("https://tsa.example:8443/tsr?token=x", ("user", "p@ss"))


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("ftp://else/x", "no kind of anchor"),
        ("checkpoints.txt", "no kind of anchor"),
        ("file://mnt/else", "three slashes"),
        ("file:///mnt/else/", "three slashes"),
        ("syslog://host:514", "syslog\\+tls"),
        ("syslog+tls://host:notaport", "cannot be read"),
        ("syslog+tcp://host?ca=/etc/ca.pem", "only with tls"),
        ("syslog+tls://host?ca=/nowhere/ca.pem", "no file /nowhere/ca.pem"),
        ("tsa://geheim.example", "tsa\\+https"),
        ("witness+https://w.example/", "not a witness' public key"),
        (f"witness+https://w.example/#{vkey('w', bytes(32))}", "not a witness' public key"),
        ("file:///" + "x" * 255, "longer than 255"),
    ],
)
def test_what_is_wrong_is_said_and_the_others_count(settings: Any, address: str, said: str) -> None:
    settings.LEDGER_ANCHORS = [address, "file:///mnt/else/checkpoints"]
    assert [anchor.kind for anchor in anchors()] == ["file"]
    [error] = check_anchors(None)
    assert (error.id, "Anchor 1: " in error.msg) == ("audit.E001", True)
    with pytest.raises(ValueError, match=said):
        parse(address)


def test_no_message_repeats_a_secret(settings: Any) -> None:
    settings.LEDGER_ANCHORS = ["tsa+ftp://user:geheim@tsa.example/geheim", "witness+https://user:geheim@w.example/geheim#geheim"]
    assert len(problems()) == 2
    assert "geheim" not in "".join(problems())


def test_two_of_one_name_are_one_too_many(settings: Any) -> None:
    settings.LEDGER_ANCHORS = ["tsa+https://tsa.example/a", "tsa+https://tsa.example/b"]
    assert (len(anchors()), len(problems())) == (1, 1)


def test_the_keys_of_witnesses_are_known(settings: Any, tmp_path: Path) -> None:
    settings.LEDGER_ANCHORS = [f"file://{tmp_path}/checkpoints", f"witness+http://w.example/#{KEY}"]
    assert witness_keys() == [KEY]
