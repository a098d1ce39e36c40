"""The doors to and from a provider."""

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from portal.foundation import clock
from portal.foundation.errors import NotAllowed, NotFound, PortalError
from portal.foundation.front_door.doors import at_the_door, for_its_owner, next_page, page
from portal.foundation.front_door.signing_in import start_afresh
from portal.foundation.front_door.stepping_up import SECOND, ask_again

from .flow import AGAIN, LINK, QUESTION, SIGN_IN, begin, finish
from .linking import link, person_for, shows_second_factor
from .providers import Provider, provider, provider_of_person

METHOD = "oidc"


@at_the_door
@require_GET
def go(request: HttpRequest, key: str) -> HttpResponse:
    """To the provider: to sign in, or, for somebody who is signed in, to prove it again."""
    one = _provider(key)
    known = request.user.is_authenticated and provider_of_person(request.user) == one
    try:
        purpose = AGAIN if known else SIGN_IN
        return HttpResponseRedirect(begin(request.session, one, purpose=purpose, there=next_page(request), at=_seconds()))
    except PortalError as error:
        return _said(request, error)


@for_its_owner
@require_POST
@ask_again
def go_to_link(request: HttpRequest, key: str) -> HttpResponse:
    """A page with the way to the provider: the policy lets no form lead out of the house."""
    one = _provider(key)
    try:
        address = begin(request.session, one, purpose=LINK, there=reverse("front-door"), at=_seconds())
    except PortalError as error:
        return _said(request, error)
    return page(request, "front_door/go_to_link.html", f"Link your identity at {one.name}", provider=one, address=address)


@at_the_door
@require_GET
def back(request: HttpRequest, key: str) -> HttpResponse:
    """From the provider."""
    one, now, user = _provider(key), clock.now(), request.user
    try:
        claims, question = finish(request.session, one, request.GET.dict(), at=_seconds())
        there = _safe(request, str(question["next"]))
        if question["purpose"] == LINK:
            if not user.is_authenticated:
                raise NotAllowed("You are signed out by now. Sign in, then link again.")
            link(user, claims, one, actor=user, now=now)
            return HttpResponseRedirect(there)
        person = person_for(claims, one, now=now)
        method = SECOND if shows_second_factor(claims, one) else METHOD
        if question["purpose"] == AGAIN:
            if person.pk != user.pk:
                raise NotAllowed("This is somebody else's identity.")
            record_authentication(request, person, method, provider=one.key, reauthenticated=True)
            return HttpResponseRedirect(there)
    except PortalError as error:
        return _said(request, error)
    start_afresh(request)
    record_authentication(request, person, method, provider=one.key)
    answer: HttpResponse = perform_login(request, Login(user=person, redirect_url=there))
    return answer


def _said(request: HttpRequest, error: PortalError) -> HttpResponse:
    """What went wrong, with the way to begin again."""
    request.session.pop(QUESTION, None)
    return page(request, "front_door/not_signed_in.html", "You were not signed in", status=error.status, words=error.message)


def _provider(key: str) -> Provider:
    try:
        return provider(key)
    except NotFound as error:
        raise Http404 from error


def _safe(request: HttpRequest, there: str) -> str:
    return there if url_has_allowed_host_and_scheme(there, {request.get_host()}) else reverse("admin:index")


def _seconds() -> int:
    return int(clock.now().timestamp())
