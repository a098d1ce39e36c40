"""Of a request: whose account it is, and that it goes on when all sessions of that were ended."""

from typing import Any

from django.http import HttpRequest

from portal.foundation.people.models import User


def stay_here(request: HttpRequest) -> None:
    """All sessions were ended: this one goes on under a new key."""
    request.session.cycle_key()
    request.session.modified = True


def person_of(request: HttpRequest) -> Any:
    """The account itself, not the lazy stand-in of the request."""
    reader: Any = request.user
    return User.objects.get(pk=reader.pk)
