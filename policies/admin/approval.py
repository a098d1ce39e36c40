"""The approval page: the difference first, checks second, effect third, the decision last."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.views import View
from unfold.widgets import UnfoldAdminTextareaWidget

from policies.governance.approvers import why_not
from policies.governance.deciding import approve_version, send_back_version, still_needed
from policies.governance.models import PolicyVersion
from policies.governance.states import VersionState
from portal.foundation import clock
from portal.foundation.access.checks import may
from portal.foundation.adminkit.bases import show_in
from portal.foundation.errors import PortalError

from .replay import replay_panel
from .review import review_of
from .zoned import in_policy_zone

DECISIONS = {
    "approve": (approve_version, "Approved. Version {number} is in force {start}."),
    "send_back": (send_back_version, "Sent back. Its author sees your words on the version's page."),
}


class DecisionForm(forms.Form):
    """Both decisions need words."""

    reason = forms.CharField(
        label="Your reason",
        max_length=2_000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Why you approve, or what has to change. It stays with the decision in the audit trail.",
        error_messages={"required": "Say in a sentence why you decide so."},
    )


class ApprovalView(View):
    """GET shows what is to be decided; POST with `decision` 'approve' or 'send_back' decides."""

    model_admin: Any = None

    def get(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._page(request, self._version(request, object_id), DecisionForm())

    def post(self, request: HttpRequest, object_id: int) -> HttpResponse:
        version = self._version(request, object_id)
        form = DecisionForm(request.POST)
        chosen = DECISIONS.get(request.POST.get("decision", ""))
        if chosen is None:
            form.add_error(None, "Choose 'Approve' or 'Send back'.")
        if chosen is None or not form.is_valid():
            return self._page(request, version, form, status=400)
        decide, said = chosen
        now = clock.now()
        try:
            decided = decide(version, actor=request.user, now=now, reason=form.cleaned_data["reason"])
        except PortalError as error:
            version.refresh_from_db()
            show_in(form, error)
            return self._page(request, version, form, status=error.status)
        if decided.state == VersionState.SUBMITTED.value:
            messages.success(request, f"Your approval is on record. {still_needed(decided)}")
            return redirect(self.model_admin.page_of(decided))
        start = "now" if decided.effective_from in (None, now) else format_html("from {}", in_policy_zone(decided, now))
        messages.success(request, format_html(said, number=decided.number, start=start))
        return redirect(self.model_admin.page_of(decided))

    def _version(self, request: HttpRequest, object_id: int) -> PolicyVersion:
        version = self.model_admin.get_object(request, str(object_id))
        if version is None:
            raise Http404
        if not self.model_admin.has_view_permission(request, version):
            raise PermissionDenied
        return version  # type: ignore[no-any-return]

    def _page(self, request: HttpRequest, version: PolicyVersion, form: DecisionForm, status: int = 200) -> HttpResponse:
        now = clock.now()
        waits = version.state == VersionState.SUBMITTED.value
        allowed = may(request.user, "policies.approve_policyversion", version)
        own = why_not(version, request.user) if waits else ""
        context = {
            **self.model_admin.admin_site.each_context(request),
            "opts": self.model_admin.opts,
            "original": version,
            "title": f"Decide on {version}",
            "media": self.model_admin.media,
            "first_line": self.model_admin.first_line(version, now),
            "version": version,
            "starts": in_policy_zone(version, now, empty="as soon as it is approved"),
            "page": self.model_admin.page_of(version),
            "form": form,
            "waits": waits,
            "allowed": allowed,
            "own": own,
            "still_needed": still_needed(version),
            "may_decide": waits and allowed and not own,
            **review_of(version, now),
            "replay": replay_panel(version, request, now, back="decision"),
        }
        return render(request, "policies/approval.html", context, status=status)
