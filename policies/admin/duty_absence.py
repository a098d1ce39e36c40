"""Being away: the form that says what nobody would take over before it is recorded, and the list of absences."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from policies.models import DutyAbsence
from policies.oncall.standing_in.absences import LeavesGaps, end_absence, record_absence
from portal.foundation import clock
from portal.foundation.access.checks import may
from portal.foundation.adminkit.bases import PortalModelAdmin
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.verbs import Verb
from portal.foundation.errors import PortalError
from portal.foundation.people.models import User

from .duty_calendar import reader_zone
from .duty_door import DutyDoor, StretchForm, reachable_zone
from .duty_mine import MyDutyView
from .duty_override import able
from .duty_swap import as_user

MINE = "admin:policies_myduty_changelist"
OTHERS = "policies.add_dutyabsence"
MOST_SHOWN = 20


class AbsenceForm(StretchForm):
    """Who is away, from when until when, and why as far as colleagues need to know."""

    person = forms.ModelChoiceField(label="Who", queryset=User.objects.none(), empty_label=None, widget=UnfoldAdminSelectWidget)
    kind = forms.ChoiceField(label="Why", choices=DutyAbsence.Kind.choices, widget=UnfoldAdminSelectWidget)
    reason = forms.CharField(label="Note", required=False, max_length=250, widget=UnfoldAdminTextInputWidget)
    field_order = ("person", "starts_at", "ends_at", "kind", "reason")

    def __init__(self, data: Any, *, people: Any, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        person: Any = self.fields["person"]
        person.queryset = people
        if people.count() < 2:
            person.widget = forms.HiddenInput()
        if data is not None and "accept_gaps" in data:
            self.ask_to_accept([])

    def ask_to_accept(self, open_times: list[str]) -> None:
        """Adds the tick, with the times that nobody takes over."""
        self.fields["accept_gaps"] = forms.BooleanField(
            label="I have seen what nobody takes over; record it all the same", required=False, widget=UnfoldBooleanWidget
        )
        self.open_times = open_times


class AwayView(DutyDoor):
    """'I am away from … until …'; managers record anybody's."""

    title = "I am away"
    button = "Record the absence"

    def form(self, request: HttpRequest, thing: Any, data: Any) -> AbsenceForm:
        others = may(request.user, OTHERS)
        people = able() if others else able().filter(pk=request.user.pk)
        return AbsenceForm(data, people=people, zone=reachable_zone(reader_zone()), initial={"person": request.user.pk, "kind": "leave"})

    def run(self, request: HttpRequest, thing: Any, form: forms.Form, now: datetime) -> DutyAbsence:
        data = form.cleaned_data
        return record_absence(
            data["person"], starts_at=data["starts_at"], ends_at=data["ends_at"], kind=data["kind"], actor=as_user(request),
            now=now, accept_gaps=bool(data.get("accept_gaps")), reason=data["reason"],
        )  # fmt: skip

    def refused(self, form: Any, error: PortalError) -> None:
        if isinstance(error, LeavesGaps):
            form.ask_to_accept(error.open_times[:MOST_SHOWN])
        super().refused(form, error)

    def done(self, thing: Any, outcome: Any) -> str:
        return f"{outcome.person} is away from {moment(outcome.starts_at, outcome.made_at)} on, and on duty nowhere meanwhile."

    def back(self, thing: Any) -> str:
        return reverse(MINE)

    def words(self, request: HttpRequest, thing: Any, form: Any) -> dict[str, Any]:
        return {
            "first_line": "Say when you are away. Whoever is next in the schedule takes over, where there is somebody.",
            "consequence": "You see what nobody would take over before it counts.",
            "always_asked": ("starts_at", "ends_at"),
            "above": "policies/duty_open_times.html",
            "open_times": getattr(form, "open_times", []),
        }


@admin.register(DutyAbsence)
class DutyAbsenceAdmin(PortalModelAdmin):
    list_display = ("person", "begins", "ends", "why", "made_by")
    list_filter = ("kind", ("person", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("person", "made_by")
    search_fields = ("person__display_name",)
    fields = ("person", "why", "begins", "ends", "made_by")
    readonly_fields = fields
    empty_list = "Whoever is away is on duty nowhere meanwhile. Record your own absence under 'My duty'; it warns where nobody takes over."
    verbs = (
        Verb(
            key="end",
            label="End it",
            run=end_absence,
            permission="policies.change_dutyabsence",
            need="perhaps words",
            possible=lambda away: away.ended_at is None and away.ends_at > clock.now(),
            consequence="From now on the turns are the person's again. One that is still to come never counts.",
            ask="Why does it end?",
            done="Ended.",
        ),
    )

    class Media:
        css = {"all": ("portal/duty.css",)}

    def get_urls(self) -> list[URLPattern]:
        away = self.admin_site.admin_view(AwayView.as_view(model_admin=self))
        mine = self.admin_site.admin_view(MyDutyView.as_view(model_admin=self))
        return [
            path("away/", away, name="policies_dutyabsence_away"),
            path("mine/", mine, name="policies_myduty_changelist"),
            *super().get_urls(),
        ]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        return redirect("admin:policies_dutyabsence_away")

    def may_use(self, request: HttpRequest, verb: Verb, thing: Any) -> bool:
        return thing.person_id == request.user.pk or super().may_use(request, verb, thing)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return (obj is not None and obj.person_id == request.user.pk) or bool(super().has_view_permission(request, obj))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="Why", ordering="kind")
    def why(self, away: Any) -> str:
        # A column of choices would say 'none' of what is not shown.
        return str(away.get_kind_display())

    @admin.display(description="From", ordering="starts_at")
    def begins(self, away: Any) -> str:
        return moment(away.starts_at, clock.now())

    @admin.display(description="Until", ordering="ends_at")
    def ends(self, away: Any) -> str:
        return moment(away.ended_at or away.ends_at, clock.now())

    def first_line(self, away: Any, now: datetime) -> str:
        return f"{away.person} is {away.get_kind_display()}." if away.ends_at > now else f"{away.person} was {away.get_kind_display()}."

    def links(self, request: HttpRequest, away: Any) -> list[tuple[str, str, str]]:
        return [("My duty", reverse(MINE), "default")]
