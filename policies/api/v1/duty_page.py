"""The door of the small pages: a token in the address, no signing in, nothing to click, nothing but names and times."""

from datetime import datetime, timedelta
from typing import Any

from csp.decorators import csp_replace
from django.conf import settings
from django.core.cache import cache
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from policies.models import DutyPage
from policies.oncall.duty_pages.services import opened
from policies.oncall.queries import NO_TIME, Planned, planned
from policies.oncall.who import following_the_sun, on_call_of_schedules, on_call_of_services, on_call_of_teams, plans_of_teams
from portal.foundation import clock
from portal.foundation.adminkit.moments import moment, written

# A frame on a busy page is loaded by many at once; half a minute late is soon enough for people who look.
KEPT_SECONDS = 30
AHEAD, MOST_NEXT = timedelta(days=60), 3


@require_safe
@xframe_options_exempt
@csp_replace({"frame-ancestors": settings.DUTY_PAGE_FRAME_ANCESTORS, "script-src": ["'none'"]})  # type: ignore[arg-type]
def duty_page(request: HttpRequest, token: str) -> HttpResponse:
    """Who is on call now and next; 404 for a token that opens nothing, as for one that never did."""
    now = clock.now()
    page = opened(token, now=now)
    if page is None:
        raise Http404
    body = cache.get_or_set(f"duty-page:{page.pk}", lambda: _body(request, page, now), KEPT_SECONDS)
    answer = HttpResponse(body)
    answer["Cache-Control"] = f"private, max-age={KEPT_SECONDS}"
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex"
    return answer


def _body(request: HttpRequest, page: DutyPage, now: datetime) -> bytes:
    about = page.about
    plans = _plans(page, now)
    zone = plans[0].rota.zone_at(now) if plans else "UTC"
    answers: Any = on_call_of_schedules if page.schedule else on_call_of_teams if page.team else on_call_of_services
    answer = answers([about], now)[about.pk]
    view = following_the_sun(plans, now, now + AHEAD)
    ahead = [slot for slot, _ in view if slot.since > now and slot.person is not None]
    with timezone.override(zone):
        following = [(slot.person.name, moment(slot.since, now), moment(slot.until, now)) for slot in ahead[:MOST_NEXT] if slot.person]
        until = moment(answer.until, now, empty="further notice")
        shown = {"about": about, "answer": answer, "until": until, "following": following, "zone": zone, "as_of": written(now)}
        return render(request, "policies/duty_page.html", shown).content


def _plans(page: DutyPage, now: datetime) -> list[Planned]:
    if page.schedule_id:
        return planned(Q(pk=page.schedule_id), now, back=NO_TIME)
    team = page.team_id or (page.service.team_id if page.service else None)
    return plans_of_teams([team], now).get(team, []) if team else []
