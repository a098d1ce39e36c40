"""The door of calendar feeds: /calendars/TOKEN.ics. The token is the key, so nobody signs in here."""

import ipaddress
import re

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from policies.oncall.calendars.feed_services import feed_of, may_read_again, next_day, note_access
from policies.oncall.calendars.feeds import etag, text_of
from portal.foundation import clock

_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")


@csrf_exempt
@require_safe
def calendar_feed(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar behind `token`; 304 when the reader has it already, 404 when there is none (any more), 429 when read too often."""
    now = clock.now()
    feed = feed_of(token)
    if feed is None:
        return HttpResponse("There is no calendar at this address. It may have been revoked.\n", status=404, content_type="text/plain")
    if not may_read_again(feed, now):
        said = "This calendar was read too often today. Let your program look once an hour.\n"
        return HttpResponse(said, status=429, content_type="text/plain", headers={"Retry-After": str(next_day(now))})
    note_access(feed, address=_address(request), program=_UNPRINTABLE.sub("?", request.META.get("HTTP_USER_AGENT", "")), now=now)
    text = text_of(feed, now)
    tag = etag(text)
    known = get_conditional_response(request, etag=tag)
    answer = known if isinstance(known, HttpResponseNotModified) else HttpResponse(text, content_type="text/calendar; charset=utf-8")
    answer["ETag"] = tag
    answer["Cache-Control"] = "private, max-age=300"
    answer["Date"] = http_date(now.timestamp())
    if answer.status_code == 200:
        answer["Content-Disposition"] = 'inline; filename="on-call.ics"'
    return answer


def _address(request: HttpRequest) -> str:
    try:
        return str(ipaddress.ip_address(request.META.get("REMOTE_ADDR", "").split("%")[0]))
    except ValueError:
        return ""
