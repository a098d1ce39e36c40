"""Setting up second factors: an authenticator app by its picture, a passkey or security key by the browser, and recovery codes on paper."""

from base64 import b64encode
from collections.abc import Sequence
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.adapter import get_adapter
from allauth.mfa.totp.internal.auth import generate_totp_secret
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from portal.foundation import clock
from portal.foundation.adminkit.bases import show_in
from portal.foundation.errors import PortalError
from portal.foundation.secrecy import Unreadable, seal, unseal

from . import factors
from .doors import for_its_owner, page
from .forms import CodeForm
from .keys import answer_of, options_to_add
from .own_account import person_of, stay_here
from .stepping_up import SECOND, ask_again

# Shown once, on the page after they were made.
NEW_CODES = "front_door_new_codes"
# Until its first code is entered.
NEW_SEED = "front_door_new_seed"


@for_its_owner
def set_up(request: HttpRequest) -> HttpResponse:
    """Where whoever has to have a second factor, and has none, is led: the ways there are."""
    user: Any = request.user
    return page(
        request, "front_door/set_up.html", "Set up a second factor", owed=factors.needs_factor(user) and not factors.has_factor(user)
    )


@for_its_owner
@ask_again
def add_app(request: HttpRequest) -> HttpResponse:
    """Shows the picture that an authenticator app reads; its first code proves that it did."""
    user, secret = person_of(request), _kept(request, NEW_SEED) or _keep(request, NEW_SEED, generate_totp_secret())
    form = CodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            codes = factors.add_app(user, secret=secret, code=form.cleaned_data["code"], actor=request.user, now=clock.now())
        except PortalError as error:
            show_in(form, error)
        else:
            request.session.pop(NEW_SEED, None)
            return _added(request, user, factors.Type.TOTP, codes)
    address = get_adapter().build_totp_url(user, secret)
    picture = b64encode(get_adapter().build_totp_svg(address).encode()).decode()
    context = {"form": form, "picture": f"data:image/svg+xml;base64,{picture}", "secret": _in_fours(secret), "address": address}
    return page(request, "front_door/add_app.html", "Add an authenticator app", status=400 if form.errors else 200, **context)


@for_its_owner
@ask_again
def add_key(request: HttpRequest, kind: str) -> HttpResponse:
    """A passkey ('passkey') or a security key ('key'); the browser does the talking."""
    user, problem = person_of(request), ""
    if request.method == "POST":
        try:
            name = request.POST.get("name", "")
            codes = factors.add_key(user, name=name, credential=answer_of(request), actor=request.user, now=clock.now())
        except PortalError as error:
            problem = error.message
        else:
            return _added(request, user, factors.Type.WEBAUTHN, codes)
    passkey = kind == "passkey"
    title = "Add a passkey" if passkey else "Add a security key"
    context = {"question": options_to_add(user, passkey=passkey), "passkey": passkey, "problem": problem}
    return page(request, "front_door/add_key.html", title, status=400 if problem else 200, **context)


@for_its_owner
def codes(request: HttpRequest) -> HttpResponse:
    """GET shows the codes that were just made, once; POST makes new ones."""
    if request.method == "POST":
        try:
            made = factors.new_codes(person_of(request), actor=request.user, now=clock.now())
        except PortalError as error:
            messages.error(request, error.message)
            return redirect("front-door")
        _keep(request, NEW_CODES, " ".join(made))
        return redirect("front-door-codes")
    new = _kept(request, NEW_CODES).split()
    request.session.pop(NEW_CODES, None)
    if not new:
        return redirect("front-door")
    return page(request, "front_door/codes.html", "Your recovery codes", codes=new, after=reverse("admin:index"))


def _added(request: HttpRequest, user: Any, kind: str, codes_made: Sequence[str]) -> HttpResponse:
    """The other sessions have ended; this one has shown the new factor."""
    stay_here(request)
    record_authentication(request, user, SECOND, type=kind)
    messages.success(request, "Added. From now on you are asked for it when you sign in. All your other sessions have ended.")
    if codes_made:
        _keep(request, NEW_CODES, " ".join(codes_made))
        return redirect("front-door-codes")
    return redirect("front-door")


def _keep(request: HttpRequest, what: str, text: str) -> str:
    """Puts a secret into the session, which is a row in the database."""
    request.session[what] = seal(text, purpose=what)
    return text


def _kept(request: HttpRequest, what: str) -> str:
    """Empty when there is none, or none that can be read."""
    try:
        return unseal(request.session.get(what, ""), purpose=what)
    except Unreadable:
        return ""


def _in_fours(secret: str) -> str:
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
