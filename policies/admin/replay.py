"""The panel 'What it would have done' of a version: asking for a replay, its progress, its figures in words."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views import View
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from policies.decisions.vocabulary import Track
from policies.governance.models import PolicyVersion
from policies.models import ReplayRun
from policies.simulation.queries import is_out_of_date, latest_run, may_replay, suggested
from policies.simulation.services import request_replay
from portal.foundation import clock, words
from portal.foundation.errors import PortalError

Row = dict[str, Any]
A_DAY = timedelta(days=1)


class ReplayForm(forms.Form):
    """Which past incidents: days by UTC, the last one included, and whose."""

    start = forms.DateField(label="Opened from", widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}))
    last = forms.DateField(label="to (included)", widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}))
    population = forms.ChoiceField(label="Incidents of", choices=(), widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, service: str, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "replay-%s", **kwargs})
        choices = [
            (ReplayRun.Population.OWN.value, service),
            (ReplayRun.Population.ALL.value, "all services, as if this policy governed them"),
        ]
        self.fields["population"].choices = choices  # type: ignore[attr-defined]

    def period(self) -> tuple[datetime, datetime]:
        return _midnight(self.cleaned_data["start"]), _midnight(self.cleaned_data["last"] + A_DAY)


class ReplayView(View):
    """GET gives the panel alone, for a page that waits for a result; POST asks for a replay and goes back to the page it came from."""

    model_admin: Any = None

    def get(self, request: HttpRequest, object_id: int) -> HttpResponse:
        version = self._version(request, object_id)
        panel = replay_panel(version, request, clock.now(), back=request.GET.get("back", ""))
        return render(request, "policies/replay.html", {"replay": panel})

    def post(self, request: HttpRequest, object_id: int) -> HttpResponse:
        version = self._version(request, object_id)
        form = ReplayForm(request.POST, service=version.policy.speaks_for)
        back = self._page(version, request.POST.get("back", ""))
        try:
            if not form.is_valid():
                raise PortalError("The period was not understood. Give a first and a last day.")
            chosen = form.cleaned_data["population"]
            request_replay(version, actor=request.user, now=clock.now(), period=form.period(), population=chosen)
        except PortalError as error:
            messages.error(request, error.message)
        except OverflowError:
            messages.error(request, "The last day is too late.")
        return redirect(f"{back}#replay")

    def _page(self, version: PolicyVersion, back: str) -> str:
        if back == "decision":
            return reverse("admin:policies_policyversion_approve", args=[version.pk])
        return str(self.model_admin.page_of(version))

    def _version(self, request: HttpRequest, object_id: int) -> PolicyVersion:
        version = self.model_admin.get_object(request, str(object_id))
        if version is None:
            raise Http404
        if not self.model_admin.has_view_permission(request, version):
            raise PermissionDenied
        return version  # type: ignore[no-any-return]


def replay_panel(version: PolicyVersion, request: HttpRequest, now: datetime, *, back: str = "") -> Row | None:
    """Context for policies/replay.html; None when there is nothing to show and nothing to ask."""
    run = latest_run(version)
    allowed = may_replay(request.user, version)
    if run is None and not allowed:
        return None
    back = "decision" if back == "decision" else ""
    return {
        "run": run,
        "about": _about(run) if run else "",
        "out_of_date": run is not None and run.state == run.State.DONE and is_out_of_date(run),
        "found": found_in_words(run.result) if run and run.result else None,
        "address": reverse("admin:policies_policyversion_replay", args=[version.pk]),
        "back": back,
        "form": _form(version, run, now) if allowed else None,
    }


def found_in_words(result: Row) -> Row:
    """A result as people read it: each pair with its difference."""
    pages = result["pages"]
    return {
        **result,
        "pages_changed": difference(pages),
        "pages_told": f"{pages[0]:,} under the rules in force, {pages[1]:,} under this version",
        "sums": [
            ("Escalations to a higher level", *_pair(result["escalations"])),
            ("Incidents that alert anybody", *_pair(result["incidents_paged"])),
            ("Incidents with a missed window", *_pair(result["windows_missed"])),
            ("Incidents with a missed resolution milestone", *_pair(result["milestones_missed"])),
            ("Exhausted: nobody left to alert", *_pair(result["exhausted"])),
            *((f"{Track(row['track']).label} track started", *_pair(row["runs"])) for row in result.get("tracks", ())),
        ],
        "priorities": result.get("priorities", ()),
        "by_level": [(f"Level {row['level']}", *_pair(row["pages"])) for row in result["levels"]],
        "by_team": [(row["team"], *_pair(row["pages"])) for row in result["teams"]],
        "by_hour": [(f"{row['hour']:02d}:00", *_pair(row["pages"])) for row in result["hours"] if row["pages"] != [0, 0]],
    }


def difference(pair: list[int]) -> str:
    """'12 more', '3 fewer', 'as many'."""
    more = pair[1] - pair[0]
    return f"{abs(more):,} {'more' if more > 0 else 'fewer'}" if more else "as many"


def _pair(pair: list[int]) -> tuple[str, str, str]:
    return f"{pair[0]:,}", f"{pair[1]:,}", difference(pair)


def _about(run: ReplayRun) -> str:
    """'9,202 incidents opened 1 Jan 2016 to 31 Mar 2016 (UTC), of all services, …'."""
    last = run.period_end - timedelta(microseconds=1)
    service = run.version.policy.speaks_for
    whose = f"of {service}" if run.population == run.Population.OWN else f"of all services, as if the policy of {service} governed them"
    number = words.counted(run.result["incidents"], "incident") if run.result else "Incidents"
    against = f"version {run.against.number}" if run.against else "no policy at all"
    return f"{number} opened {_day(run.period_start)} to {_day(last)} (UTC), {whose}: under {against} and under this version."


def _form(version: PolicyVersion, run: ReplayRun | None, now: datetime) -> ReplayForm:
    """Starts from what was chosen last, else from what suggests itself."""
    population, (start, end) = suggested(version, now) if run is None else (run.population, (run.period_start, run.period_end))
    last = (end - timedelta(microseconds=1)).astimezone(UTC).date()
    initial = {"start": start.astimezone(UTC).date().isoformat(), "last": last.isoformat(), "population": population}
    return ReplayForm(initial=initial, service=version.policy.speaks_for)


def _day(at: datetime) -> str:
    utc = at.astimezone(UTC)
    return f"{utc.day} {utc:%b %Y}"


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)
