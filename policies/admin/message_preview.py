"""The messages of a version as people would get them: on a sample, or on a real incident that the reader may see."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View
from unfold.widgets import UnfoldAdminTextInputWidget

from policies.decisions.ruleset import MessageRule, PolicySnapshot
from policies.governance.models import PolicyVersion
from policies.governance.snapshots import draft_snapshot, snapshot_of
from policies.governance.states import VersionState
from policies.messages.preview import preview
from policies.messages.rendering import VARIABLES
from portal.foundation.errors import PortalError

from .reading import message


class IncidentForm(forms.Form):
    """Which incident; empty for the sample."""

    incident = forms.CharField(
        label="Number of an incident",
        required=False,
        max_length=40,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "INC-000123"}),
        help_text="Empty: a sample incident that does not exist.",
    )


class MessagePreviewView(View):
    """GET, with ?incident=number for a real one."""

    model_admin: Any = None

    def get(self, request: HttpRequest, object_id: int) -> HttpResponse:
        version = self.model_admin.get_object(request, str(object_id))
        if version is None:
            raise Http404
        if not self.model_admin.has_view_permission(request, version):
            raise PermissionDenied
        form = IncidentForm(request.GET if "incident" in request.GET else None)
        number = form.cleaned_data["incident"] if form.is_bound and form.is_valid() else ""
        rows, problem = _shown(version, number, request.user)
        if problem and number:
            form.add_error("incident", problem)
            rows, problem = _shown(version, "", request.user)
        context = {
            **self.model_admin.admin_site.each_context(request),
            "opts": self.model_admin.opts,
            "original": version,
            "title": f"Messages of {version}",
            "media": self.model_admin.media,
            "version": version,
            "page": self.model_admin.page_of(version),
            "form": form,
            "rows": rows,
            "problem": problem,
            "variables": [(name, variable.description, variable.sample) for name, variable in VARIABLES.items()],
        }
        return render(request, "policies/message_preview.html", context, status=400 if form.errors else 200)


def _shown(version: PolicyVersion, number: str, viewer: Any) -> tuple[list[dict[str, Any]], str]:
    """The messages with what they would say, or what keeps them from being shown."""
    editable = version.state in (VersionState.DRAFT.value, VersionState.DISCARDED.value)
    try:
        content = draft_snapshot(version) if editable else snapshot_of(version)
        return [_row(content, rule, number, viewer) for rule in content.messages], ""
    except PortalError as error:
        return [], error.message


def _row(content: PolicySnapshot, rule: MessageRule, number: str, viewer: Any) -> dict[str, Any]:
    named = next((level.name for level in content.levels_of(rule.track) if level.number == rule.level), "")
    said = preview(rule.subject, rule.body, viewer=viewer, number=number, level=rule.level, level_name=named)
    return {"where": message(rule)["where"], "said": said}
