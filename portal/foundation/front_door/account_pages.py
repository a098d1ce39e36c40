"""The page of somebody's own account: where they are signed in, second factors, password, identities elsewhere."""

from collections.abc import Callable
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from portal.foundation import clock, words
from portal.foundation.errors import PortalError

from . import factors
from .doors import for_its_owner, page
from .ending import end_others, end_session, sessions_of
from .forms import ChangePasswordForm
from .oidc.linking import unlink
from .oidc.providers import providers
from .own_account import person_of, stay_here
from .passwords import change_password
from .sessions import kept
from .tokens.pages import tokens_of


@for_its_owner
def account(request: HttpRequest) -> HttpResponse:
    """What stands there now."""
    user, now = person_of(request), clock.now()
    sessions = sessions_of(user, now)
    own = factors.factors_of(user)
    linked = {one.issuer: one.pk for one in user.linked_identities.all()}
    context: dict[str, Any] = {
        "first_line": _first_line(len(sessions), len(own), owed=factors.needs_factor(user)),
        "sessions": sessions,
        "here": kept(request.session.session_key),
        "factors": own,
        "codes": factors.codes_left(user),
        "may_add_app": factors.KINDS[factors.Type.TOTP] not in {one.kind for one in own},
        "providers": [(one, linked.get(one.issuer)) for one in providers()],
        "tokens": tokens_of(user, now),
        "idle": settings.SESSION_IDLE_SECONDS // 60,
        "longest": settings.SESSION_COOKIE_AGE // 3600,
        "now": now,
    }
    return page(request, "front_door/account.html", "Sign-in and sessions", **context)


def _first_line(sessions: int, own: int, *, owed: bool) -> str:
    said = f"You are signed in on {words.counted(sessions, 'device')}"
    if own:
        return f"{said}, and {words.counted(own, 'second factor')} {'protects' if own == 1 else 'protect'} your account."
    return f"{said}. A password alone opens your account{': set up a second factor now' if owed else ''}."


@for_its_owner
@require_POST
def end_one(request: HttpRequest, key: str) -> HttpResponse:
    """Ends one of one's own sessions; this one too."""
    return _done(request, lambda: end_session(person_of(request), key, actor=request.user, now=clock.now()), "That session has ended.")


@for_its_owner
@require_POST
def end_all_others(request: HttpRequest) -> HttpResponse:
    """Ends all of one's own sessions but this one."""
    here = kept(request.session.session_key)
    return _done(
        request,
        lambda: end_others(person_of(request), here, actor=request.user, now=clock.now()),
        "You are signed in only here now.",
    )


@for_its_owner
@require_POST
def remove_factor(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes one of one's own second factors away, and stays signed in here alone."""

    def remove() -> None:
        factors.remove(person_of(request), pk, actor=request.user, now=clock.now())
        stay_here(request)

    return _done(request, remove, "Removed. All your other sessions have ended.")


@for_its_owner
@require_POST
def remove_link(request: HttpRequest, pk: int) -> HttpResponse:
    """This identity elsewhere opens the account no longer."""
    return _done(request, lambda: unlink(person_of(request), pk, actor=request.user, now=clock.now()), "This identity is no longer linked.")


@for_its_owner
def password(request: HttpRequest) -> HttpResponse:
    """Another password, after the one that is there."""
    user = person_of(request)
    if not user.has_usable_password():
        return redirect("front-door")
    form = ChangePasswordForm(request.POST if request.method == "POST" else None, user=user)
    if request.method == "POST" and form.is_valid():
        change_password(user, form.cleaned_data["new_password"], actor=request.user, now=clock.now())
        update_session_auth_hash(request, user)
        record_authentication(request, user, "password", reauthenticated=True)
        messages.success(request, "Your password is another now. All your other sessions have ended.")
        return redirect("front-door")
    return page(request, "front_door/password.html", "Change your password", form=form, status=400 if form.errors else 200)


def _done(request: HttpRequest, deed: Callable[[], Any], said: str) -> HttpResponse:
    try:
        deed()
        messages.success(request, said)
    except PortalError as error:
        messages.error(request, error.message)
    return redirect("front-door")
