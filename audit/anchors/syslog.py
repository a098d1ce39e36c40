"""A syslog receiver: RFC 5424 messages, counted in octets on TCP and TLS (RFC 6587, 5425), one a datagram on UDP (RFC 5426).

Syslog confirms nothing. A receiver that cannot be reached, or that refuses, is noticed on TCP and TLS; what UDP loses is not.
"""

import os
import socket
import ssl
from contextlib import closing
from datetime import UTC, datetime

from django.conf import settings

from .anchor import Anchor, AnchorFailed, Shown

# Facility 13 (log audit), severity 5 (notice).
PRIORITY = 13 * 8 + 5
# 32473 is the enterprise number for examples (RFC 5612): the portal has none of its own.
ELEMENT = "checkpoint@32473"
LISTEN_SECONDS = 1.0


def show(anchor: Anchor, note: str, *, previous: Shown | None, now: datetime) -> bytes:
    """Sends the note as one message, which is the receipt. Raises AnchorFailed when nobody takes it."""
    message = as_message(note, now)
    try:
        if anchor.way == "udp":
            _send_datagram(anchor, message)
        else:
            with closing(connected(anchor)) as connection:
                connection.sendall(b"%d %s" % (len(message), message))
                _listen(connection)
    except ssl.SSLError as error:
        said = getattr(error, "verify_message", "") or error.reason or "refused"
        raise AnchorFailed(f"{anchor.name}: no secure connection ({said}).") from error
    except OSError as error:
        raise AnchorFailed(f"{anchor.name} cannot be reached ({error.strerror or type(error).__name__}).") from error
    return message


def as_message(note: str, now: datetime) -> bytes:
    """An RFC 5424 message from which the whole note can be put together again."""
    text, _, seals = note.partition("\n\n")
    origin, size, root, at = text.split("\n")
    given = [("origin", origin), ("size", size), ("root", root), ("time", at.removeprefix("time "))]
    given += [("signature", line.removeprefix("\u2014 ")) for line in seals.splitlines()]
    data = " ".join(f'{name}="{_escaped(value)}"' for name, value in given)
    stamp = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    host = "".join(letter for letter in socket.gethostname() if 33 <= ord(letter) <= 126)[:255] or "-"
    head = f"<{PRIORITY}>1 {stamp} {host} ledger {os.getpid()} CHECKPOINT [{ELEMENT} {data}]"
    return f"{head} {origin} {size} {root}".encode()


def _escaped(value: str) -> str:
    for letter in ("\\", '"', "]"):
        value = value.replace(letter, f"\\{letter}")
    return value


def connected(anchor: Anchor) -> socket.socket:
    """A connection to a receiver on TCP or TLS, the handshake done. Raises OSError, of which ssl.SSLError is one."""
    plain = socket.create_connection((anchor.host, anchor.port), timeout=settings.OUTBOUND_TIMEOUT_SECONDS)
    if anchor.way == "tcp":
        return plain
    try:
        trust = ssl.create_default_context(cafile=anchor.ca or None)
        if anchor.certificate:
            trust.load_cert_chain(anchor.certificate)
        return trust.wrap_socket(plain, server_hostname=anchor.host)
    except BaseException:
        plain.close()
        raise


def _listen(connection: socket.socket) -> None:
    """A receiver has nothing to say, so silence or an end is consent; one that refuses resets the connection or sends an alert."""
    if not isinstance(connection, ssl.SSLSocket):
        connection.shutdown(socket.SHUT_WR)
    connection.settimeout(LISTEN_SECONDS)
    try:
        connection.recv(1)
    except TimeoutError:
        return


def _send_datagram(anchor: Anchor, message: bytes) -> None:
    found = socket.getaddrinfo(anchor.host, anchor.port, type=socket.SOCK_DGRAM)
    family, kind, protocol, _, address = found[0]
    with socket.socket(family, kind, protocol) as one:
        one.sendto(message, address)
