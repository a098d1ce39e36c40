"""Where an act came from: request id, address and channel, carried by a context variable to the audit trail."""

import uuid
import zoneinfo
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

# 'Token' is what this API called it at first.
TOKEN_SCHEMES = ("bearer", "token")


@dataclass(frozen=True, slots=True)
class Origin:
    """The way in of the current act. `channel` is one of web, api, command, engine, job, or the way of an answer: link, sms, voice, slack."""

    channel: str
    request_id: str = ""
    address: str = ""
    # The name of the API token, where one was sent.
    token: str = ""


_current: ContextVar[Origin | None] = ContextVar("origin", default=None)


def current_origin() -> Origin:
    return _current.get() or Origin(channel="command")


def came_by_token(name: str) -> None:
    """The running request brought this API token. What is done from here on was done with it."""
    _current.set(replace(current_origin(), token=name))


@contextmanager
def origin(channel: str, *, request_id: str = "", address: str = "") -> Iterator[Origin]:
    """Marks everything inside as coming from `channel`."""
    entered = Origin(channel, request_id or uuid.uuid4().hex, address)
    token = _current.set(entered)
    try:
        yield entered
    finally:
        _current.reset(token)


def brings_a_token(request: HttpRequest) -> bool:
    """Whether the API asks a token, good or not, whose request this is."""
    scheme, found, _ = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    return bool(found) and scheme.lower() in TOKEN_SCHEMES and request.path.startswith("/api/")


Handler = Callable[[HttpRequest], HttpResponse]


class RequestContextMiddleware:
    """Gives each request an id. The address is the socket's own; forwarded headers can be forged and are not read."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        channel = "api" if request.path.startswith("/api/") else "web"
        with origin(channel, address=request.META.get("REMOTE_ADDR", "")) as entered:
            response = self.get_response(request)
            response["X-Request-ID"] = entered.request_id
            return response


class ReaderTimeZoneMiddleware:
    """Shows times in the zone of the person who reads. Must stand after authentication."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        name = getattr(request.user, "time_zone", "") if request.user.is_authenticated else ""
        with timezone.override(zoneinfo.ZoneInfo(name) if name else None):
            return self.get_response(request)
