"""Trying the routing: what is wanted goes in, who would be alerted first, whom next and who not comes out, with every reason."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from policies.decisions.routing import Routing, Source, Wanted, route
from policies.models import Region, Team
from policies.oncall.candidates import of_team
from portal.foundation import clock
from portal.foundation.access.checks import may
from portal.foundation.adminkit.moments import moment
from portal.foundation.people.wanted import items, validate_languages, validate_words
from portal.foundation.words import counted

SEE_DUTY = "policies.view_oncallschedule"


class RoutingForm(forms.Form):
    """What is wanted, and of whom."""

    team = forms.ModelChoiceField(
        queryset=Team.objects.order_by("name"),
        required=False,
        empty_label="Everybody who is on duty anywhere",
        widget=UnfoldAdminSelectWidget(),
        help_text="Its schedules in their order, then its other members.",
    )
    skills = forms.CharField(
        required=False,
        max_length=250,
        validators=[validate_words],
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "databases, card schemes"}),
        help_text="Separate several by commas.",
    )
    languages = forms.CharField(
        required=False,
        max_length=120,
        validators=[validate_languages],
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "en, de, pt-BR"}),
        help_text="Codes; 'de' is met by 'de-AT', not the reverse.",
    )
    region = forms.ModelChoiceField(
        queryset=Region.objects.order_by("name"), required=False, empty_label="any region", widget=UnfoldAdminSelectWidget()
    )
    urgent = forms.BooleanField(
        label="Urgent (SEV1 and SEV2)",
        required=False,
        widget=UnfoldBooleanWidget(),
        help_text="Then whoever is known to be reachable comes first.",
    )

    def wanted(self) -> Wanted:
        """What the valid form asks for."""
        said = self.cleaned_data
        return Wanted(items(said["skills"]), items(said["languages"]), str(said["region"] or ""), said["urgent"])


class RoutingView(View):
    """GET, with what is wanted in the query string."""

    model_admin: Any = None

    def get(self, request: HttpRequest) -> HttpResponse:
        if not may(request.user, SEE_DUTY):
            raise PermissionDenied
        now = clock.now()
        form = RoutingForm(request.GET) if request.GET else RoutingForm()
        found = route(form.wanted(), of_team(form.cleaned_data["team"], now), now) if form.is_bound and form.is_valid() else None
        context = {
            **self.model_admin.admin_site.each_context(request),
            "opts": self.model_admin.opts,
            "title": "Routing: try it",
            "media": self.model_admin.media + form.media,
            "form": form,
            "first_line": _first_line(found),
            "routing": found,
            "at": moment(now, now),
        }
        return render(request, "policies/routing.html", context, status=400 if form.errors else 200)


def _first_line(found: Routing | None) -> str:
    if found is None:
        return "Say what is wanted, and see who would be alerted first, whom next, and why."
    if not found.ordered:
        return "Nobody could be alerted." if found.excluded else "Nobody is on duty, and nobody else was asked for."
    first, *others = found.ordered
    if first.person.source is Source.MEMBER:
        return f"Nobody who is on call can be alerted. {first.person.name}, who is not on call, would come first."
    then = f"; {counted(len(others), 'person stands', 'people stand')} behind" if others else "; nobody stands behind"
    return f"{first.person.name} would be alerted first{then}."
