"""Breaking the glass: taking a role for minutes, ending it, and reviewing what others took."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from audit.duties.holdings import words_of_rights
from audit.elevation.guards import LONGEST_MINUTES
from audit.elevation.services import REVIEW, end_elevation, review_elevation, roles_to_take, start_elevation
from audit.models import Elevation
from portal.foundation import clock, words
from portal.foundation.access.checks import may
from portal.foundation.access.elevated import MAY_ELEVATE
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.verbs import Verb

from .by_verbs import OneFormView
from .duties import badge
from .retention import OnlyByVerbs


class TakeForm(forms.Form):
    """Which role, for how long, and why."""

    role = forms.ChoiceField(widget=UnfoldAdminSelectWidget())
    minutes = forms.IntegerField(
        label="For how many minutes",
        min_value=1,
        max_value=LONGEST_MINUTES,
        initial=30,
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text=f"At most {LONGEST_MINUTES}. It ends by itself; end it sooner when you are done.",
    )
    reason = forms.CharField(
        label="In your words",
        max_length=2_000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="What cannot wait, and for whom? Others read it at once, and it stays in the audit trail.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [(role.key, f"{role.title}: {role.purpose}") for role in roles_to_take()]  # type: ignore[attr-defined]


class VerdictForm(forms.Form):
    """Whether it was justified."""

    verdict = forms.ChoiceField(label="It was", choices=[("", "Choose"), *Elevation.Verdict.choices], widget=UnfoldAdminSelectWidget())


class TakeView(OneFormView):
    """Breaking the glass."""

    right, title, button = MAY_ELEVATE, "Break the glass", "Take the role now"
    first_line = (
        "You get a role that you do not have, at once, for an hour at most. For when something cannot wait and nobody who may is there."
    )
    consequence = (
        "Compliance and the approvers are told at once, with your words. Every page you look at and everything you do is marked in the audit "
        "trail, and somebody else reviews it afterwards. Approvals and other second pairs of eyes stay with others."
    )

    def form(self, request: HttpRequest, data: Any = None) -> forms.Form:
        return TakeForm(data)

    def run(self, request: HttpRequest, said: dict[str, Any]) -> Any:
        return start_elevation(said.pop("role"), actor=request.user, now=clock.now(), **said)


@admin.register(Elevation)
class ElevationAdmin(OnlyByVerbs):
    list_display = ("who", "role_shown", "started", "lasts", "state_shown", "review_shown")
    list_select_related = ("person", "reviewed_by", "ended_by")
    list_filter = ("verdict", ("reviewed_at", admin.EmptyFieldListFilter))
    search_fields = ("person__display_name", "reason")
    page_template = "audit/elevation.html"
    fields = ("who", "role_shown", "started", "lasts", "ended_by", "review_shown", "reviewed_by", "review_note")
    readonly_fields = fields
    add_words = "Break the glass"
    empty_list = (
        "Nobody ever broke the glass. Whoever may takes a role for an hour at most when something cannot wait: others are told at once, "
        "everything is marked in the trail, and somebody else reviews it."
    )
    verbs = (
        Verb(
            key="end",
            label="End it now",
            run=end_elevation,
            permission="audit.view_elevation",
            need="nothing",
            possible=lambda one: one.runs(clock.now()),
            look="danger",
            done="Ended.",
        ),
        Verb(
            key="review",
            label="Review it",
            run=review_elevation,
            permission=REVIEW,
            possible=lambda one: one.reviewed_at is None and not one.runs(clock.now()),
            look="primary",
            form=VerdictForm,
            consequence="It can be reviewed once. The person and what they did stay on record either way.",
            ask="What did you look at, and why was it justified or not? The words stay in the audit trail.",
            done="Reviewed.",
        ),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may(request.user, MAY_ELEVATE)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        return TakeView.as_view(model_admin=self)(request)  # type: ignore[return-value]

    def may_use(self, request: HttpRequest, verb: Verb, thing: Any) -> bool:
        own = thing.person_id == request.user.pk
        if verb.key == "end":
            return own or may(request.user, REVIEW)
        return not own and super().may_use(request, verb, thing)

    @admin.display(description="Who", ordering="person__display_name")
    def who(self, one: Any) -> str:
        return str(one.person)

    @admin.display(description="Took the role", ordering="role")
    def role_shown(self, one: Any) -> str:
        return str(one.role_title)

    @admin.display(description="From", ordering="started_at")
    def started(self, one: Any) -> str:
        return moment(one.started_at, clock.now())

    @admin.display(description="For")
    def lasts(self, one: Any) -> str:
        return words.duration(one.ends_at - one.started_at)

    @admin.display(description="Is", ordering="until")
    def state_shown(self, one: Any) -> SafeString:
        if one.runs(clock.now()):
            return badge("late", "running")
        return badge("done", "ended early" if one.ended_at else "over")

    @admin.display(description="Review", ordering="review_due_at")
    def review_shown(self, one: Any) -> str:
        now = clock.now()
        if one.reviewed_at:
            return badge("done" if one.verdict == Elevation.Verdict.JUSTIFIED else "late", one.get_verdict_display())
        late = one.review_due_at <= now
        return format_html("{} {}", badge("late" if late else "open", "overdue" if late else "due"), moment(one.review_due_at, now))

    def first_line(self, one: Any, now: datetime) -> str:
        if one.runs(now):
            return format_html("{} is in the role {} until {}.", one.person, one.role_title, moment(one.ends_at, now))
        how = f" {one.ended_by} ended it." if one.ended_at and one.ended_by_id != one.person_id else ""
        if one.reviewed_at:
            review = format_html("{} reviewed it: {}.", one.reviewed_by, one.get_verdict_display())
        else:
            review = format_html(
                "Nobody reviewed it yet; that is {} {}.",
                "overdue since" if one.review_due_at <= now else "due",
                moment(one.review_due_at, now),
            )
        return format_html("{} was in the role {} until {}.{} {}", one.person, one.role_title, moment(one.ends_at, now), how, review)

    def page_context(self, request: HttpRequest, one: Any, now: datetime) -> dict[str, Any]:
        known = words_of_rights([*one.rights, *one.withheld])
        trail = urlencode({"object_model": "audit.elevation", "object_pk": one.pk})
        return {
            "given": sorted(known[right] for right in one.rights),
            "withheld": sorted(known[right] for right in one.withheld),
            "trail": f"{reverse('admin:audit_ledgerevent_changelist')}?{trail}" if may(request.user, "audit.view_ledgerevent") else "",
            "own": one.person_id == request.user.pk and one.reviewed_at is None,
        }
