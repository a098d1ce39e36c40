"""Duty of a team that follows the sun: its schedules taken together, in their order, and what none of them covers."""

from datetime import datetime, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views import View

from policies.decisions.rota import Slot
from policies.models import Service, Team
from policies.oncall.queries import Planned
from policies.oncall.who import OnCall, following_the_sun, on_call_of_services, on_call_of_teams, plans_of_teams
from portal.foundation import clock
from portal.foundation.access.checks import may
from portal.foundation.adminkit.moments import moment

from .duty_calendar import reader_zone
from .duty_grid import AROUND, colour_of, span
from .duty_period import asked_period

VIEW = "policies.view_oncallschedule"
AHEAD, MOST_ROWS, MOST_GAPS = timedelta(days=90), 200, 10


def on_call_line(found: OnCall, now: datetime) -> dict[str, Any]:
    """Who is on call, until when and why, for a page's panel."""
    schedule = reverse("admin:policies_oncallschedule_change", args=[found.schedule_id]) if found.schedule_id else ""
    return {
        "who": found.person.name if found.person else "Nobody",
        "gap": found.person is None,
        "until": moment(found.until, now, empty="further notice"),
        "why": found.why,
        "schedule": found.schedule,
        "page": schedule,
        "behind": [backup.name for backup in found.backups],
    }


def service_duty(service: Service, actor: Any, now: datetime) -> dict[str, Any]:
    """Who is on call for a service now; nothing for those who may not see schedules."""
    return {"service_on_call": on_call_line(on_call_of_services([service], now)[service.pk], now)} if may(actor, VIEW) else {}


def team_duty(team: Team, actor: Any, now: datetime) -> dict[str, Any]:
    """The same for a team, with the way to its whole duty."""
    if not may(actor, VIEW):
        return {}
    found = on_call_line(on_call_of_teams([team], now)[team.pk], now)
    return {"team_on_call": found, "team_duty": reverse("admin:policies_team_duty", args=[team.pk])}


class TeamDutyView(View):
    """`?from=…&to=…`: who is on duty for the team, whichever of its schedules it comes from."""

    model_admin: Any = None

    def get(self, request: HttpRequest, object_id: int) -> HttpResponse:
        team = self.model_admin.get_object(request, str(object_id))
        if team is None or not may(request.user, VIEW):
            raise Http404
        now = clock.now()
        period, problem = asked_period({**request.GET.dict(), "view": "table"}, reader_zone(), now)
        plans = plans_of_teams([team.pk], min(period.since - AROUND, now)).get(team.pk, [])
        around = following_the_sun(plans, period.since - AROUND, period.until + AROUND)
        found = [part for part in around if part[0].until > period.since and part[0].since < period.until]
        ahead = [slot for slot, _ in following_the_sun(plans, now, now + AHEAD) if slot.person is None] if plans else []
        context = {
            **self.model_admin.admin_site.each_context(request),
            "opts": self.model_admin.opts,
            "original": team,
            "title": f"Duty of {team}",
            "media": self.model_admin.media,
            "first_line": _first_line(team, plans, now),
            "plans": [_plan_row(plan) for plan in plans],
            "rows": [_row(slot, plan, period.zone) for slot, plan in found[:MOST_ROWS]] if plans else [],
            "left_out": max(len(found) - MOST_ROWS, 0),
            "gaps": [span(slot.since, slot.until, period.zone) for slot in ahead[:MOST_GAPS]],
            "gaps_left_out": max(len(ahead) - MOST_GAPS, 0),
            "period": period,
            "period_last": period.end - timedelta(days=1),
            "period_problem": problem,
            "page": self.model_admin.page_of(team),
        }
        return render(request, "policies/duty_team.html", context, status=400 if problem else 200)


def _first_line(team: Team, plans: list[Planned], now: datetime) -> str:
    if not plans:
        return f"{team} has no schedule, so nobody is ever on call for it."
    slot, plan = following_the_sun(plans, now, now + timedelta(minutes=1))[0]
    if slot.person is None or plan is None:
        return f"Nobody is on call for {team} now."
    return f"{slot.person.name} is on call for {team} now, by {plan.name}."


def _plan_row(plan: Planned) -> dict[str, Any]:
    page = reverse("admin:policies_oncallschedule_change", args=[plan.schedule_id])
    zone = plan.rota.plans[-1].time_zone if plan.rota.plans else "no plan yet"
    return {"name": plan.name, "page": page, "order": plan.order, "zone": zone}


def _row(slot: Slot, plan: Planned | None, zone: str) -> dict[str, Any]:
    there = plan.rota.zone_at(slot.since) if plan else zone
    when, local = span(slot.since, slot.until, zone), span(slot.since, slot.until, there)
    return {
        "who": slot.person.name if slot.person else "Nobody",
        "gap": slot.person is None,
        "colour": colour_of(slot.person),
        "when": when,
        "there": f"{local} ({there})" if local != when else "",
        "schedule": plan.name if plan else "–",
        "why": " ".join((slot.why, *slot.passed)),
    }
