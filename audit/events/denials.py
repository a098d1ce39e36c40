"""What was refused to whom: each refusal by right is an event, some a minute; more are counted."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse

from .alone import tell
from .limits import Limit

logger = logging.getLogger(__name__)
FORBIDDEN = 403
LONGEST = 300
refusals = Limit(10)


_said: ContextVar[list[str] | None] = ContextVar("refusals", default=None)


@contextmanager
def heard() -> Iterator[list[str]]:
    """What services refuse inside, in words, as it comes."""
    words: list[str] = []
    token = _said.set(words)
    try:
        yield words
    finally:
        _said.reset(token)


def hear(words: str) -> None:
    """A service refused something."""
    said = _said.get()
    if said is not None:
        said.append(words)


def tell_denials(request: HttpRequest, response: HttpResponse, words: list[str], now: datetime) -> None:
    """Called when a request is answered. `words` are what services said, which a page may have shown without the status for it."""
    if response.status_code != FORBIDDEN and not words:
        return
    user: Any = getattr(request, "user", None)
    person = user if user is not None and user.is_authenticated else None
    untold = refusals.untold_before(person.pk if person else request.META.get("REMOTE_ADDR", ""), now)
    if untold is None:
        return
    try:
        tell(
            "access.denied",
            actor=person,
            now=now,
            why=words[-1][:LONGEST] if words else "",
            method=str(request.method),
            path=request.path[:LONGEST],
            status=response.status_code,
            not_told_before=untold,
        )
    except DatabaseError:
        # Nothing was done that would have to be taken back.
        logger.exception("That %s was refused cannot be written to the trail.", request.path)
