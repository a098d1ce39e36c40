"""Drills in the admin: planning, agreeing, watching one run, and what it showed."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from incidents.drills import services
from incidents.drills.comparing import Moment, Pair, in_minutes
from incidents.drills.rhythm import due_again
from incidents.models import Drill, DrillFailure, DrillFinding, DrillPart
from policies.decisions.vocabulary import Severity
from portal.foundation import clock
from portal.foundation.access.checks import may
from portal.foundation.adminkit.bases import GovernedAdmin, GovernedForm, PortalInline
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.verbs import Verb
from portal.foundation.people.models import ContactPoint

State = Drill.State


class DrillForm(GovernedForm):
    """The severity as a choice in words."""

    severity = forms.ChoiceField(
        required=False,
        choices=[("", "none"), *((step.value, step.label) for step in Severity)],
        widget=UnfoldAdminSelectWidget(),
        help_text="As which the made-up incident is graded: it sets where it starts, how fast it goes, and whether stakeholders are told.",
    )


class NextDueForm(forms.Form):
    """When it has to be drilled again."""

    next_due = forms.DateField(
        label="Drill again by",
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}),
        help_text="Whoever planned this one is reminded 14 days before. Empty: no reminder.",
    )


class ContactChoice(forms.ModelChoiceField):
    """'Ana Ruiz: phone (Text message)'."""

    def label_from_instance(self, obj: ContactPoint) -> str:
        return f"{obj.person}: {obj}"


class PartInline(PortalInline):
    model = DrillPart
    fields = ("person", "contact", "answer")
    readonly_fields = ("answer",)
    verbose_name_plural = "participants: nothing reaches anybody who has not agreed"

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Contact points with whose they are: a drill refuses to begin with somebody else's."""
        if db_field.name == "contact":
            own = ContactPoint.objects.filter(active=True, person__is_active=True).select_related("person")
            kwargs["queryset"], kwargs["form_class"] = own.order_by("person__display_name", "order"), ContactChoice
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description="Answer")
    def answer(self, part: DrillPart) -> str:
        return answer_of(part)


class FailureInline(PortalInline):
    model = DrillFailure
    fields = ("kind", "person", "level", "channel")
    verbose_name_plural = "planned failures, for this drill alone"


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "is"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*State.choices, ("due", "due again")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "due":
            return queryset.filter(due_again(clock.now().date()))
        return queryset.filter(state=self.value()) if self.value() in State.values else queryset


def _ask(drill: Drill, *, actor: Any, now: datetime, reason: str = "") -> int:
    return services.ask_participants(drill, actor=actor, now=now)


def _stop(drill: Drill, *, actor: Any, now: datetime, reason: str, next_due: date | None = None) -> Drill:
    return services.finish(drill, actor=actor, now=now, reason=reason, next_due=next_due)


def _planned(drill: Drill) -> bool:
    return drill.state == State.PLANNED


def _open(drill: Drill) -> bool:
    return drill.state in {State.PLANNED, State.RUNNING}


JOIN = Verb(
    key="join",
    label="Take part",
    run=services.consent,
    permission="incidents.view_drill",
    need="nothing",
    possible=_open,
    look="primary",
    done="You take part: the drill's messages reach you.",
)
LEAVE = Verb(
    key="decline",
    label="Take no part",
    run=services.decline,
    permission="incidents.view_drill",
    need="perhaps words",
    possible=_open,
    consequence="Nothing of this drill reaches you from now on.",
    ask="Why? May stay empty.",
    done="Nothing of this drill reaches you.",
)


