"""Change requests: what they touch, when they happened, and whether they may begin."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.widgets import UnfoldAdminTextInputWidget

from incidents.changes import services
from incidents.changes.queries import against_when_it_began, may_change_start
from incidents.changes.services import Plan
from incidents.models import ChangeRequest
from portal.foundation import clock
from portal.foundation.access.checks import may
from portal.foundation.adminkit.bases import GovernedAdmin
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.verbs import Verb

PLAN = ("title", "kind", "services", "planned_start", "planned_end")


class WhenForm(forms.Form):
    """When it happened."""

    at = forms.DateTimeField(
        label="When",
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"type": "datetime-local", "step": "1"}),
        help_text="In your own time zone. Empty: now.",
    )


class StandingFilter(admin.SimpleListFilter):
    title = "course"
    parameter_name = "is"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("planned", "not begun"), ("running", "running"), ("over", "ended"), ("approved", "approved as an emergency")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = {
            "planned": Q(started_at=None),
            "running": Q(started_at__isnull=False, ended_at=None),
            "over": Q(ended_at__isnull=False),
            "approved": Q(approved_at__isnull=False),
        }
        return queryset.filter(chosen.get(self.value() or "", Q()))


@admin.register(ChangeRequest)
class ChangeRequestAdmin(GovernedAdmin):
    """Requests for change: what they touch and when, whether they may begin, and the incidents that they resolve or caused."""

    list_display = ("number", "title", "kind_shown", "planned", "began", "over", "source_system")
    list_filter = (StandingFilter, ("kind", ChoicesDropdownFilter), ("services", RelatedDropdownFilter))
    list_filter_submit = True
    search_fields = ("number", "title")
    show_full_result_count = False
    fieldsets = (
        (None, {"fields": ("number", "title", "kind", "services")}),
        ("When it is to happen", {"fields": ("planned_start", "planned_end")}),
    )
    autocomplete_fields = ("services",)
    actions = None
    page_template = "incidents/change.html"
    empty_list = (
        "No change request yet. Change tools record them over the API, and people here: with the services that it touches, the portal says "
        "whether a freeze stands against it."
    )
    verbs = (
        Verb(
            key="begin",
            label="It began",
            run=services.begin_change,
            permission=services.CHANGE,
            need="perhaps words",
            form=WhenForm,
            possible=lambda change: change.started_at is None,
            look="primary",
            consequence="The time stays as you tell it, with what the change touches and its plan. If a freeze covers it and nobody approved it as an "
            "emergency before, that is shown in the quarterly review with your words.",
            ask="If a freeze covers it: why it could not wait. Else it may stay empty.",
            done="Recorded.",
        ),
        Verb(
            key="end",
            label="It ended",
            run=services.end_change,
            permission=services.CHANGE,
            need="perhaps words",
            form=WhenForm,
            possible=lambda change: change.started_at is not None and change.ended_at is None,
            look="primary",
            consequence="Done or backed out, it is over. The time stays as you tell it.",
            ask="How it ended. May stay empty.",
            done="Recorded.",
        ),
        Verb(
            key="approve",
            label="Approve as an emergency",
            run=services.approve_emergency,
            permission=services.APPROVE,
            possible=lambda change: change.approved_at is None and change.ended_at is None and change.requested_by_id is not None,
            look="danger",
            consequence="It may begin although changes are frozen, from now on, and is an emergency change from then on. Your name and your words "
            "stay with it and cannot be taken back.",
            ask="Why can it not wait until the freeze is over?",
            done="Approved. It may begin.",
        ),
    )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_change_permission(request, obj)) and (obj is None or obj.started_at is None)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*super().get_readonly_fields(request, obj), *(("number",) if obj is not None else ()))

    def may_use(self, request: HttpRequest, verb: Verb, thing: Any) -> bool:
        """Nobody is led to a page that refuses them: one's own emergency somebody else approves."""
        return may(request.user, verb.permission, thing) and (verb.key != "approve" or thing.requested_by_id != request.user.pk)

    def save_model(self, request: HttpRequest, obj: ChangeRequest, form: Any, change: bool) -> None:
        plan = Plan(**{name: form.cleaned_data[name] for name in PLAN})
        told: dict[str, Any] = {"actor": request.user, "now": request.portal_now, "reason": request.portal_why}  # type: ignore[attr-defined]
        made = services.plan_anew(obj, plan, **told) if change else services.record_change(form.cleaned_data["number"], plan, **told)
        obj.__dict__.update(made.__dict__)

    def first_line(self, thing: ChangeRequest, now: datetime) -> str:
        if thing.ended_at is not None:
            return "It is over."
        if thing.started_at is not None:
            return "It has begun, and its end is not on record yet."
        return " ".join(may_change_start(thing, now).reasons)

    def page_context(self, request: HttpRequest, thing: ChangeRequest, now: datetime) -> dict[str, Any]:
        frozen = against_when_it_began(thing) if thing.started_at is not None else ()
        links = thing.incident_links.select_related("incident").order_by("-pk")[:20]
        return {
            "began": moment(thing.started_at, now, empty=""),
            "ended": moment(thing.ended_at, now),
            "approved": moment(thing.approved_at, now, empty=""),
            "in_time": thing.approved_at is not None and thing.started_at is not None and thing.approved_at <= thing.started_at,
            "frozen": [(freeze.key, freeze.in_words()) for freeze in frozen],
            "may_see_freezes": may(request.user, "incidents.view_changefreeze"),
            "incidents": [
                (link.incident, link.get_relation_display())
                for link in links
                if may(request.user, "incidents.view_incident", link.incident)
            ],
        }

    @admin.display(description="Kind", ordering="kind")
    def kind_shown(self, change: ChangeRequest) -> str:
        return f"{change.get_kind_display()}, approved" if change.approved_at is not None else change.get_kind_display() or "not known"

    @admin.display(description="Planned", ordering="planned_start")
    def planned(self, change: ChangeRequest) -> str:
        return moment(change.planned_start, clock.now(), empty="not known")

    @admin.display(description="Began", ordering="started_at")
    def began(self, change: ChangeRequest) -> str:
        return moment(change.started_at, clock.now())

    @admin.display(description="Ended", ordering="ended_at")
    def over(self, change: ChangeRequest) -> str:
        return moment(change.ended_at, clock.now())
