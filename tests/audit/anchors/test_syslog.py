"""Checkpoints as syslog messages, against receivers that listen on this machine."""

import ipaddress
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from audit.anchors import syslog
from audit.anchors.anchor import AnchorFailed
from audit.anchors.configured import parse

MESSAGE = re.compile(
    rb'<109>1 2026-03-02T09:00:00\.000000Z \S+ ledger \d+ CHECKPOINT \[checkpoint@32473 origin="incident-escalation-portal" size="42" '
    rb'root="CsUY[^"]+" time="2026-03-02T09:00:00\.000000Z" signature="incident-escalation-portal [^"]+"\] '
    rb"incident-escalation-portal 42 CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
)


@contextmanager
def listening(trust: ssl.SSLContext | None = None) -> Iterator[tuple[int, list[bytes]]]:
    """A receiver on a free port, and what each connection brought."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                try:
                    with trust.wrap_socket(connection, server_side=True) if trust else connection as one:
                        one.settimeout(30)
                        heard.append(one.recv(4096))
                except OSError:
                    connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1], heard
        server.shutdown(socket.SHUT_RDWR)
    thread.join(timeout=60)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that nobody but this file vouches for, with its key."""
    key, name = generate_private_key(SECP256R1()), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "logs")])
    begun = datetime.now(UTC) - timedelta(days=1)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), begun, begun + timedelta(days=9))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = tmp_path_factory.mktemp("tls") / "logs.pem"
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


def test_a_message_over_tcp_is_counted_in_octets(note: str, now: datetime) -> None:
    with listening() as (port, heard):
        receipt = syslog.show(parse(f"syslog+tcp://127.0.0.1:{port}"), note, previous=None, now=now)
    assert heard == [b"%d %s" % (len(receipt), receipt)]
    assert MESSAGE.fullmatch(receipt)


def test_a_message_over_tls_reaches_whom_we_trust_and_nobody_else(note: str, now: datetime, certificate: Path) -> None:
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trust.load_cert_chain(certificate)
    with listening(trust) as (port, heard):
        receipt = syslog.show(parse(f"syslog+tls://127.0.0.1:{port}?ca={certificate}"), note, previous=None, now=now)
        with pytest.raises(AnchorFailed, match=r"no secure connection \(self-signed certificate\)"):
            syslog.show(parse(f"syslog+tls://127.0.0.1:{port}"), note, previous=None, now=now)
    assert heard == [b"%d %s" % (len(receipt), receipt)]


def test_a_message_over_udp_is_one_datagram(note: str, now: datetime) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(5)
        receipt = syslog.show(parse(f"syslog+udp://127.0.0.1:{receiver.getsockname()[1]}"), note, previous=None, now=now)
        assert receiver.recv(4096) == receipt


def test_a_receiver_that_is_down_is_noticed(note: str, now: datetime) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(AnchorFailed, match=f"127.0.0.1:{port} cannot be reached \\(Connection refused\\)"):
        syslog.show(parse(f"syslog+tcp://127.0.0.1:{port}"), note, previous=None, now=now)


def test_a_receiver_that_resets_the_connection_is_noticed(note: str, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syslog, "LISTEN_SECONDS", 60.0)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def refuse() -> None:
            connection, _ = server.accept()
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            connection.close()

        thread = threading.Thread(target=refuse)
        thread.start()
        with pytest.raises(AnchorFailed, match="cannot be reached"):
            syslog.show(parse(f"syslog+tcp://127.0.0.1:{server.getsockname()[1]}"), note, previous=None, now=now)
        thread.join(timeout=60)


def test_what_could_end_a_value_is_escaped(note: str, now: datetime) -> None:
    message = syslog.as_message(note.replace("incident-escalation-portal\n42", 'a"b]c\\d\n42'), now)
    assert rb'origin="a\"b\]c\\d"' in message
