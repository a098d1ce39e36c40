"""Change freezes: the calendar of them by time, declaring one and lifting it."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.widgets import UnfoldAdminSelectWidget

from incidents.changes import freezing
from incidents.changes.queries import began_during, covered_in_words, holding
from incidents.lifecycle.states import OPEN_STATES
from incidents.models import ChangeFreeze, Incident
from portal.foundation import clock
from portal.foundation.access.checks import may
from portal.foundation.adminkit.bases import GovernedAdmin, RefusableForm
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.verbs import Verb

WHAT = ("covers", "services", "unit", "begins_at", "ends_at", "reason", "incident")
HOURS = (1, 2, 4, 8, 24, 72)


class FreezeForm(RefusableForm):
    """A freeze begins now unless somebody says when."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "begins_at" in self.fields:
            self.fields["begins_at"].required = False
            self.fields["begins_at"].help_text = "Empty: now. Never earlier: nobody could have known of it."

    def _get_validation_exclusions(self) -> set[str]:
        """A freeze without an end is refused by the service, beside the field and with what to do."""
        return {*super()._get_validation_exclusions(), "ends_at"}  # type: ignore[misc]


class UntilForm(forms.Form):
    """Until when it is frozen for an incident."""

    hours = forms.TypedChoiceField(
        label="Until",
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", "its escalation is over"), *((hours, f"{hours} h from now") for hours in HOURS)],
        widget=UnfoldAdminSelectWidget(),
        help_text="It can be lifted earlier.",
    )


def _freeze(incident: Incident, *, actor: Any, now: datetime, reason: str, hours: int | None = None) -> ChangeFreeze:
    ends_at = now + timedelta(hours=hours) if hours else None
    return freezing.freeze_for(incident, actor=actor, now=now, reason=reason, ends_at=ends_at)


FREEZE = Verb(
    key="freeze",
    label="Freeze changes",
    run=_freeze,
    permission=freezing.DECLARE,
    possible=lambda incident: incident.origin not in freezing.NOT_OURS and incident.state in OPEN_STATES,
    form=UntilForm,
    consequence="No change to the incident's service may begin without an emergency approval, from now on. Change tools that ask are told your "
    "words. What begins all the same is shown in the quarterly review.",
    ask="Why may nothing change now?",
    done="Frozen.",
    back_to=lambda incident, made: reverse("admin:incidents_changefreeze_change", args=[made.pk]),
)


class StandingFilter(admin.SimpleListFilter):
    title = "time"
    parameter_name = "is"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("holding", "in force"), ("coming", "to come"), ("over", "over")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        now = clock.now()
        match self.value():
            case "holding":
                return queryset.filter(pk__in=holding(now).values("pk"))
            case "coming":
                return queryset.filter(begins_at__gt=now, lifted_at=None)
            case "over":
                return queryset.filter(Q(ends_at__lte=now) | Q(lifted_at__lte=now))
        return queryset


