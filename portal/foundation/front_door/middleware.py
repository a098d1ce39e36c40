"""Around the requests of browsers: the session's last sign, whoever still owes a second factor, and what is asked again."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect

from portal.foundation.apikit import problems
from portal.foundation.for_browsers import sends_a_token

from .stepping_up import SECOND, ask, asked_at, proofs_of, stepped_up

# Where somebody sets up what is missing, or leaves.
OPEN = ("/account/", "/admin/logout/", "/admin/login/")
OWED = "This account needs a second factor before anything else."


class FrontDoor:
    """Must stand after authentication, and before whatever shows or does something. Requests that bring a token pass it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not sends_a_token(request) and request.user.is_authenticated:
            request.session.touch()  # type: ignore[attr-defined]
            if settings.MFA_REQUIRED_FOR and not request.path.startswith(OPEN) and owes_second_factor(request):
                return _lead_to_it(request)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: dict[str, Any]) -> HttpResponse | None:
        match = request.resolver_match
        asked = asked_at(match.view_name, kwargs, request.method) if match else None
        if asked is None or not hasattr(request, "user") or not request.user.is_authenticated or stepped_up(request):
            return None
        return ask(request)


def owes_second_factor(request: HttpRequest) -> bool:
    """Whether this session was opened without a second factor by somebody who has to have one."""
    if any(proof["method"] == SECOND for proof in proofs_of(request.session, request.user)):
        return False
    from .factors import needs_factor

    return needs_factor(request.user)


def _lead_to_it(request: HttpRequest) -> HttpResponse:
    if request.path.startswith("/api/"):
        problem = problems.document(403, f"{OWED} Open {settings.PORTAL_URL}/account/ in a browser.", "second_factor_needed")
        return JsonResponse(problem, status=403, content_type=problems.MEDIA_TYPE)
    return redirect("front-door-set-up")
