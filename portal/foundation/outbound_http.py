"""The one HTTP client for calls to the outside: checked addresses, no redirects, bounded time and size.

No message here names the host or the URL: secrets stand in paths, and with some receivers in the host name too.
"""

import functools
import ipaddress
import os
import socket
import ssl
import threading
import time
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

import httpcore
import httpx
from django.conf import settings

from .errors import DeliveryFailed

LARGEST_ANSWER_BYTES = 1_000_000
# Shorter than any server's own patience, so that a connection is not used in the moment in which its server lets it go.
KEPT_SECONDS = 2.0
POSTED = {"Accept": "*/*", "Accept-Encoding": "gzip, deflate", "User-Agent": f"python-httpx/{httpx.__version__}"}
MOST_KEPT = 64
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_SIX_TO_FOUR = ipaddress.ip_network("2002::/16")


@dataclass(frozen=True, slots=True)
class Reply:
    """What a receiver answered, whatever its status. `retry_after`: how long it asks to be left alone."""

    status: int
    body: bytes
    retry_after: timedelta | None = None

    def refuse_bad(self) -> None:
        """Raises DeliveryFailed for anything but a 2xx answer; see `post_json`."""
        _refuse_bad_status(self.status, self.retry_after)


def post_json(url: str, payload: dict[str, Any], *, headers: dict[str, str] | None = None) -> bytes:
    """POSTs `payload` as JSON and returns the body of a 2xx answer.

    Raises DeliveryFailed: permanent for a refused address, a redirect or a 4xx answer (408 and 429 excepted), else worth another try.
    """
    reply = post(url, json=payload, headers=headers)
    reply.refuse_bad()
    return reply.body


def post(
    url: str,
    *,
    json: dict[str, Any] | None = None,
    form: Mapping[str, str | Sequence[str]] | None = None,
    content: bytes | None = None,
    headers: dict[str, str] | None = None,
    basic: tuple[str, str] | None = None,
) -> Reply:
    """POSTs `json`, `form` (a name with several values repeats) or `content`, with user and password when `basic` is given, and returns the answer whatever its status.

    Raises DeliveryFailed when there is none: permanent for a refused address or an answer over 1 MB, else worth another try.
    """
    body = bytearray()
    try:
        with closing(_sent(url, _Body(json, form, content), headers or {}, basic)) as response:
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > LARGEST_ANSWER_BYTES:
                    # What a failing receiver says at such length is not read; that it fails is known.
                    _refuse_bad_status(response.status_code, _retry_after(response))
                    raise DeliveryFailed("The receiver's answer is larger than 1 MB.", permanent=True)
            return Reply(response.status_code, bytes(body), _retry_after(response))
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise DeliveryFailed("The address is not a valid http(s) URL.", permanent=True) from error
    except httpx.HTTPError as error:
        raise DeliveryFailed(f"No answer from the receiver ({type(error).__name__}).") from error


@dataclass(frozen=True, slots=True)
class _Body:
    """What is posted: one of them."""

    json: dict[str, Any] | None
    form: Mapping[str, str | Sequence[str]] | None
    content: bytes | None


def _sent(url: str, body: _Body, headers: dict[str, str], basic: tuple[str, str] | None) -> httpx.Response:
    """The answer to a POST, its body not read yet. Without a client around the transport a message costs a third less."""
    _running.deadline = time.monotonic() + settings.OUTBOUND_TIMEOUT_SECONDS
    signed = {"Authorization": f"Basic {b64encode(':'.join(basic).encode()).decode()}"} if basic else {}
    timeout = {"timeout": httpx.Timeout(settings.OUTBOUND_TIMEOUT_SECONDS).as_dict()}
    request = httpx.Request(
        "POST",
        url,
        json=body.json,
        data=dict(body.form) if body.form else None,
        content=body.content,
        headers={**POSTED, **headers, **signed},
        extensions=timeout,
    )
    return _transport().handle_request(request)


def get_ok(url: str) -> None:
    """A GET whose answer does not matter, such as a dead-man ping. Raises DeliveryFailed when it does not succeed."""
    try:
        with _client() as client, client.stream("GET", url) as response:
            _refuse_bad_status(response.status_code)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise DeliveryFailed(f"No good answer ({type(error).__name__}).") from error


def get_body(url: str, *, largest: int, accept: str = "*/*") -> bytes:
    """The body of a 2xx answer, of at most `largest` bytes. Raises DeliveryFailed for everything else, redirects included."""
    body = bytearray()
    # Compressed answers are refused: a small one can unpack to any size.
    headers = {"Accept": accept, "Accept-Encoding": "identity"}
    try:
        with _client() as client, client.stream("GET", url, headers=headers) as response:
            _refuse_bad_status(response.status_code)
            if response.headers.get("Content-Encoding", "identity").lower() != "identity":
                raise DeliveryFailed("The answer is compressed though that was not asked for.", permanent=True)
            for chunk in response.iter_raw():
                body += chunk
                if len(body) > largest:
                    raise DeliveryFailed(f"The answer is larger than {largest / 1_000_000:g} MB.", permanent=True)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise DeliveryFailed("The address is not a valid http(s) URL.", permanent=True) from error
    except httpx.HTTPError as error:
        raise DeliveryFailed(f"No answer ({type(error).__name__}).") from error
    return bytes(body)


