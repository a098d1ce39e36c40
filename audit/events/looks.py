"""What an auditor who was called in looked at: every page, list, answer and file that was shown is an event."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse

from .alone import tell

SHOWN = ("/admin/", "/api/")
# Words of the page itself, nothing of the organisation's.
NOTHING = "/jsi18n/"
LONGEST, MOST = 200, 20


def tell_look(request: HttpRequest, response: HttpResponse, now: datetime) -> None:
    """Called when a request is answered, before the answer goes. Raises TrailUnavailable, and then nothing is shown."""
    if request.method not in {"GET", "HEAD"} or not 200 <= response.status_code < 300:
        return
    if not request.path.startswith(SHOWN) or request.path.endswith(NOTHING):
        return
    reader: Any = getattr(request, "user", None)
    # Set by the first question for a right, which every page asks.
    appointment = getattr(reader, "_appointment", None)
    if appointment is None:
        return
    asked = {name[:60]: ", ".join(request.GET.getlist(name))[:LONGEST] for name in sorted(request.GET)[:MOST]}
    tell("auditor.looked", actor=reader, now=now, subject=appointment, path=request.path[:LONGEST], asked=asked or None)
