"""The one HTTP client for calls to the outside: checked addresses, no redirects, bounded time and size.

No message here names the host or the URL: secrets stand in paths, and with some receivers in the host name too.
"""

import functools
import ipaddress
import json as json_module
import socket
import ssl
import threading
import time
import zlib
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPException
from typing import Any
from urllib.parse import urlencode

import httpcore
from django.conf import settings

from . import kept_connections
from .errors import DeliveryFailed
from .loading import without

# What its command line is made of: 10 MB in every process, and nobody calls it here.
with without("click", "pygments", "rich"):
    import httpx

LARGEST_ANSWER_BYTES = 1_000_000
POSTED = {"accept": "*/*", "accept-encoding": "identity", "user-agent": f"python-httpx/{httpx.__version__}"}
# What is handed out to the world. Everything else of IPv6 is special: local, mapped, or translated by a gateway into some IPv4 address.
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
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
    target = _target(url)
    told, body = _Body(json, form, content).encoded()
    signed = {"authorization": f"Basic {b64encode(':'.join(basic).encode()).decode()}"} if basic else {}
    named = {**POSTED, **told, **{name.lower(): value for name, value in (headers or {}).items()}, **signed}
    try:
        answer = kept_connections.post(
            target,
            named,
            body,
            addresses=check_host,
            trusted=certificates,
            seconds=settings.OUTBOUND_TIMEOUT_SECONDS,
            most=LARGEST_ANSWER_BYTES,
        )
        body = _unpacked(answer)
    except (OSError, HTTPException, zlib.error) as error:
        raise DeliveryFailed(f"No answer from the receiver ({type(error).__name__}).") from error
    retry_after = _retry_after(answer.headers)
    if len(body) > LARGEST_ANSWER_BYTES:
        # What a failing receiver says at such length is not read; that it fails is known.
        _refuse_bad_status(answer.status, retry_after)
        raise DeliveryFailed("The receiver's answer is larger than 1 MB.", permanent=True)
    return Reply(answer.status, body, retry_after)


@dataclass(frozen=True, slots=True)
class _Body:
    """What is posted: one of them."""

    json: dict[str, Any] | None
    form: Mapping[str, str | Sequence[str]] | None
    content: bytes | None

    def encoded(self) -> tuple[dict[str, str], bytes]:
        """Its type and its bytes."""
        if self.json is not None:
            text = json_module.dumps(self.json, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
            return {"content-type": "application/json"}, text.encode()
        if self.form:
            return {"content-type": "application/x-www-form-urlencoded"}, urlencode(self.form, doseq=True).encode()
        return {}, self.content or b""


@functools.lru_cache(maxsize=1_000)
def _target(url: str) -> kept_connections.Target:
    """Raises DeliveryFailed for what is no web address."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise DeliveryFailed("The address is not a valid http(s) URL.", permanent=True) from error
    if parsed.scheme not in {"http", "https"} or not parsed.raw_host:
        raise DeliveryFailed("The address is not a valid http(s) URL.", permanent=True)
    port = parsed.port or (443 if parsed.scheme == "https" else 80)
    return kept_connections.Target(
        parsed.scheme, parsed.raw_host.decode("ascii"), port, parsed.netloc.decode("ascii"), parsed.raw_path.decode("ascii")
    )


def _unpacked(answer: kept_connections.Answer) -> bytes:
    """The body; one that came packed though that was not asked for is unpacked as far as it is read. Raises zlib.error."""
    if answer.headers.get("Content-Encoding", "identity").lower() in {"gzip", "deflate"}:
        return zlib.decompressobj(wbits=47).decompress(answer.body, LARGEST_ANSWER_BYTES + 1)
    return answer.body


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


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """The seconds of a Retry-After header, an hour at most; its other form, a date, is as good as none."""
    seconds = headers.get("Retry-After", "").strip()
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
    special = ip.version == 6 and (ip not in _GLOBAL_UNICAST or ip in _SIX_TO_FOUR)
    return bool(ip.is_global) and not ip.is_multicast and not special


class _Running(threading.local):
    """When the call that this thread makes must be over (monotonic)."""

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


class _CheckedTransport(httpx.HTTPTransport):
    def __init__(self) -> None:
        super().__init__(verify=certificates(), retries=0)
        self._pool = httpcore.ConnectionPool(ssl_context=certificates(), network_backend=_CheckedBackend())


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


def _client() -> httpx.Client:
    """A client for one call, whose time runs from now. It keeps no cookies for the next."""
    _running.deadline = time.monotonic() + settings.OUTBOUND_TIMEOUT_SECONDS
    # Environment proxies would open the socket for us, past the check.
    return httpx.Client(transport=_CheckedTransport(), timeout=settings.OUTBOUND_TIMEOUT_SECONDS, follow_redirects=False, trust_env=False)