def check_host(host: str, port: int) -> list[str]:
    """The addresses behind `host` that may be called. Raises DeliveryFailed when one of them must not be."""
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError) as error:
        raise DeliveryFailed("The receiver's host name cannot be resolved.") from error
    allowed = {f"{host}:{port}", f"{host}:*"} & set(settings.OUTBOUND_ALLOWED_HOSTS)
    if not allowed and not all(_is_public(address) for address in found):
        raise DeliveryFailed(
            "The address leads into an internal network, where messages may not go. "
            "If it is meant, an operator can add its host:port to OUTBOUND_ALLOWED_HOSTS.",
            permanent=True,
        )
    return sorted(found)


def _retry_after(response: httpx.Response) -> timedelta | None:
    """The seconds of a Retry-After header, an hour at most; its other form, a date, is as good as none."""
    seconds = response.headers.get("Retry-After", "").strip()
    return timedelta(seconds=min(int(seconds), 3_600)) if seconds.isascii() and seconds.isdigit() and len(seconds) < 9 else None


def _refuse_bad_status(status: int, retry_after: timedelta | None = None) -> None:
    if 300 <= status < 400:
        raise DeliveryFailed(f"The receiver answered with a redirect ({status}), which is not followed.", permanent=True)
    if not 200 <= status < 300:
        permanent = 400 <= status < 500 and status not in {408, 429}
        raise DeliveryFailed(f"The receiver answered with status {status}.", permanent=permanent, retry_after=retry_after)


def _is_public(address: str) -> bool:
    ip: Any = ipaddress.ip_address(address.split("%")[0])
    if ip.version == 6:
        # Addresses that carry an IPv4 address inside are judged by that one, or refused where a gateway would translate.
        ip = ip.ipv4_mapped or ip
    tunnelled = ip.version == 6 and (ip in _NAT64 or ip in _SIX_TO_FOUR)
    return bool(ip.is_global) and not ip.is_multicast and not tunnelled


class _Running(threading.local):
    """When the call that this thread makes must be over (monotonic). Connections outlive calls, so they ask here."""

    deadline = 0.0


_running = _Running()


class _BoundedStream(httpcore.NetworkStream):
    """A socket with one deadline a call for everything: a receiver that answers a byte at a time cannot hold a worker."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _BoundedStream(self._inner.start_tls(ssl_context, server_hostname, _left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _CheckedBackend(httpcore.SyncBackend):
    """Checks the resolved address when the socket opens and connects to exactly that one, so a second lookup cannot differ."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        last: Exception | None = None
        for address in check_host(host, port):
            try:
                return _BoundedStream(super().connect_tcp(address, port, _left(timeout), local_address, socket_options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
        raise last or httpcore.ConnectError("no address")


class _KeptTransport(httpx.HTTPTransport):
    """Keeps its connections for a moment, whoever is done with it: a receiver of many messages is not connected to for each of them."""

    def __init__(self) -> None:
        super().__init__(verify=certificates(), retries=0)
        self._pool = httpcore.ConnectionPool(
            ssl_context=certificates(),
            max_connections=None,
            max_keepalive_connections=MOST_KEPT,
            keepalive_expiry=KEPT_SECONDS,
            network_backend=_CheckedBackend(),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        """Leaves them open for the next call."""

    def close(self) -> None:
        """Leaves them open for the next call."""


def _left(timeout: float | None) -> float:
    """Seconds to wait: `timeout`, but not beyond the running call's deadline. Raises httpcore.ReadTimeout once that has passed."""
    remaining = _running.deadline - time.monotonic()
    if remaining <= 0:
        raise httpcore.ReadTimeout("out of time")
    return remaining if timeout is None else min(timeout, remaining)


@functools.cache
def certificates() -> ssl.SSLContext:
    """Who we trust. Reading the certificates takes longer than a call on this machine does, so it is done once a process."""
    return httpx.create_ssl_context()


_making = threading.Lock()


def _transport() -> _KeptTransport:
    """One a process: a socket that two processes share garbles what both say. Many threads may ask for the first at once."""
    with _making:
        return _transport_of(os.getpid())


@functools.cache
def _transport_of(process: int) -> _KeptTransport:
    return _KeptTransport()


def _client() -> httpx.Client:
    """A client for one call, whose time runs from now. It keeps no cookies for the next."""
    _running.deadline = time.monotonic() + settings.OUTBOUND_TIMEOUT_SECONDS
    # Environment proxies would open the socket for us, past the check.
    return httpx.Client(transport=_transport(), timeout=settings.OUTBOUND_TIMEOUT_SECONDS, follow_redirects=False, trust_env=False)
