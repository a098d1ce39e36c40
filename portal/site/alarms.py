"""What every page of the admin says while the engine, the sender or the queue is not well, and while the reader is in a role they took."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from portal.foundation import clock
from portal.foundation.access.elevated import Elevated, elevated
from portal.foundation.adminkit.moments import moment
from portal.foundation.watch.banner import board


def standing(request: HttpRequest) -> dict[str, Callable[[], Any]]:
    """For templates: `alarms` and `taken`, asked only by a page that shows them."""
    return {"alarms": lambda: board.loud(clock.now()), "taken": lambda: taken(request)}


def taken(request: HttpRequest) -> dict[str, Any] | None:
    """The role that the reader took for minutes, until when, and where it is ended."""
    user: Any = getattr(request, "user", None)
    found: Elevated | None = elevated(user) if user is not None and user.is_authenticated else None
    if found is None:
        return None
    end, page = (reverse(f"admin:audit_elevation_{name}", args=[found.key, *rest]) for name, rest in (("do", ["end"]), ("change", [])))
    return {"role": found.role, "until": moment(found.until, clock.now()), "end": end, "page": page}
