"""Publishing a plan: from when, why, what changes in the next 90 days, whom it touches, and what to look at first."""

from datetime import datetime
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from policies.decisions.rota import Change
from policies.models import SchedulePlan
from policies.oncall.models import EARLIEST, LATEST
from policies.oncall.plan_content import problems_of
from policies.oncall.plans import plan_change, plan_warnings, publish_plan
from portal.foundation import clock
from portal.foundation.access.checks import may
from portal.foundation.errors import InvalidInput, PortalError

from .duty_calendar import schedule_address
from .duty_door import DutyDoor
from .duty_grid import colour_of, span
from .zoned import ZonedMoment

PUBLISH = "policies.publish_scheduleplan"
MOST_ROWS = 100


class PublishForm(forms.Form):
    """From when, why, and a tick for the warnings."""

    effective_from = ZonedMoment(label="Begins")
    reason = forms.CharField(
        label="Reason for this change",
        max_length=250,
        widget=UnfoldAdminTextInputWidget,
        help_text="One sentence. Everybody whose duty changes reads it.",
    )
    accept_warnings = forms.BooleanField(
        label="I have read the warnings; publish it all the same", required=False, widget=UnfoldBooleanWidget
    )

    def __init__(self, data: Any, *, zone: str, warnings: bool) -> None:
        super().__init__(data)
        # What was wrong with a start that was only to be shown.
        self.start_problems: list[str] = []
        begins: Any = self.fields["effective_from"]
        begins.place_in(zone, None)
        begins.help_text = f"Day and time in {zone}. Empty: at once."
        if not warnings:
            del self.fields["accept_warnings"]

    def clean_effective_from(self) -> datetime | None:
        begins: datetime | None = self.cleaned_data["effective_from"]
        if begins is not None and not EARLIEST.year <= begins.year <= LATEST.year:
            raise forms.ValidationError(f"Choose a year up to {LATEST.year}.")
        return begins


class PublishView(DutyDoor):
    """GET shows what would change were it published now; POST publishes."""

    title = "Publish this plan"
    button = "Publish and tell them"

    def allowed(self, request: HttpRequest, thing: Any) -> bool:
        if thing is None or thing.state != SchedulePlan.State.DRAFT:
            raise Http404
        return may(request.user, PUBLISH, thing)

    def post(self, request: HttpRequest, object_id: int = 0) -> HttpResponse:
        """'Show what changes' publishes nothing: the same page with the start that was typed."""
        if "_show" not in request.POST:
            return super().post(request, object_id)
        plan = self._thing(request, object_id)
        typed = self.form(request, plan, request.POST)
        shown = self.form(request, plan, None)
        shown.initial = {"reason": request.POST.get("reason", "")[:250], "effective_from": _begins(request, plan)}
        shown.start_problems = [str(problem) for problem in typed.errors.get("effective_from", [])]
        return self._page(request, plan, shown, 400 if shown.start_problems else 200)

    def form(self, request: HttpRequest, thing: SchedulePlan, data: Any) -> PublishForm:
        return PublishForm(data, zone=thing.time_zone, warnings=bool(_warnings(thing, _begins(request, thing), clock.now())))

    def run(self, request: HttpRequest, thing: Any, form: forms.Form, now: datetime) -> SchedulePlan:
        data = form.cleaned_data
        return publish_plan(
            thing, actor=request.user, now=now, reason=data["reason"], effective_from=data["effective_from"],
            accept_warnings=bool(data.get("accept_warnings")),
        )  # fmt: skip

    def refused(self, form: forms.Form, error: PortalError) -> None:
        """The warnings stand on the page already."""
        if isinstance(error, InvalidInput) and "accept_warnings" in error.fields:
            if "accept_warnings" not in form.fields:
                form.fields["accept_warnings"] = PublishForm.base_fields["accept_warnings"]
            form.add_error("accept_warnings", error.message)
            return
        super().refused(form, error)

    def done(self, thing: Any, outcome: Any) -> str:
        return f"Published. It counts from {span(outcome.effective_from, outcome.effective_from, outcome.time_zone).split(' to ')[0]} on."

    def back(self, thing: Any) -> str:
        return schedule_address(thing.schedule)

    def words(self, request: HttpRequest, thing: SchedulePlan, form: Any) -> dict[str, Any]:
        now = clock.now()
        begins = _begins(request, thing)
        change = plan_change(thing, begins, now)
        people = [person.name for person in change.people]
        told = f"{', '.join(people)} {'is' if len(people) == 1 else 'are'} told." if people else "Nobody's duty changes, so nobody is told."
        return {
            "wide": True,
            "first_line": f"{thing}: what changes in the 90 days from its start.",
            "consequence": f"A published plan never changes. {told}",
            "above": "policies/duty_publish.html",
            "plan": thing,
            "change_rows": [_row(each, thing.time_zone) for each in change.changes[:MOST_ROWS]],
            "changes_left_out": max(len(change.changes) - MOST_ROWS, 0),
            "people": people,
            "from_to": span(change.since, change.until, thing.time_zone),
            "warnings": _warnings(thing, begins, now),
            "problems": [text for _, text in problems_of(thing)] + form.start_problems,
            "page": self.model_admin.page_of(thing),
            "start": form["effective_from"],
            "always_asked": (),
        }


def _begins(request: HttpRequest, plan: SchedulePlan) -> datetime | None:
    """The start that was typed, if it can be one."""
    form = PublishForm({**request.POST.dict(), "reason": "-"}, zone=plan.time_zone, warnings=False)
    begins: datetime | None = form.cleaned_data["effective_from"] if form.is_valid() else None
    return begins


def _warnings(plan: SchedulePlan, begins: datetime | None, now: datetime) -> list[str]:
    return plan_warnings(plan, begins, now) if plan.layers.exists() else []


def _row(change: Change, zone: str) -> dict[str, Any]:
    return {
        "when": span(change.since, change.until, zone),
        "before": change.before.name if change.before else "nobody",
        "after": change.after.name if change.after else "nobody",
        "before_colour": colour_of(change.before),
        "after_colour": colour_of(change.after),
        "opens": change.after is None,
    }