@admin.register(Drill)
class DrillAdmin(GovernedAdmin):
    form = DrillForm
    list_display = ("title", "service", "stands", "begins", "agreed", "next_due")
    list_filter = (StateFilter, ("service", RelatedDropdownFilter))
    list_filter_submit = True
    list_select_related = ("service", "incident")
    search_fields = ("title", "service__name", "goal")
    ordering = ("-planned_for", "-pk")
    fieldsets = (
        (None, {"fields": ("title", ("service", "severity"), "goal")}),
        (
            "When",
            {"fields": ("planned_for", "ends_by", "announced", "next_due"), "description": "Times are in your own time zone."},
        ),
    )
    inlines = (PartInline, FailureInline)
    page_template = "incidents/drill.html"
    add_words = "Plan a drill"
    empty_list = (
        "No drill yet. Plan one for a service: it runs the escalation that is in force, on a made-up incident, and reaches only people who "
        "agreed to take part."
    )
    verbs = (
        JOIN,
        LEAVE,
        Verb(
            key="ask",
            label="Ask the participants",
            run=_ask,
            permission=services.RUN,
            need="nothing",
            possible=_planned,
            done="Everybody who has not answered yet has been asked.",
        ),
        Verb(
            key="start",
            label="Start now",
            run=services.start,
            permission=services.RUN,
            need="perhaps words",
            possible=_planned,
            look="primary",
            consequence="The live engine escalates a made-up incident by the rules in force. Only those who agreed are told; nothing of it counts "
            "in any figure. What should happen is written down before, to be compared with what does.",
            ask="Anything worth knowing later. May stay empty.",
            done="The drill runs.",
        ),
        Verb(
            key="stop",
            label="Stop and compare",
            run=_stop,
            permission=services.RUN,
            need="perhaps words",
            form=NextDueForm,
            possible=lambda drill: drill.state == State.RUNNING,
            look="primary",
            consequence="What still runs of it ends. Each difference between expected and actual becomes a finding.",
            ask="What the comparison cannot see. May stay empty.",
            done="The drill is over; here is what it showed.",
        ),
        Verb(
            key="cancel",
            label="Cancel",
            run=services.cancel,
            permission=services.RUN,
            possible=_planned,
            look="danger",
            consequence="It does not take place. This cannot be undone; a new one can be planned.",
            ask="Why does it not take place?",
            done="Cancelled.",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found: QuerySet[Any] = super().get_queryset(request)
        counted: QuerySet[Any] = found.annotate(
            asked=Count("parts", distinct=True), joined=Count("parts", filter=Q(parts__consented_at__isnull=False), distinct=True)
        )
        return counted

    def before_save(self, request: HttpRequest, obj: Any, now: datetime, *, adding: bool) -> None:
        services.check_plan(obj, now=now)
        if adding:
            obj.planned_by = request.user

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_change_permission(request, obj)) and (obj is None or _planned(obj))

    def may_use(self, request: HttpRequest, verb: Verb, thing: Any) -> bool:
        if verb not in {JOIN, LEAVE}:
            return super().may_use(request, verb, thing)
        part = next((part for part in thing.parts.all() if part.person_id == request.user.pk), None)
        return part is not None and (part.consented_at is None if verb is JOIN else part.declined_at is None)

    def first_line(self, thing: Drill, now: datetime) -> str:
        return in_words(thing, now)

    def links(self, request: HttpRequest, thing: Drill) -> list[tuple[str, str, str]]:
        if thing.incident_id is None:
            return []
        return [("The drill's incident", reverse("admin:incidents_incident_change", args=[thing.incident_id]), "default")]

    def page_context(self, request: HttpRequest, thing: Drill, now: datetime) -> dict[str, Any]:
        pairs = services.compared(thing, now)
        return {
            "drill": thing,
            "pairs": [(_told(pair.expected), _told(pair.actual), pair.difference, _why(pair)) for pair in pairs],
            "parts": [(str(part.person), answer_of(part)) for part in thing.parts.select_related("person")],
            "failures": [str(failure) for failure in thing.failures.select_related("person")],
            "findings": [
                (finding, reverse("admin:incidents_drillfinding_change", args=[finding.pk]), moment(finding.done_at, now))
                for finding in thing.findings.select_related("owner", "done_by")
            ],
            "withheld": services.withheld(thing),
            "running": thing.state == State.RUNNING,
        }

    @admin.display(description="Is", ordering="state")
    def stands(self, drill: Any) -> str:
        return str(drill.get_state_display())

    @admin.display(description="Begins", ordering="planned_for")
    def begins(self, drill: Any) -> str:
        return moment(drill.started_at or drill.planned_for, clock.now())

    @admin.display(description="Agreed")
    def agreed(self, drill: Any) -> str:
        return f"{drill.joined} of {drill.asked}"


@admin.register(DrillFinding)
class DrillFindingAdmin(GovernedAdmin):
    list_display = ("text", "drill", "owner", "due", "stands")
    list_filter = (("done_at", admin.EmptyFieldListFilter), ("owner", RelatedDropdownFilter))
    list_filter_submit = True
    list_select_related = ("drill", "owner", "done_by")
    search_fields = ("text", "drill__title")
    fields = ("drill", "text", ("owner", "due"))
    autocomplete_fields = ("drill",)
    empty_list = "No finding yet. When a drill goes other than expected, the difference stands here until somebody has settled it."
    verbs = (
        Verb(
            key="settle",
            label="Settle",
            run=services.settle_finding,
            permission="incidents.view_drillfinding",
            possible=lambda finding: finding.done_at is None,
            look="primary",
            consequence="It counts as settled from now on, with your name and words.",
            ask="What was done about it, or why is it none?",
            done="Settled.",
        ),
    )

    def may_use(self, request: HttpRequest, verb: Verb, thing: Any) -> bool:
        return thing.owner_id == request.user.pk or may(request.user, services.RUN)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_change_permission(request, obj)) and (obj is None or obj.done_at is None)

    def first_line(self, thing: DrillFinding, now: datetime) -> str:
        if thing.done_at is not None:
            return format_html("Settled by {} {}: {}", thing.done_by, moment(thing.done_at, now), thing.outcome)
        return f"Open{f', {thing.owner} looks after it' if thing.owner else ', nobody looks after it yet'}."

    @admin.display(description="Is", ordering="done_at")
    def stands(self, finding: Any) -> str:
        return "settled" if finding.done_at else "open"


def in_words(drill: Drill, now: datetime) -> str:
    """Where the drill stands, in one sentence."""
    match drill.state:
        case State.PLANNED:
            parts = list(drill.parts.all())
            agreed = sum(part.consented_at is not None for part in parts)
            return format_html(
                "Begins by itself {}. {} of {} have agreed to take part.", moment(drill.planned_for, now), agreed, len(parts)
            )
        case State.RUNNING:
            return format_html("Runs since {}, and ends by itself {}.", moment(drill.started_at, now), moment(drill.ends_by, now))
        case State.CANCELLED:
            return drill.verdict or "It did not take place."
    again = f" Again by {drill.next_due:%d %b %Y}." if drill.next_due else ""
    return f"{drill.verdict}{again}"


def answer_of(part: DrillPart) -> str:
    """'takes part', 'takes no part', 'has not answered'."""
    if part.consented_at is not None:
        return "takes part"
    return "takes no part" if part.declined_at is not None else "has not answered"


def _told(step: Moment | None) -> str:
    if step is None:
        return "–"
    who = f" {step.person}" if step.person else ""
    track = "" if step.track == "technical" else f" ({step.track} track)"
    return f"{in_minutes(step.after)}: level {step.level}, {step.action.replace('_', ' ')}{who}{track}"


def _why(pair: Pair) -> str:
    step = pair.actual or pair.expected
    return step.why if step is not None else ""
