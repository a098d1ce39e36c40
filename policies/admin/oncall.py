"""On-call schedules: who is on call now, who is next."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html

from policies.decisions.rota import duty_at
from policies.models import OnCallSchedule
from policies.oncall.queries import now_and_next, rotas
from portal.foundation import clock
from portal.foundation.adminkit.bases import GovernedAdmin
from portal.foundation.adminkit.moments import moment

HANDOVERS_SHOWN = 6


@admin.register(OnCallSchedule)
class OnCallScheduleAdmin(GovernedAdmin):
    list_display = ("name", "team", "now_on_call", "until", "zone")
    list_filter = ("team",)
    list_select_related = ("team",)
    search_fields = ("name", "team__name")
    page_template = "policies/oncall_panels.html"
    fieldsets = ((None, {"fields": (("name", "team"), "order", "description")}),)
    empty_list = "A schedule says who is on call when: a rotation of people with a hand-over at a local time. Levels of a policy alert it."

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        listed = super().get_changelist_instance(request)
        now = clock.now()
        snapshots = rotas(listed.result_list, now)
        for schedule in listed.result_list:
            rota = snapshots[schedule.pk]
            schedule.duty, schedule.planned_in, schedule.seen_at = duty_at(rota, now), rota.zone_at(now), now
        return listed

    @admin.display(description="On call now")
    def now_on_call(self, schedule: Any) -> str:
        return schedule.duty.person_name if schedule.duty else "nobody"

    @admin.display(description="Until")
    def until(self, schedule: Any) -> str:
        return moment(schedule.duty.until, schedule.seen_at, empty="further notice") if schedule.duty else "–"

    @admin.display(description="Time zone")
    def zone(self, schedule: Any) -> str:
        return str(schedule.planned_in)

    def first_line(self, schedule: Any, now: datetime) -> str:
        current, following = now_and_next(schedule, now, 1)
        then = format_html("; then {}", following[0].person_name) if following else ""
        if current is None:
            start = (
                format_html(", until {} takes over on {}", following[0].person_name, moment(following[0].since, now)) if following else ""
            )
            return format_html("Nobody is on call{}.", start)
        until = moment(current.until, now, empty="further notice")
        return format_html("{} is on call until {}{}.", current.person_name, until, then)

    def page_context(self, request: HttpRequest, schedule: Any, now: datetime) -> dict[str, Any]:
        current, following = now_and_next(schedule, now, HANDOVERS_SHOWN)
        duties = ([current] if current else []) + following
        return {
            "duties": [(duty, moment(duty.since, now, empty="always"), moment(duty.until, now, empty="further notice")) for duty in duties],
            "on_call_now": current,
        }
