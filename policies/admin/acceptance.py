"""Reading a policy and accepting it, and the list of who has and who has not."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.views import View

from policies.attestations.owed import Standing, Training, overdue_days
from policies.attestations.queries import Owed, everything_owed, has_duty, my_acceptance
from policies.attestations.services import READ, accept_version
from policies.governance.queries import phase_of
from policies.governance.states import Phase
from policies.models import EscalationPolicy, PolicyVersion
from portal.foundation import clock
from portal.foundation.access.checks import may
from portal.foundation.adminkit.moments import moment
from portal.foundation.errors import PortalError
from portal.foundation.people.models import User
from portal.foundation.words import counted

from .content import content_panels

Row = dict[str, Any]
# Reports sit above the policies, so their download is known by its name alone.
DOWNLOAD = "admin:reports_acceptances_csv"
MOST_ROWS = 500


class MyPoliciesView(View):
    """The policies that whoever signed in must know, those to be accepted first."""

    model_admin: Any = None

    def get(self, request: HttpRequest) -> HttpResponse:
        now = clock.now()
        owed = everything_owed(now, person=request.user)
        rows = sorted((owed_row(each, now) for each in owed), key=lambda row: (row["accepted"] is not None, row["due_at"]))
        waiting = sum(row["accepted"] is None for row in rows)
        first = f"{counted(waiting, 'policy', 'policies')} to read and accept." if waiting else "Nothing to accept: you are up to date."
        context = {**_page(self.model_admin, "My policies"), "first_line": first, "rows": rows}
        return render(request, "policies/my_policies.html", {**self.model_admin.admin_site.each_context(request), **context})


class ReadView(View):
    """GET shows a version in words; POST with the hash that stood there accepts it."""

    model_admin: Any = None

    def get(self, request: HttpRequest, version_id: int) -> HttpResponse:
        return self._show(request, self._version(request, version_id))

    def post(self, request: HttpRequest, version_id: int) -> HttpResponse:
        version = self._version(request, version_id)
        try:
            accept_version(version, actor=request.user, now=clock.now(), content_sha256=request.POST.get("content_sha256", ""))
        except PortalError as error:
            return self._show(request, self._version(request, version_id), problem=error.message, status=error.status)
        messages.success(request, f"You have accepted {version}.")
        return redirect("admin:policies_mypolicies_changelist")

    def _version(self, request: HttpRequest, version_id: int) -> PolicyVersion:
        version = PolicyVersion.objects.select_related("policy__owner").filter(pk=version_id, state="approved").first()
        # What is out of reach does not exist, whatever its state.
        if version is None or not (may(request.user, READ, version) or has_duty(request.user, version.policy)):
            raise Http404
        return version

    def _show(self, request: HttpRequest, version: PolicyVersion, *, problem: str = "", status: int = 200) -> HttpResponse:
        now = clock.now()
        phase, accepted = phase_of(version, now), my_acceptance(version, request.user)
        start = moment(version.effective_from, now)
        first = {
            Phase.IN_FORCE: f"Version {version.number} is in force.",
            Phase.SCHEDULED: f"Version {version.number} is approved for later.",
        }
        context = {
            **_page(self.model_admin, str(version)),
            "first_line": first.get(phase, f"Version {version.number} is no longer in force. Accept the one that is."),
            "version": version,
            "start": start,
            "accepted": moment(accepted.accepted_at, now) if accepted else "",
            "may_accept": accepted is None and phase in {Phase.IN_FORCE, Phase.SCHEDULED},
            "problem": problem,
            **content_panels(version),
        }
        return render(request, "policies/read_policy.html", {**self.model_admin.admin_site.each_context(request), **context}, status=status)


class StandingView(View):
    """Who has accepted what: for a policy, a person, or only what is overdue."""

    model_admin: Any = None

    def get(self, request: HttpRequest) -> HttpResponse:
        if not self.model_admin.has_view_permission(request):
            raise PermissionDenied
        now = clock.now()
        policy, person = _chosen(EscalationPolicy, request, "policy"), _chosen(User, request, "person")
        everything = everything_owed(now, policy=policy, person=person)
        late = [each for each in everything if each.standing(now) is Standing.OVERDUE]
        only_late = request.GET.get("only") == "overdue"
        shown = late if only_late else everything
        about = " for ".join(str(each) for each in (person, policy) if each)
        context = {
            **_page(self.model_admin, "Who has accepted"),
            "first_line": f"{counted(len(late), 'acceptance')} overdue of {len(everything):,}{', ' + about if about else ''}.",
            "rows": [{**owed_row(each, now), "person": each.person, "person_id": each.person.pk} for each in shown[:MOST_ROWS]],
            "left_out": max(len(shown) - MOST_ROWS, 0),
            "only_late": only_late,
            "download": _download(request),
            "kept": "&".join(f"{name}={each.pk}" for name, each in (("policy", policy), ("person", person)) if each),
            "about": about,
        }
        return render(request, "policies/acceptance_standing.html", {**self.model_admin.admin_site.each_context(request), **context})


def owed_row(owed: Owed, now: datetime) -> Row:
    """One obligation as a line of a table."""
    standing = owed.standing(now)
    days = overdue_days(owed.obligation, now)
    late = f"overdue by {counted(days, 'day')}" if days else "overdue since today"
    training = owed.obligation.training
    until = owed.obligation.trained_until
    return {
        "policy": owed.policy,
        "version": owed.version,
        "address": reverse("admin:policies_mypolicies_read", args=[owed.version.pk]),
        "due_at": owed.obligation.due_at,
        "due": moment(owed.obligation.due_at, now),
        "accepted": moment(owed.obligation.accepted_at, now) if owed.obligation.accepted_at else None,
        "standing": late if standing is Standing.OVERDUE else standing.value,
        "look": {Standing.OVERDUE: "late", Standing.DUE: "open", Standing.ACCEPTED: "done"}[standing],
        "training": training.value if training is Training.NOT_WANTED or until is None else f"{training.value}, until {until:%d %b %Y}",
        "training_owed": training.is_owed,
    }


def _page(model_admin: Any, title: str) -> Row:
    return {"title": title, "media": model_admin.media}


def _chosen(model: Any, request: HttpRequest, name: str) -> Any:
    given = request.GET.get(name, "")
    return model.objects.filter(pk=given).first() if given.isdecimal() and len(given) < 19 else None


def _download(request: HttpRequest) -> str:
    try:
        address = reverse(DOWNLOAD)
    except NoReverseMatch:
        return ""
    return address if may(request.user, "policies.view_acceptance") else ""
