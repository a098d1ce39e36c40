"""Around every request: whose it is, what was refused in it, and what is answered when the trail cannot be written."""

from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse

from portal.foundation import clock
from portal.foundation.access.checks import refused

from . import denials, present

_said: ContextVar[list[str] | None] = ContextVar("refusals", default=None)
Handler = Callable[[HttpRequest], HttpResponse]


class TrailMiddleware:
    """Must stand after authentication, and before whatever may refuse."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        words: list[str] = []
        token = _said.set(words)
        try:
            with present.answering(request):
                response = self.get_response(request)
            denials.tell_denials(request, response, words, clock.now())
        finally:
            _said.reset(token)
        return response


def hear(words: str) -> None:
    """A service refused something, in words."""
    said = _said.get()
    if said is not None:
        said.append(words)


def watch() -> None:
    """Called once at start."""
    refused.register("trail", hear)
