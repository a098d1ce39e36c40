"""Around every request: whose it is, what was refused in it, and what is answered when the trail cannot be written."""

import logging
from collections.abc import Callable

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

from portal.foundation import clock, patience
from portal.foundation.apikit import problems

from .anchors import for_callers
from .elevation import looking
from .events import denials, looks, present
from .events.unwritable import BUSY, TrailUnavailable

logger = logging.getLogger(__name__)
Handler = Callable[[HttpRequest], HttpResponse]


class TrailMiddleware:
    """Must stand after authentication, and before whatever may refuse."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with denials.heard() as words, for_callers.heard() as receipts:
            before = looking.elevation_of(request)
            with present.answering(request):
                response = self.get_response(request)
            try:
                looks.tell_look(request, response, clock.now())
                looking.tell_look(request, response, before, clock.now())
            except OperationalError as error:
                # What somebody looks at as an auditor or in a role they took is not shown unless it is told.
                response = unavailable(request, error)
            denials.tell_denials(request, response, words, clock.now())
        if receipts and request.path.startswith("/api/"):
            response[for_callers.HEADER] = for_callers.as_header(receipts)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Nothing was changed: every change stands in one transaction with its event, and that is gone."""
        if not isinstance(exception, OperationalError):
            return None
        return unavailable(request, exception)


def unavailable(request: HttpRequest, exception: Exception) -> HttpResponse:
    """That the trail cannot be written now, or the database is busy. What is still to be told of the request does not wait again."""
    if patience.in_vain(exception):
        patience.spend()
    logger.error("%s %s was refused: %r", request.method, request.path, exception.__cause__ or exception)
    words = str(exception) if isinstance(exception, TrailUnavailable) else BUSY
    headers = {"Retry-After": "2", "Cache-Control": "no-store"}
    if request.path.startswith("/api/"):
        problem = problems.document(503, words, "trail_unavailable" if words != BUSY else "busy")
        return JsonResponse(problem, status=503, headers=headers, content_type=problems.MEDIA_TYPE)
    return HttpResponse(render_to_string("503.html", {"words": words}), status=503, headers=headers)
