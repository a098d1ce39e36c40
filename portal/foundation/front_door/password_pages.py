"""For somebody who has no password, or forgot it: asking for a link, and following it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from portal.foundation import clock
from portal.foundation.errors import PortalError

from . import factors, locks, passwords
from .doors import at_the_door, page
from .forms import NameForm, NewPasswordForm

TOKEN = "front_door_password_link"  # noqa: S105 - where it is kept
# Stands in the address in the place of the token, which must not be told to whoever the page links to.
HERE = "set"


@at_the_door
def forgotten(request: HttpRequest) -> HttpResponse:
    """Always the same answer, whoever is named."""
    form = NameForm(request.POST if request.method == "POST" else None)
    sent = False
    if request.method == "POST" and form.is_valid():
        now, counters = clock.now(), (locks.Counter(locks.ASKING, request.META.get("REMOTE_ADDR", "")),)
        try:
            factors.refuse_closed(counters, now)
            locks.count(counters, user=None, now=now)
            passwords.ask_for_link(form.cleaned_data["username"], now=now)
            sent = True
        except PortalError as error:
            form.add_error(None, error.message)
    return page(request, "front_door/forgotten.html", "Forgotten your password?", form=form, sent=sent)


@at_the_door
def set_password(request: HttpRequest, key: str, token: str) -> HttpResponse:
    """The page behind the link. The token moves into the session before anything is shown."""
    user: Any = passwords.person_of(key)
    if token != HERE:
        if passwords.is_good(user, token):
            request.session[TOKEN] = token
            return redirect("front-door-set-password", key, HERE)
        return _no_good(request)
    if not passwords.is_good(user, str(request.session.get(TOKEN, ""))):
        return _no_good(request)
    form = NewPasswordForm(request.POST if request.method == "POST" else None, user=user)
    if request.method == "POST" and form.is_valid():
        del request.session[TOKEN]
        passwords.set_by_link(user, form.cleaned_data["new_password"], now=clock.now())
        return page(request, "front_door/password_set.html", "Your password is set")
    return page(request, "front_door/set_password.html", "Set your password", form=form, person=user)


def _no_good(request: HttpRequest) -> HttpResponse:
    return page(request, "front_door/no_good_link.html", "This link is used up", status=410)
