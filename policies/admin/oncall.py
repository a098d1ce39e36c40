"""On-call schedules: who is on call now, who is next, the calendar, and the way to a change."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils.html import format_html

from policies.decisions.rota import duty_at, upcoming
from policies.models import OnCallSchedule, SchedulePlan
from policies.oncall.calendars.source_services import may_import
from policies.oncall.plans import draft_plan
from policies.oncall.queries import rotas
from portal.foundation import clock
from portal.foundation.adminkit.bases import GovernedAdmin
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.verbs import Verb

from .duty_calendar import calendar_panel
from .duty_override import OverrideView, standing_in
from .duty_plan_words import plan_address, plan_rows
from .duty_swap import AskSwapView
from .duty_upcoming import now_and_next_panel
from .duty_warnings import coverage_in_words, list_warnings, schedule_warnings

DRAFT = SchedulePlan.State.DRAFT


@admin.register(OnCallSchedule)
class OnCallScheduleAdmin(GovernedAdmin):
    list_display = ("name", "team", "now_on_call", "until", "zone", "ahead")
    list_filter = ("team",)
    list_select_related = ("team", "coverage")
    list_before_template = "policies/duty_list_top.html"
    search_fields = ("name", "team__name")
    page_template = "policies/oncall_panels.html"
    fieldsets = ((None, {"fields": (("name", "team"), "order", "description")}),)
    empty_list = (
        "A schedule says who is on call when: people take turns, with a hand-over at a local time. Levels of a policy alert it. Add one, "
        "then plan its first layer and publish the plan."
    )
    verbs = (
        Verb(
            key="draft",
            label="Plan a change",
            run=draft_plan,
            permission="policies.change_oncallschedule",
            need="nothing",
            possible=lambda schedule: not _draft(schedule),
            done="The draft is open, a copy of the plan that begins last. Nothing changes until you publish it.",
            back_to=lambda schedule, plan: plan_address(plan),
        ),
    )

    class Media:
        css = {"all": ("portal/duty.css",)}

    def get_urls(self) -> list[URLPattern]:
        doors = {"override": OverrideView, "swap": AskSwapView}
        own = [
            path(
                f"<int:object_id>/{name}/",
                self.admin_site.admin_view(view.as_view(model_admin=self)),
                name=f"policies_oncallschedule_{name}",
            )
            for name, view in doors.items()
        ]
        return [*own, *super().get_urls()]

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

    @admin.display(description="Next 90 days")
    def ahead(self, schedule: Any) -> str:
        return coverage_in_words(schedule)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        answer: HttpResponse = super().changelist_view(request, {**list_warnings(clock.now()), **(extra_context or {})})
        return answer

    def first_line(self, schedule: Any, now: datetime) -> str:
        rota = _rota(schedule, now)
        current, following = duty_at(rota, now), upcoming(rota, now, 1)
        then = format_html("; then {}", following[0].person_name) if following else ""
        if current is None:
            start = (
                format_html(", until {} takes over on {}", following[0].person_name, moment(following[0].since, now)) if following else ""
            )
            return format_html("Nobody is on call{}.", start)
        until = moment(current.until, now, empty="further notice")
        return format_html("{} is on call until {}{}.", current.person_name, until, then)

    def links(self, request: HttpRequest, schedule: Any) -> list[tuple[str, str, str]]:
        draft = _draft(schedule)
        found = [("Open the draft", plan_address(draft), "primary")] if draft else []
        found += _shift_hand_over(schedule)
        found.append(("In my calendar", f"{reverse('admin:policies_calendarfeed_add')}?schedule={schedule.pk}", "default"))
        if may_import(request.user, schedule, None):
            found.append(("Bring in a calendar", f"{reverse('admin:policies_calendarsource_add')}?schedule={schedule.pk}", "default"))
        return found

    def page_context(self, request: HttpRequest, schedule: Any, now: datetime) -> dict[str, Any]:
        return {
            **now_and_next_panel(schedule, _rota(schedule, now), request.user, now),
            **calendar_panel(schedule, request.GET, request.user, now),
            **standing_in(schedule, request.user, now),
            **schedule_warnings(schedule, _rota(schedule, now), now),
            "plans": plan_rows(schedule, now),
        }

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        answer = super().render_change_form(request, context, **kwargs)
        if context.get("period_problem") and request.method == "GET":
            answer.status_code = 400
        return answer


def _shift_hand_over(schedule: Any) -> list[tuple[str, str, str]]:
    """The page where shifts are handed over, which others make; a link appears once it is there."""
    try:
        return [("Shift hand-over", f"{reverse('admin:incidents_handoff_shift')}?schedule={schedule.pk}", "default")]
    except NoReverseMatch:
        return []


def _draft(schedule: Any) -> SchedulePlan | None:
    """Asked several times while one page is made; looked up once."""
    if "open_draft" not in schedule.__dict__:
        schedule.open_draft = SchedulePlan.objects.filter(schedule=schedule, state=DRAFT).first()
    found: SchedulePlan | None = schedule.open_draft
    return found


def _rota(schedule: Any, now: datetime) -> Any:
    """The same, for who is on call."""
    known = schedule.__dict__.get("seen_rota")
    if known is None or known[0] != now:
        known = schedule.seen_rota = (now, rotas([schedule], now)[schedule.pk])
    return known[1]
