"""The one HTTP client for calls to the outside: checked addresses, no redirects, bounded time and size."""

import ipaddress
import socket
from collections.abc import Iterable
from typing import Any

import httpcore
import httpx
from django.conf import settings

from .errors import DeliveryFailed

LARGEST_ANSWER_BYTES = 1_000_000


def post_json(url: str, payload: dict[str, Any], *, headers: dict[str, str] | None = None) -> httpx.Response:
    """POSTs `payload` as JSON and returns the answer (2xx only).

    Raises DeliveryFailed: permanent for a refused address or a 4xx answer (408 and 429 excepted), else worth another try.
    """
    try:
        with _client() as client, client.stream("POST", url, json=payload, headers=headers) as response:
            size = 0
            for chunk in response.iter_bytes():
                size += len(chunk)
                if size > LARGEST_ANSWER_BYTES:
                    raise DeliveryFailed("The receiver's answer is larger than 1 MB.", permanent=True)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise DeliveryFailed("The address is not a valid http(s) URL.", permanent=True) from error
    except httpx.HTTPError as error:
        raise DeliveryFailed(f"No answer from the receiver ({type(error).__name__}).") from error
    if not response.is_success:
        permanent = 300 <= response.status_code < 500 and response.status_code not in {408, 429}
        raise DeliveryFailed(f"The receiver answered with status {response.status_code}.", permanent=permanent)
    return response


def get_ok(url: str) -> None:
    """A GET whose answer does not matter, such as a dead-man ping. Raises DeliveryFailed when it does not succeed."""
    try:
        with _client() as client:
            client.get(url).raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise DeliveryFailed(f"No good answer ({type(error).__name__}).") from error


def check_host(host: str, port: int) -> list[str]:
    """The addresses behind `host` that may be called. Raises DeliveryFailed when none may, or one of them must not."""
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError) as error:
        raise DeliveryFailed(f"The host name {host} cannot be resolved.") from error
    allowed = {f"{host}:{port}", f"{host}:*"} & set(settings.OUTBOUND_ALLOWED_HOSTS)
    if not allowed and not all(_is_public(address) for address in found):
        raise DeliveryFailed(
            f"{host}:{port} is an internal address. Add it to OUTBOUND_ALLOWED_HOSTS if messages may go there.", permanent=True
        )
    return sorted(found)


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.split("%")[0])
    mapped = getattr(ip, "ipv4_mapped", None)
    nat64 = ip in ipaddress.ip_network("64:ff9b::/96") if ip.version == 6 else False
    return (mapped or ip).is_global and not ip.is_multicast and not nat64


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
                return super().connect_tcp(address, port, timeout, local_address, socket_options)
            except httpcore.ConnectError as error:
                last = error
        raise last or httpcore.ConnectError("no address")


def _client() -> httpx.Client:
    transport = httpx.HTTPTransport(retries=0)
    transport._pool = httpcore.ConnectionPool(ssl_context=httpx.create_ssl_context(), network_backend=_CheckedBackend())
    # Environment proxies would open the socket for us, past the check.
    return httpx.Client(transport=transport, timeout=settings.OUTBOUND_TIMEOUT_SECONDS, follow_redirects=False, trust_env=False)
