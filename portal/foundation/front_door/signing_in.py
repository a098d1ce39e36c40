"""The door itself: user name and password, or a passkey; then the second factor. There is no other way to a session."""

from datetime import datetime
from typing import Any

from allauth.account.internal.flows.login import clear_authentication_records, perform_login, perform_password_login, record_authentication
from allauth.account.models import Login
from allauth.account.stages import LoginStageController
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import authenticate, logout, user_login_failed
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from portal.foundation import clock
from portal.foundation.errors import PortalError, WrongState
from portal.foundation.people.models import User

from . import factors, locks
from .doors import at_the_door, next_page, page
from .forms import CodeForm, SignInForm
from .keys import answer_of, options_for
from .stages import SecondFactor
from .stepping_up import SECOND

# The same for a name that nobody has, a wrong password and an account that is closed.
REFUSED = "This user name and password do not open the portal. After five wrong tries there is a wait of a quarter of an hour."
NO_PASSKEY = "This passkey does not open the portal."


@at_the_door
def sign_in(request: HttpRequest) -> HttpResponse:
    """GET shows the form, POST takes user name and password."""
    there = next_page(request)
    if request.method == "GET" and admin.site.has_permission(request):
        return redirect(there)
    form = SignInForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            return _with_password(request, form.cleaned_data, there, clock.now())
        except PortalError as error:
            form.add_error(None, error.message)
    context: dict[str, Any] = {"form": form, "next": there, "providers": settings.OIDC_PROVIDERS, "another": request.user.is_authenticated}
    return page(request, "front_door/sign_in.html", "Sign in", **context)


def _with_password(request: HttpRequest, typed: dict[str, str], there: str, now: datetime) -> HttpResponse:
    """Raises WrongState, in words that do not tell whether the name is somebody's."""
    name, counters = typed["username"], locks.of_sign_in(typed["username"], request.META.get("REMOTE_ADDR", ""))
    try:
        factors.refuse_closed(counters, now)
    except WrongState:
        _refused(request, name, "Too many tries before.")
        raise
    user: Any = authenticate(request, username=name, password=typed["password"])
    if user is not None and not user.is_staff:
        _refused(request, name, "The account opens no pages.")
        user = None
    if user is None:
        locks.count(counters, user=User.objects.filter(username=name).first(), now=now)
        raise WrongState(REFUSED)
    locks.forget(counters)
    start_afresh(request)
    answer: HttpResponse = perform_password_login(request, {"username": name}, Login(user=user, redirect_url=there))
    return answer


def _refused(request: HttpRequest, name: str, why: str) -> None:
    """Of what Django refuses itself, it tells."""
    user_login_failed.send(sender=__name__, credentials={"username": name}, request=request, why=why)


@at_the_door
@require_http_methods(["GET", "POST"])
def passkey(request: HttpRequest) -> HttpResponse:
    """GET gives the question for a passkey, POST takes its answer: both proofs at once, as it asked for a finger, a face or a PIN."""
    if request.method == "GET":
        return JsonResponse(options_for(None))
    now = clock.now()
    try:
        user, factor = factors.prove_by_passkey(answer_of(request), now=now)
    except PortalError as error:
        form = SignInForm()
        again: dict[str, Any] = {"form": form, "next": next_page(request), "providers": settings.OIDC_PROVIDERS, "problem": error.message}
        return page(request, "front_door/sign_in.html", "Sign in", **again)
    start_afresh(request)
    record_authentication(request, user, SECOND, id=factor.pk, type=factor.type, passwordless=True)
    answer: HttpResponse = perform_login(request, Login(user=user, redirect_url=next_page(request)))
    return answer


@at_the_door
def second_step(request: HttpRequest) -> HttpResponse:
    """The second proof of somebody whose first was right."""
    stage = LoginStageController.enter(request, SecondFactor.key)
    if stage is None:
        return redirect("account_login")
    user, problem = stage.login.user, ""
    form = CodeForm(request.POST if "code" in request.POST else None)
    key = answer_of(request)
    if request.method == "POST" and (key is not None or form.is_valid()):
        try:
            code = "" if key is not None else form.cleaned_data["code"]
            factor = factors.prove(user, code=code, credential=key, now=clock.now())
        except PortalError as error:
            problem = error.message
        else:
            record_authentication(request, user, SECOND, id=factor.pk, type=factor.type)
            answer: HttpResponse = stage.exit()
            return answer
    kinds = factors.kinds_of(user)
    question = options_for(user) if factors.Type.WEBAUTHN in kinds else None
    context: dict[str, Any] = {"form": form, "problem": problem, "question": question, "by_code": kinds - {factors.Type.WEBAUTHN}}
    return page(request, "front_door/second_step.html", "One more step", app=factors.Type.TOTP in kinds, **context)


def start_afresh(request: HttpRequest) -> None:
    """What was proved before, perhaps by somebody else at this browser, proves nothing now."""
    if request.user.is_authenticated:
        logout(request)
    clear_authentication_records(request)
