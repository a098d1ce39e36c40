"""Telling the browser that what it kept of a form is saved now, so that it can forget it. The keeping itself is static/portal/keep.js."""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

FIELD, COOKIE = "_keep", "saved_form"
_TOKEN = re.compile(r"[0-9a-f]{32}", re.ASCII)
# Long enough for the page that follows to load.
SECONDS = 300


class KeptFormsMiddleware:
    """A form that was sent by somebody signed in and answered by going on somewhere is saved: its token goes back as a cookie."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method == "POST" and response.status_code == 302 and request.user.is_authenticated:
            token = request.POST.get(FIELD, "")
            if _TOKEN.fullmatch(token):
                # Read by the script, so not HttpOnly; it says nothing and opens nothing.
                response.set_cookie(COOKIE, token, max_age=SECONDS, samesite="Lax", secure=request.is_secure())
        return response
