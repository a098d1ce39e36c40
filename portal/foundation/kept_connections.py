"""HTTP/1.1 over connections that are kept for a moment, each thread its own: for messages by the hundred.

The general client costs three times as much for every call, and its pool, shared by all threads, is searched by each of them in turn.
"""

import http.client
import os
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

# Shorter than any server's own patience, so that a connection is not used in the moment in which its server lets it go.
KEPT_SECONDS = 2.0
# A thread serves one receiver after the other; more than these are hardly asked again in time.
MOST_KEPT = 8


class Target(NamedTuple):
    """Where a call goes: `host` as it is looked up, `netloc` as the receiver is told, `path` with its query."""

    scheme: str
    host: str
    port: int
    netloc: str
    path: str


class Answer(NamedTuple):
    """`body` is cut off after as many bytes as were asked for, and one more."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _Own(threading.local):
    """What this thread keeps, and until when (monotonic) its running call has time."""

    deadline = 0.0
    process = 0

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str, int], tuple[_Connection, float]] = {}


def post(
    target: Target,
    headers: Mapping[str, str],
    body: bytes,
    *,
    addresses: Callable[[str, int], list[str]],
    trusted: Callable[[], ssl.SSLContext],
    seconds: float,
    most: int,
) -> Answer:
    """Posts `body` and reads at most `most` bytes of the answer, all within `seconds`. `addresses` says where a host may be called.

    Raises OSError and http.client.HTTPException when there is no good answer.
    """
    _own.deadline = time.monotonic() + seconds
    connection = _taken(target) or _Connection(target, addresses, trusted)
    try:
        connection.request("POST", target.path, body, {"Host": target.netloc, **headers})
        response = connection.getresponse()
        read = response.read(most + 1)
        if response.length and len(read) <= most:
            raise http.client.IncompleteRead(read, response.length)
    except BaseException:
        connection.close()
        raise
    if response.isclosed() and not response.will_close:
        _keep(target, connection)
    else:
        response.close()
        connection.close()
    return Answer(response.status, response.headers, read)  # type: ignore[arg-type]


class _Connection(http.client.HTTPConnection):
    """To an address that was checked when the socket was opened: there is no second lookup that could differ."""

    def __init__(self, target: Target, addresses: Callable[[str, int], list[str]], trusted: Callable[[], ssl.SSLContext]) -> None:
        super().__init__(target.host, target.port)
        self._target, self._addresses, self._trusted = target, addresses, trusted

    def connect(self) -> None:
        last: OSError | None = None
        for address in self._addresses(self._target.host, self._target.port):
            try:
                opened = socket.create_connection((address, self._target.port), _left())
            except OSError as error:
                last = error
                continue
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.sock = self._secured(opened) if self._target.scheme == "https" else _Bounded(fileno=opened.detach())
            return
        raise last or ConnectionError("no address")

    def _secured(self, opened: socket.socket) -> ssl.SSLSocket:
        context = self._trusted()
        context.sslsocket_class = _BoundedTLS
        opened.settimeout(_left())
        try:
            return context.wrap_socket(opened, server_hostname=self._target.host)
        except BaseException:
            opened.close()
            raise


class _WithDeadline:
    """One deadline a call for everything that a socket does: a receiver that answers a byte at a time cannot hold a thread."""

    def recv_into(self, *given: Any) -> int:
        self.settimeout(_left())  # type: ignore[attr-defined]
        return int(super().recv_into(*given))  # type: ignore[misc]

    def sendall(self, *given: Any) -> None:
        self.settimeout(_left())  # type: ignore[attr-defined]
        super().sendall(*given)  # type: ignore[misc]


class _Bounded(_WithDeadline, socket.socket):
    pass


class _BoundedTLS(_WithDeadline, ssl.SSLSocket):
    pass


_own = _Own()


def _left() -> float:
    """The running call's remaining seconds. Raises TimeoutError once there are none."""
    left = _own.deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("out of time")
    return left


def _taken(target: Target) -> _Connection | None:
    """The connection that this thread keeps to the receiver, unless that has let it go. A fork leaves its parent's alone: two that share a
    socket garble what both say."""
    if _own.process != os.getpid():
        _own.kept, _own.process = {}, os.getpid()
    connection, since = _own.kept.pop(target[:3], (None, 0.0))
    if connection is None or (time.monotonic() - since < KEPT_SECONDS and not _is_readable(connection.sock)):
        return connection
    connection.close()
    return None


def _keep(target: Target, connection: _Connection) -> None:
    while len(_own.kept) >= MOST_KEPT:
        _own.kept.pop(next(iter(_own.kept)))[0].close()
    _own.kept[target[:3]] = connection, time.monotonic()


def _is_readable(kept: socket.socket) -> bool:
    """Nothing was asked, so what there is to read is the end of the connection."""
    asking = select.poll()
    asking.register(kept, select.POLLIN)
    return bool(asking.poll(0))
