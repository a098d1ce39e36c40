"""Somebody signed in proves once more who they are, and goes on to where they were."""

from datetime import datetime
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from portal.foundation import clock
from portal.foundation.adminkit.frame import frames
from portal.foundation.errors import InvalidInput, PortalError

from . import factors, locks
from .doors import for_its_owner, next_page, page
from .forms import CodeForm, PasswordForm
from .keys import answer_of, options_for
from .oidc.providers import provider_of_person
from .stepping_up import SECOND, asked_for

WRONG = "This is not your password."


@for_its_owner
def again(request: HttpRequest) -> HttpResponse:
    """With the second factor where there is one, else with the password, else at the provider one came by."""
    user: Any = request.user
    kinds = factors.kinds_of(user)
    form = (CodeForm if kinds else PasswordForm)(request.POST if request.method == "POST" else None)
    problem, now = "", clock.now()
    if request.method == "POST":
        try:
            key = answer_of(request) if kinds else None
            if key is not None or form.is_valid():
                _prove(request, user, form, key, now)
                return HttpResponseRedirect(next_page(request))
        except PortalError as error:
            problem = error.message
    context: dict[str, Any] = {
        "form": form if kinds - {factors.Type.WEBAUTHN} or (not kinds and user.has_usable_password()) else None,
        "problem": problem,
        "question": options_for(user) if factors.Type.WEBAUTHN in kinds else None,
        "next": next_page(request),
        "words": asked_for(next_page(request)),
        "minutes": settings.STEP_UP_SECONDS // 60,
        "provider": None if kinds or user.has_usable_password() else provider_of_person(user),
    }
    return page(request, "front_door/again.html", "Is it still you?", **context)


def _prove(request: HttpRequest, user: Any, form: Any, key: Any, now: datetime) -> None:
    if isinstance(form, CodeForm):
        factor = factors.prove(user, code="" if key is not None else form.cleaned_data["code"], credential=key, now=now, again=True)
        record_authentication(request, user, SECOND, id=factor.pk, type=factor.type, reauthenticated=True)
        return
    counters = locks.of_codes(user)
    factors.refuse_closed(counters, now)
    right = user.check_password(form.cleaned_data["password"])
    with frames["act"]("account.proved_again", actor=user, now=now, subject=user) as running:
        if not right:
            running.verb = "account.proof_refused"
            running.why = "The password was wrong."
    if not right:
        locks.count(counters, user=user, now=now)
        raise InvalidInput(WRONG)
    locks.forget(counters)
    record_authentication(request, user, "password", reauthenticated=True)
