"""Hours on duty: everybody's own, and by right those of a team beside each other."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.views import View
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from policies.models import Team
from policies.oncall.fairness import Figures, mean, quarter_of
from policies.oncall.fairness_queries import hours_of, people_of, period_of
from portal.foundation import clock, words
from portal.foundation.access.checks import may
from portal.foundation.errors import InvalidInput
from portal.foundation.people.models import User

RIGHT = "policies.view_duty_hours"
# Reports sit above the policies, so their download is known by its name alone.
DOWNLOAD = "duty-hours"
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose hours, from when until when (UTC, excluded); `team` None means only one's own."""

    team: Team | None
    people: list[User]
    first: date
    last: date
    since: datetime
    until: datetime
    zone: str


class HoursForm(forms.Form):
    """A team, where the reader may see others, and a period."""

    team = forms.ModelChoiceField(Team.objects.none(), required=False, empty_label="Only my own", widget=UnfoldAdminSelectWidget())
    first = forms.DateField(label="From", required=False, widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}))
    last = forms.DateField(label="Until, this day included", required=False, widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}))

    def __init__(self, data: Any, *, reader: Any) -> None:
        super().__init__(data)
        if may(reader, RIGHT):
            self.fields["team"].queryset = Team.objects.order_by("name")  # type: ignore[attr-defined]
        else:
            del self.fields["team"]


def asked_for(request: HttpRequest, now: datetime) -> tuple[HoursForm, Asked | None]:
    """What the query string asks for: this quarter without days; None beside the form when it cannot be meant.

    Raises PermissionDenied for a team's hours without the right to them.
    """
    if request.GET.get("team") and not may(request.user, RIGHT):
        raise PermissionDenied
    typed = request.GET.copy()
    form = HoursForm(typed, reader=request.user)
    if not form.is_valid():
        return form, None
    team = form.cleaned_data.get("team")
    zone = team.time_zone if team else getattr(request.user, "time_zone", "UTC")
    usual = quarter_of(now.date())
    first, last = form.cleaned_data["first"] or usual[0], form.cleaned_data["last"] or usual[1]
    typed["first"], typed["last"] = first.isoformat(), last.isoformat()
    try:
        since, until = period_of(first, last, zone)
    except InvalidInput as error:
        for field, problems in error.fields.items():
            form.add_error(field, problems)
        return form, None
    people = people_of(team) if team else [request.user]
    return form, Asked(team, people, first, last, since, until, zone)  # type: ignore[arg-type]


class HoursView(View):
    """GET shows the figures as a table."""

    model_admin: Any = None

    def get(self, request: HttpRequest) -> HttpResponse:
        now = clock.now()
        form, asked = asked_for(request, now)
        context: Row = {"title": "Hours on duty", "media": self.model_admin.media + form.media, "form": form, "rows": []}
        if asked is not None:
            found = hours_of([person.pk for person in asked.people], asked.since, asked.until, now)
            context |= shown(asked, found, now)
        context = {**self.model_admin.admin_site.each_context(request), **context}
        return render(request, "policies/fairness.html", context, status=400 if form.errors else 200)


def shown(asked: Asked, found: dict[int, Figures], now: datetime) -> Row:
    """Context for policies/fairness.html."""
    average = mean(list(found.values())) if asked.team else None
    rows = [{"person": str(person), **_cells(found[person.pk], average)} for person in asked.people]
    whose = f"{asked.team}: {words.counted(len(asked.people), 'person', 'people')}" if asked.team else "Your own hours on duty"
    return {
        "first_line": f"{whose}, {_day(asked.first)} to {_day(asked.last)} ({asked.zone}).",
        "rows": rows,
        "mean": _cells(average, None) if average else None,
        "ahead": asked.until > now,
        "downloads": _downloads(asked),
    }


def _cells(figures: Figures, average: Figures | None) -> Row:
    return {
        "hours": hours(figures.hours),
        "against": _against(figures.hours, average.hours) if average else "",
        "nights": hours(figures.nights),
        "weekends": hours(figures.weekends),
        "holidays": hours(figures.holidays),
        "duties": figures.duties,
        "rest": hours(figures.shortest_rest) if figures.shortest_rest is not None else "–",
        "short_rests": figures.short_rests,
        "planned": hours(figures.planned),
        "ahead": hours(figures.ahead),
    }


def hours(value: timedelta) -> str:
    """'1,234.5 h'."""
    return f"{value / timedelta(hours=1):,.1f}".removesuffix(".0") + " h"


def _against(value: timedelta, average: timedelta) -> str:
    """'+12 h' against the mean of the team."""
    more = value - average
    return f"{'+' if more > timedelta(0) else '−' if more < timedelta(0) else '±'}{hours(abs(more))}"


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def _downloads(asked: Asked) -> list[tuple[str, str]]:
    try:
        address = reverse(DOWNLOAD)
    except NoReverseMatch:
        return []
    query = {"first": asked.first.isoformat(), "last": asked.last.isoformat()} | ({"team": str(asked.team.pk)} if asked.team else {})
    return [(kind.upper(), f"{address}?{urlencode({**query, 'format': kind})}") for kind in ("csv", "xlsx")]
