"""Somebody takes over for a while: the form behind 'Replace…', what stands in on a schedule's page, and the end of an override."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from policies.decisions.rota import RotaSnapshot, person_at
from policies.models import OnCallOverride, OnCallSchedule
from policies.oncall.queries import rota_of, still_counts
from policies.oncall.standing_in.overrides import end_override, make_override
from portal.foundation import clock
from portal.foundation.access.checks import may
from portal.foundation.access.masks import masked_for
from portal.foundation.adminkit.bases import PortalModelAdmin
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.verbs import Verb
from portal.foundation.people.models import User

from .duty_calendar import OVERRIDE, reader_zone
from .duty_door import DutyDoor, StretchForm, asked_stretch
from .duty_grid import span

END = "policies.change_oncalloverride"


class OverrideForm(StretchForm):
    """Who takes over, from when until when, and why."""

    person = forms.ModelChoiceField(
        label="Who takes over", queryset=User.objects.none(), empty_label="Choose a person", widget=UnfoldAdminSelectWidget
    )
    reason = forms.CharField(
        label="Reason", max_length=250, widget=UnfoldAdminTextInputWidget, help_text="Everybody who looks at the schedule reads it."
    )
    field_order = ("person", "starts_at", "ends_at", "reason")

    def __init__(self, data: Any, *, rota: RotaSnapshot, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        field: Any = self.fields["person"]
        field.queryset = able()
        field.choices = people_first(rota, without=None)


def able() -> Any:
    """Everybody who can sign in, by name."""
    return User.objects.filter(is_active=True, origin=User.Origin.PORTAL).order_by("display_name", "username")


def people_first(rota: RotaSnapshot, *, without: User | None) -> list[Any]:
    """Choices of people: those of the schedule first, then everybody else."""
    found = [person for person in able() if without is None or person.pk != without.pk]
    known = {person.person_id for person in rota.everybody()}
    here = [(person.pk, str(person)) for person in found if person.pk in known]
    others = [(person.pk, str(person)) for person in found if person.pk not in known]
    groups = [("In this schedule", here), ("Everybody else", others)]
    return [("", "Choose a person"), *((title, people) for title, people in groups if people)]


class OverrideView(DutyDoor):
    """`?from=…&until=…` fills the form with a slot's times."""

    title = "Replace whoever is on duty"

    def allowed(self, request: HttpRequest, thing: Any) -> bool:
        return may(request.user, OVERRIDE, thing)

    def form(self, request: HttpRequest, thing: OnCallSchedule, data: Any) -> OverrideForm:
        now = clock.now()
        rota = rota_of(thing, now)
        asked = asked_stretch(request)
        form = OverrideForm(data, rota=rota, zone=rota.zone_at(now), asked=asked)
        replaced = person_at(rota, asked[0]) if asked[0] is not None else None
        form.initial["reason"] = f"Stands in for {replaced.name}" if replaced else ("Closes a gap" if asked[0] else "")
        return form

    def run(self, request: HttpRequest, thing: Any, form: forms.Form, now: datetime) -> Any:
        data = form.cleaned_data
        return make_override(
            thing, person=data["person"], starts_at=data["starts_at"], ends_at=data["ends_at"], actor=request.user, now=now, reason=data["reason"]
        )  # fmt: skip

    def done(self, thing: Any, outcome: Any) -> str:
        zone = rota_of(thing, outcome.made_at).zone_at(outcome.made_at)
        return f"{outcome.person} takes over: {span(outcome.starts_at, outcome.ends_at, zone)}."

    def words(self, request: HttpRequest, thing: Any, form: forms.Form) -> dict[str, Any]:
        begin, end = asked_stretch(request)
        if begin is None or end is None or begin >= end:
            return {"first_line": f"{thing}: choose who takes over, and for how long.", "always_asked": ("starts_at", "ends_at")}
        rota = rota_of(thing, begin)
        zone, mine = rota.zone_at(clock.now()), reader_zone()
        found = person_at(rota, begin)
        there, here = span(begin, end, zone), span(begin, end, mine)
        yours = f" Your time ({mine}): {here}." if here != there else ""
        said = f"{found.name if found else 'Nobody'} is on duty: {there}."
        return {
            "first_line": said,
            "consequence": f"The override wins over everything else in its time.{yours}",
            "always_asked": ("starts_at", "ends_at"),
        }


def standing_in(schedule: OnCallSchedule, actor: Any, now: datetime) -> dict[str, Any]:
    """Overrides, swaps and cover of now and later, for the schedule's page."""
    counting = OnCallOverride.objects.filter(still_counts(now), schedule=schedule).select_related("person", "instead_of")
    found = masked_for(actor, counting.order_by("starts_at"))
    ending = may(actor, END)
    rows = [
        {
            "made": made,
            "since": moment(made.starts_at, now),
            "until": moment(made.ended_at or made.ends_at, now),
            "end": reverse("admin:policies_oncalloverride_do", args=[made.pk, "end"]) if ending else "",
        }
        for made in found
    ]
    return {"standing_in": rows}


@admin.register(OnCallOverride)
class OnCallOverrideAdmin(PortalModelAdmin):
    list_display = ("person", "schedule", "begins", "ends", "kind", "reason")
    list_filter = (("schedule", admin.RelatedOnlyFieldListFilter), "kind", ("person", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("person", "schedule")
    search_fields = ("person__display_name", "schedule__name", "reason")
    fields = ("schedule", "person", "instead_of", "kind", "begins", "ends", "reason", "made_by")
    readonly_fields = fields
    empty_list = "An override puts somebody on duty for a while, over everything else. Make one with 'Replace…' at a slot of a schedule."
    verbs = (
        Verb(
            key="end",
            label="End it",
            run=end_override,
            permission=END,
            possible=lambda made: made.ended_at is None and made.ends_at > clock.now(),
            look="danger",
            consequence="From now on the schedule counts again as if it had not been made. What was until now stays as it was.",
            ask="Why does it end?",
            done="Ended.",
        ),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="From", ordering="starts_at")
    def begins(self, made: Any) -> str:
        return moment(made.starts_at, clock.now())

    @admin.display(description="Until", ordering="ends_at")
    def ends(self, made: Any) -> str:
        return moment(made.ended_at or made.ends_at, clock.now())

    def first_line(self, made: Any, now: datetime) -> str:
        zone = rota_of(made.schedule, now).zone_at(now)
        if made.ended_at is not None:
            return f"{made.person} was to stand in, {span(made.starts_at, made.ends_at, zone)}. {made.ended_by or 'Somebody'} ended it."
        return f"{made.person} stands in on {made.schedule}: {span(made.starts_at, made.ends_at, zone)}."

    def links(self, request: HttpRequest, made: Any) -> list[tuple[str, str, str]]:
        return [("Open the schedule", self.page_of(made.schedule), "default")]
