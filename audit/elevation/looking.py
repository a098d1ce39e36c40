"""What somebody looks at in a role they took for minutes: every page is told, as it was answered."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.functional import LazyObject

from audit.events.alone import tell
from portal.foundation.access.elevated import Elevated, elevated

from .models import Elevation

LONGEST = 300


def elevation_of(request: HttpRequest) -> Elevated | None:
    """What whoever sent `request` holds for minutes. Asked before it is answered where a session says who that is."""
    user: Any = getattr(request, "user", None)
    if user is None or (isinstance(user, LazyObject) and settings.SESSION_COOKIE_NAME not in request.COOKIES):
        # To ask for a session would mark an answer for anybody as one for this browser alone.
        return None
    return elevated(user) if user.is_authenticated else None


def tell_look(request: HttpRequest, response: HttpResponse, before: Elevated | None, now: datetime) -> None:
    """Told whether or not it ran out while the page was made; `before` is what `elevation_of` said at first."""
    found = before or elevation_of(request)
    if found is None:
        return
    elevation = Elevation(pk=found.key)
    user: Any = request.user
    about: dict[str, Any] = {"method": str(request.method), "path": request.get_full_path()[:LONGEST], "status": response.status_code}
    tell("elevation.looked", actor=user, now=now, subject=elevation, role=found.role, **about)
