"""Any two versions of a policy beside each other: what changed, and who decided on both; and the way back to an old one."""

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views import View

from policies.governance.comparing import Comparison, Told, compare, told
from policies.governance.models import PolicyVersion
from policies.governance.queries import open_version, phase_beside, version_in_force
from policies.governance.services import draft_from
from policies.governance.states import VersionState
from portal.foundation import clock
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.verbs import Verb
from portal.foundation.errors import PortalError

ROLL_BACK = Verb(
    key="roll-back",
    label="Start a draft from this version",
    run=draft_from,
    permission="policies.add_policyversion",
    possible=lambda version: version.state == VersionState.APPROVED.value and open_version(version.policy) is None,
    consequence="A new draft says what this version says. What is in force stays in force until somebody else approves the draft.",
    ask="Why this version again? The approver and the auditor read this.",
    done="The draft is open. Change it below, or submit it for approval as it is.",
    back_to=lambda version, draft: reverse("admin:policies_policyversion_change", args=[draft.pk]),
)


def comparison_address(version: PolicyVersion, other: int | None = None) -> str:
    """The page that compares `version` with another one; without `other`, with the one before it."""
    address = reverse("admin:policies_policyversion_compare", args=[version.pk])
    return f"{address}?with={other}" if other is not None else address


class ComparisonView(View):
    """GET with ?with=N shows what the version changes of version N; the lower number always comes first."""

    model_admin: Any = None

    def get(self, request: HttpRequest, object_id: int) -> HttpResponse:
        version = self.model_admin.get_object(request, str(object_id))
        if version is None:
            raise Http404
        if not self.model_admin.has_view_permission(request, version):
            raise PermissionDenied
        numbers = list(version.policy.versions.order_by("-number").values_list("number", flat=True))
        text = request.GET.get("with", "")
        asked = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
        number = _before(version.number, numbers) if not text else asked
        other = version.policy.versions.filter(number=number).first() if number is not None else None
        problem = f"There is no version '{text[:20]}' of this policy. Choose one below." if text and other is None else ""
        return self._page(request, version, other, numbers, problem)

    def _page(
        self, request: HttpRequest, version: PolicyVersion, other: PolicyVersion | None, numbers: list[int], problem: str
    ) -> HttpResponse:
        now = clock.now()
        current = version_in_force(version.policy, now)
        found: Comparison | None = None
        if other is not None:
            before, after = sorted([other, version], key=lambda one: one.number)
            try:
                found = compare(before, after)
            except PortalError as error:
                problem = error.message
        context = {
            **self.model_admin.admin_site.each_context(request),
            "opts": self.model_admin.opts,
            "original": version,
            "title": f"Compare versions of {version.policy}",
            "media": self.model_admin.media,
            "version": version,
            "page": self.model_admin.page_of(version),
            "policy_page": self.model_admin.page_of(version.policy),
            "numbers": [number for number in numbers if number != version.number],
            "in_force": current.number if current else None,
            "other": other,
            "found": found,
            "columns": [_column(side, current, now) for side in ([found.before, found.after] if found else [told(version)])],
            "problem": problem,
        }
        return render(request, "policies/comparison.html", context, status=404 if problem and other is None else 200)


def _before(number: int, numbers: list[int]) -> int | None:
    """The version before `number`, or the one after it when there is none before."""
    older = [one for one in numbers if one < number]
    return max(older) if older else min((one for one in numbers if one > number), default=None)


def _column(side: Told, current: PolicyVersion | None, now: datetime) -> dict[str, Any]:
    version = side.version
    return {
        "version": version,
        "address": reverse("admin:policies_policyversion_change", args=[version.pk]),
        "phase": phase_beside(version, current.pk if current else None, now).value,
        "starts": moment(version.effective_from, now, empty="–"),
        "deeds": [(deed, moment(deed.at, now)) for deed in side.deeds],
        "accepted": side.accepted,
    }