@admin.register(ChangeFreeze)
class ChangeFreezeAdmin(GovernedAdmin):
    """The calendar of freezes: which times are frozen, for what, and why."""

    form = FreezeForm
    reason_field = "reason"
    list_display = ("covered", "state", "since", "until", "why", "for_incident", "by")
    list_filter = (StandingFilter, ("covers", ChoicesDropdownFilter), ("services", RelatedDropdownFilter))
    list_filter_submit = True
    list_select_related = ("unit", "incident", "declared_by", "lifted_by")
    search_fields = ("reason", "incident__number", "services__name", "unit__name")
    date_hierarchy = "begins_at"
    ordering = ("-begins_at", "-id")
    show_full_result_count = False
    actions = None
    fieldsets = (
        ("What is frozen", {"fields": ("covers", "services", "unit")}),
        ("When", {"fields": ("begins_at", "ends_at", "incident")}),
        ("Why", {"fields": ("reason",)}),
    )
    autocomplete_fields = ("services", "incident")
    add_words = "Freeze changes"
    page_template = "incidents/freeze.html"
    empty_list = (
        "Nothing was frozen yet. Freeze changes while an incident is fought, or for a time such as the close of the year; change tools that ask "
        "are then told that nothing may begin, and why."
    )
    verbs = (
        Verb(
            key="lift",
            label="Lift the freeze",
            run=freezing.lift_freeze,
            permission=freezing.LIFT,
            possible=lambda freeze: not _is_over(freeze, clock.now()),
            look="danger",
            consequence="Changes may begin again at once. Whoever declared it and the owners of the services that it names are told, with your name and "
            "your words. To freeze again is a new freeze.",
            ask="Why may changes begin again?",
            done="Lifted. The others have been told.",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found: QuerySet[Any] = super().get_queryset(request)
        return found.prefetch_related("services")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"covers": ChangeFreeze.Covers.SERVICES, **super().get_changeform_initial_data(request)}

    def save_model(self, request: HttpRequest, obj: ChangeFreeze, form: Any, change: bool) -> None:
        told = {name: form.cleaned_data[name] for name in WHAT}
        made = freezing.declare_freeze(**told, actor=request.user, now=request.portal_now)  # type: ignore[attr-defined]
        obj.__dict__.update(made.__dict__)

    def first_line(self, thing: ChangeFreeze, now: datetime) -> str:
        what = covered_in_words(thing)
        if thing.lifted_at is not None:
            return f"Changes to {what}: the freeze was lifted. {thing.lift_reason}"
        if thing.ends_at is not None and thing.ends_at <= now:
            return f"Changes to {what} were frozen."
        if thing.begins_at > now:
            return f"Changes to {what} will be frozen."
        return f"Changes to {what} are frozen{'' if thing.ends_at else ' while the escalation lasts'}."

    def page_context(self, request: HttpRequest, thing: ChangeFreeze, now: datetime) -> dict[str, Any]:
        seen = may(request.user, "incidents.view_changerequest")
        return {
            "since": moment(thing.begins_at, now),
            "until": moment(thing.ends_at, now, empty="the escalation is over"),
            "lifted": moment(thing.lifted_at, now, empty=""),
            "begun": [
                (change, moment(change.started_at, now), _how(change)) for change in (began_during(thing, request.user) if seen else ())
            ],
            "incident_seen": thing.incident if thing.incident and may(request.user, "incidents.view_incident", thing.incident) else None,
        }

    @admin.display(description="Frozen")
    def covered(self, freeze: ChangeFreeze) -> str:
        return covered_in_words(freeze)

    @admin.display(description="Is")
    def state(self, freeze: ChangeFreeze) -> str:
        now = clock.now()
        if freeze.lifted_at is not None:
            return "lifted"
        return "over" if _is_over(freeze, now) else "to come" if freeze.begins_at > now else "in force"

    @admin.display(description="From", ordering="begins_at")
    def since(self, freeze: ChangeFreeze) -> str:
        return moment(freeze.begins_at, clock.now())

    @admin.display(description="Until", ordering=F("ends_at").asc(nulls_last=True))
    def until(self, freeze: ChangeFreeze) -> str:
        return moment(freeze.over_at, clock.now(), empty="the escalation is over")

    @admin.display(description="Why", ordering="reason")
    def why(self, freeze: ChangeFreeze) -> str:
        return freeze.reason if len(freeze.reason) <= 80 else f"{freeze.reason[:79]}…"

    @admin.display(description="Incident", ordering="incident__number")
    def for_incident(self, freeze: ChangeFreeze) -> str:
        return freeze.incident.number if freeze.incident else "none"

    @admin.display(description="By", ordering="declared_by__display_name")
    def by(self, freeze: ChangeFreeze) -> str:
        return str(freeze.declared_by or "the portal")


def _is_over(freeze: ChangeFreeze, now: datetime) -> bool:
    return (freeze.over_at is not None and freeze.over_at <= now) or freeze.lifted_at is not None


def _how(change: Any) -> str:
    if change.approved_at is None:
        return f"without an emergency approval{f': {change.start_reason}' if change.start_reason else ''}"
    before = change.approved_at <= change.started_at
    return f"{'approved as an emergency' if before else 'approved only after it began'}: {change.approval_reason}"
