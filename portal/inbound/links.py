"""The door of the links in messages: /answer/TOKEN/. The token is the key, so nobody signs in here."""

from csp.constants import NONE, SELF
from csp.decorators import csp
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from portal.foundation import clock
from portal.foundation.answers.links import Opened, open_link, press

# The page is its own form and nothing else: no script, nowhere else to send it.
POLICY = {
    "default-src": [NONE],
    "style-src": [SELF],
    "img-src": [SELF],
    "form-action": [SELF],
    "base-uri": [NONE],
    "frame-ancestors": [NONE],
}


@csrf_exempt
@csp(POLICY)  # type: ignore[arg-type]
@require_http_methods(["GET", "HEAD", "POST"])
def answer_page(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks, POST acts. Exempt from the check against forged forms: who knows the token may act, and no cookie adds to that."""
    now = clock.now()
    opened = open_link(token, now=now)
    if request.method != "POST":
        return _page(request, opened, opened.words, opened.status, done=False)
    told = press(opened, now=now)
    return _page(request, opened, told.words, told.status, done=told.done)


def _page(request: HttpRequest, opened: Opened, words: str, status: int, *, done: bool) -> HttpResponse:
    asks = opened.waits and request.method != "POST"
    shown = {"opened": opened, "words": words, "done": done, "asks": asks, "person": opened.message and opened.message.person}
    answer = render(request, "portal/answer.html", shown, status=status)
    answer["Cache-Control"] = "no-store"
    # The address is the key: it must not travel on to the next page.
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex"
    return answer
