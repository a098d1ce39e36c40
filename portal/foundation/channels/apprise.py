"""Push and chat services through apprise, held to the same rules as our own client: checked sockets, no redirects, bounded time."""

import inspect
import socket
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

from django.conf import settings

from portal.foundation.errors import DeliveryFailed
from portal.foundation.outbound_http import check_host
from portal.foundation.people.addresses import problem_with

from .base import Handed, Message

UNREADABLE = "This is not an address that apprise understands."
NOT_HTTP = "This service does not speak HTTP, so the portal cannot check where its messages go. Choose another."
# These name files, here or elsewhere, that the service would read and send along.
FILE_SETTINGS = ("template", "attach", "keyfile", "subfile")
_refusals: ContextVar[list[DeliveryFailed] | None] = ContextVar("refusals", default=None)


class Apprise:
    """Anything apprise speaks over HTTP, except e-mail."""

    def not_set_up(self, address: str) -> str:
        return ""

    def problem_with(self, address: str) -> str:
        return problem_with("apprise", address) or _open(address)[1]

    def send(self, address: str, message: Message) -> Handed:
        service, problem = _open(address)
        problem = problem_with("apprise", address) or problem
        if service is None or problem:
            raise DeliveryFailed(problem or UNREADABLE, permanent=True)
        service.redirects = False
        service.socket_connect_timeout = service.socket_read_timeout = settings.OUTBOUND_TIMEOUT_SECONDS / 2
        answer = f"Acknowledge: {message.answer_link}" if message.answer_link else ""
        body = "\n".join(part for part in (message.body, answer, message.link) if part)
        with _checked_sockets() as refused:
            handed_over = _notify(service, message.title, body)
        if refused:
            raise refused[0]
        if not handed_over:
            raise DeliveryFailed("The service did not take the message.")
        return Handed("taken")


def _open(address: str) -> tuple[Any, str]:
    """Apprise's own object for the address, or what is wrong with it."""
    try:
        service = _services().instantiate(address, suppress_exceptions=True)
    except Exception:  # noqa: BLE001 - whatever a vendor's parser trips over; its text could repeat the address
        service = None
    if service is None:
        return None, UNREADABLE
    if not any("requests" in vars(inspect.getmodule(base)) for base in type(service).__mro__[:-1] if _is_service(base)):
        return None, NOT_HTTP
    if any(f"{setting}=" in address.lower() for setting in FILE_SETTINGS):
        return None, "An address may not name files; remove 'template', 'attach', 'keyfile' and 'subfile'."
    return service, ""


@cache
def _services() -> Any:
    """Apprise, with its two hundred services loaded: only where an address is read, for web pages do not need them."""
    with warnings.catch_warnings():
        # Its modules import deprecated parts of the standard library, which is not ours to hear.
        warnings.simplefilter("ignore", DeprecationWarning)
        import urllib3.util.connection
        from apprise import Apprise as Services

        urllib3.util.connection.create_connection = _checked(urllib3.util.connection.create_connection)
        Services.instantiate("json://localhost", suppress_exceptions=True)
    return Services


def _is_service(base: type) -> bool:
    return base.__module__.startswith("apprise.plugins.") and base.__module__ != "apprise.plugins.base"


def _notify(service: Any, title: str, body: str) -> bool:
    try:
        return bool(service.notify(title=title, body=body))
    except Exception as error:  # noqa: BLE001 - a vendor's client may raise anything; its text could hold the token
        raise DeliveryFailed(f"The service's client failed ({type(error).__name__}).") from None


@contextmanager
def _checked_sockets() -> Iterator[list[DeliveryFailed]]:
    """Inside, every connection is checked when its socket opens; what was refused is collected."""
    refused: list[DeliveryFailed] = []
    token = _refusals.set(refused)
    try:
        yield refused
    finally:
        _refusals.reset(token)


def _checked(plain: Callable[..., socket.socket]) -> Callable[..., socket.socket]:
    """In place of urllib3's own function, which every apprise service ends in: host names are resolved once, checked, then used."""

    def connection(address: tuple[str, int], *args: Any, **kwargs: Any) -> socket.socket:
        refused = _refusals.get()
        if refused is None:
            return plain(address, *args, **kwargs)
        host, port = address
        try:
            addresses = check_host(host.strip("[]"), port)
        except DeliveryFailed as error:
            refused.append(error)
            raise OSError("not allowed") from error
        return plain((addresses[0], port), *args, **kwargs)

    return connection
