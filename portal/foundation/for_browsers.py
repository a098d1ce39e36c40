"""Middleware that only browsers need: whoever sends a token and no cookie has no session, no messages and no time zone of a reader."""

from typing import Any

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponseBase

from .adminkit.keeping import KeptFormsMiddleware
from .request_context import ReaderTimeZoneMiddleware, brings_a_token


def sends_a_token(request: HttpRequest) -> bool:
    """The API finds out itself whose it is. With a cookie as well, everything is as for a browser."""
    return not request.META.get("HTTP_COOKIE") and brings_a_token(request)


class _ForBrowsers:
    get_response: Any

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer: HttpResponseBase = self.get_response(request) if sends_a_token(request) else super().__call__(request)  # type: ignore[misc]
        return answer


class Sessions(_ForBrowsers, SessionMiddleware):
    """As the framework's own."""


class SignedIn(_ForBrowsers, AuthenticationMiddleware):
    """As the framework's own."""


class ReaderTimeZone(_ForBrowsers, ReaderTimeZoneMiddleware):  # type: ignore[misc]
    """As there."""


class KeptForms(_ForBrowsers, KeptFormsMiddleware):  # type: ignore[misc]
    """As there."""


class Messages(_ForBrowsers, MessageMiddleware):
    """As the framework's own."""
