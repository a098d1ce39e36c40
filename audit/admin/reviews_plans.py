"""Plans of reviews: what is looked at, how often, how much of it, by whom, and who hears when nobody does."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from unfold.widgets import UnfoldAdminTextareaWidget

from audit.models import ReviewPlan
from audit.reading.models import SavedView
from audit.reviews.models import validate_types
from audit.reviews.periods import Rhythm, end_after
from audit.reviews.plans import CHANGE, LISTS, ROW, change_plan, make_plan, retire_plan
from audit.reviews.queries import asked_of
from portal.foundation import clock, words
from portal.foundation.adminkit.bases import GovernedAdmin, GovernedForm
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.verbs import Verb

LAST_PERIODS = 10


class PlanForm(GovernedForm):
    """The plan's fields, the types that are always looked at as people write them."""

    always = forms.CharField(
        label="Always look at",
        required=False,
        max_length=1_000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="Types of events that a sample always includes, with commas between them, such as access.denied, hold.lifted.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["always"] = ", ".join(self.instance.always or [])
        if "view" in self.fields:
            views = SavedView.objects.filter(is_shared=True, retired_at=None)
            if self.instance.pk:
                views |= SavedView.objects.filter(pk=self.instance.view_id)
            self.fields["view"].queryset = views.order_by("name")  # type: ignore[attr-defined]
            self.fields["view"].help_text = "A shared view of the audit trail. Each review keeps the version that it was opened with."

    def clean_always(self) -> list[str]:
        types = sorted({part.strip() for part in self.cleaned_data["always"].split(",") if part.strip()})
        validate_types(types)
        return types

    def clean_number(self) -> int:
        return self.cleaned_data.get("number") or 0


@admin.register(ReviewPlan)
class ReviewPlanAdmin(GovernedAdmin):
    form = PlanForm
    list_display = ("name", "view", "rhythm", "how_much", "owner", "state_shown")
    list_select_related = ("view", "owner")
    list_filter = ("state", "rhythm")
    search_fields = ("name", "view__name")
    page_template = "audit/review_plan.html"
    add_words = "Add a plan"
    empty_list = (
        "A plan says which part of the audit trail is reviewed how often and by whom. Keep a view of the trail first and share it; then add a plan "
        "for it. Its reviews open by themselves."
    )
    fieldsets = (
        ("What is looked at", {"fields": ["name", "view", "rhythm", "time_zone", "first_day"]}),
        ("How much of it", {"fields": ["selection", "number", "always", "rationale"]}),
        ("By whom, until when", {"fields": ["reviewers", "group", "second_signature", "due_within", "owner", "tell"]}),
    )
    verbs = (
        Verb(
            key="retire",
            label="Retire the plan",
            run=retire_plan,
            permission=CHANGE,
            possible=lambda plan: plan.is_in_force,
            look="danger",
            consequence="No more reviews open by it. Those that are open are still to be judged and signed.",
            ask="Why is nothing reviewed by it any more, and what takes its place?",
            done="Retired.",
        ),
    )

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        told: dict[str, Any] = super().get_changeform_initial_data(request)
        return {"first_day": clock.now().date(), "owner": request.user.pk, **told}

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_change_permission(request, obj)) and (obj is None or obj.is_in_force)

    def save_model(self, request: HttpRequest, obj: ReviewPlan, form: Any, change: bool) -> None:
        wanted = {name: form.cleaned_data[name] for name in (*ROW, *LISTS)}
        told: dict[str, Any] = {"actor": request.user, "now": request.portal_now, "reason": request.portal_why}  # type: ignore[attr-defined]
        made = change_plan(obj, wanted, **told) if change else make_plan(wanted, **told)
        obj.__dict__.update(made.__dict__)

    @admin.display(description="How much", ordering="selection")
    def how_much(self, plan: Any) -> str:
        return str(plan.rule.in_words())

    @admin.display(description="Is", ordering="state")
    def state_shown(self, plan: Any) -> str:
        return str(plan.get_state_display())

    def first_line(self, plan: Any, now: datetime) -> str:
        if not plan.is_in_force:
            return "Retired: no more reviews open by it."
        return (
            f"{plan.rhythm.capitalize()}, {plan.rule.in_words()} of '{plan.view}', signed within {words.counted(plan.due_within, 'day')}."
        )

    def links(self, request: HttpRequest, plan: Any) -> list[tuple[str, str, str]]:
        return [("See its reviews", f"{reverse('admin:audit_reviewperiod_changelist')}?plan__id__exact={plan.pk}", "default")]

    def page_context(self, request: HttpRequest, plan: Any, now: datetime) -> dict[str, Any]:
        last = list(plan.periods.order_by("-since")[:LAST_PERIODS])
        begin = last[0].until if last else plan.begins_at
        return {
            "last": last,
            "next_at": moment(end_after(Rhythm(plan.rhythm), begin, plan.zone), now) if plan.is_in_force else "",
            "asked": asked_of(plan),
            "version": plan.view.current,
        }
