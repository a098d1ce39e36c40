"""The page 'Change this threshold': one threshold, its reason, and the draft that the change goes to."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views import View
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from policies.decisions.ruleset import CriterionRule, ThresholdRule
from policies.decisions.vocabulary import Comparison, Track
from policies.governance.approvers import eligible_approvers
from policies.governance.differences import in_words
from policies.governance.editing import SURE, ConditionChange, change_threshold, fingerprint, standing_threshold
from policies.governance.models import PolicyVersion
from policies.governance.standing import own_measures, thresholds_of
from policies.governance.states import VersionState
from policies.severity.models import COMPARISONS, SEVERITIES, Threshold
from portal.foundation import clock, words
from portal.foundation.access.checks import may
from portal.foundation.adminkit.bases import show_in
from portal.foundation.adminkit.fields import DecimalInput, DurationInput
from portal.foundation.errors import Conflict, InvalidInput, PortalError

from .edit_lock import lock_panel
from .review import review_of

MOST = 10**11
MOST_NAMED = 5


def edit_address(threshold: Threshold) -> str:
    return reverse("admin:policies_threshold_edit", args=[threshold.pk])


class ThresholdForm(forms.Form):
    """Severity, level and every condition of one threshold. `conditions` pairs each condition with its bound fields, for the template."""

    severity = forms.ChoiceField(choices=SEVERITIES, widget=UnfoldAdminSelectWidget)
    start_level = forms.TypedChoiceField(label="Starts at level", coerce=int, widget=UnfoldAdminSelectWidget)
    reason = forms.CharField(
        label="Reason for this change",
        max_length=2_000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="What changes and why, for the approver and the auditor.",
        error_messages={"required": "Say in a sentence what you change and why."},
    )
    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, rule: ThresholdRule, levels: list[tuple[int, str]]) -> None:
        super().__init__(data)
        self.rule = rule
        known = dict(levels) | ({} if rule.start_level in dict(levels) else {rule.start_level: f"{rule.start_level}"})
        self.fields["start_level"].choices = sorted(known.items())  # type: ignore[attr-defined]
        self.initial = {"severity": rule.severity.value, "start_level": rule.start_level, "seen": fingerprint(rule)}
        for place, criterion in enumerate(rule.criteria, start=1):
            self._add(place, criterion)

    def _add(self, place: int, criterion: CriterionRule) -> None:
        what, unit = criterion.words.name, criterion.words.unit
        text = UnfoldAdminTextInputWidget
        fields: dict[str, tuple[forms.Field, Any]] = {
            "comparison": (forms.ChoiceField(label=what, choices=COMPARISONS, widget=UnfoldAdminSelectWidget), criterion.comparison.value),
            "value": (DecimalInput(label=f"Value in {unit}" if unit else "Value", max_digits=14, decimal_places=3, max_value=MOST,
                                   widget=text(attrs={"inputmode": "decimal"})), criterion.value),
            "window": (DurationInput(label="Observed over", widget=text), criterion.window),
            "for_at_least": (DurationInput(label="For at least", widget=text), criterion.for_at_least),
        }  # fmt: skip
        for name, (field, initial) in fields.items():
            self.fields[f"{name}_{place}"] = field
            self.initial[f"{name}_{place}"] = initial

    def ask_if_sure(self, why: list[str]) -> None:
        """Adds the tick with the words of why it is asked for."""
        self.fields[SURE] = forms.BooleanField(label="Yes, I mean it", required=False)
        self.why_sure = why

    @property
    def conditions(self) -> list[tuple[CriterionRule, list[forms.BoundField]]]:
        names = ("comparison", "value", "window", "for_at_least")
        return [(criterion, [self[f"{name}_{place}"] for name in names]) for place, criterion in enumerate(self.rule.criteria, start=1)]

    @property
    def follows(self) -> list[forms.BoundField]:
        """What follows when the threshold holds."""
        return [self["severity"], self["start_level"]]

    def changes(self) -> list[ConditionChange]:
        data = self.cleaned_data
        return [
            ConditionChange(place, Comparison(data[f"comparison_{place}"]), data[f"value_{place}"], data[f"window_{place}"],
                            data[f"for_at_least_{place}"])
            for place in range(1, len(self.rule.criteria) + 1)
        ]  # fmt: skip


class ThresholdEditView(View):
    """GET shows the form with what the next version would say; POST makes the change in the policy's draft."""

    model_admin: Any = None

    def get(self, request: HttpRequest, object_id: int) -> HttpResponse:
        threshold = self._threshold(request, object_id)
        base, rule = standing_threshold(threshold.version.policy, threshold.name)
        open_to_change = base is not None and rule is not None and base.state != VersionState.SUBMITTED.value
        form = ThresholdForm(rule=rule, levels=_levels(base)) if open_to_change and rule is not None else None
        return self._page(request, threshold, base, rule, form)

    def post(self, request: HttpRequest, object_id: int) -> HttpResponse:
        threshold = self._threshold(request, object_id)
        policy = threshold.version.policy
        base, rule = standing_threshold(policy, threshold.name)
        # Where it is gone from the draft, what was typed is shown beside what it was.
        shown = rule or standing_rule(threshold)
        form = ThresholdForm(request.POST, rule=shown, levels=_levels(base))
        if not form.is_valid():
            return self._page(request, threshold, base, rule, form, status=400)
        data = form.cleaned_data
        try:
            draft = change_threshold(
                policy,
                threshold.name,
                severity=data["severity"],
                start_level=data["start_level"],
                conditions=form.changes(),
                actor=request.user,
                now=clock.now(),
                reason=data["reason"],
                sure=SURE in request.POST,
                seen=data["seen"],
            )
        except PortalError as error:
            return self._refused(request, threshold, form, error)
        messages.success(request, f"{draft} says so now. It is a draft: nothing changes until somebody else approves it.")
        return redirect(f"{edit_address(threshold)}#pending")

    def _refused(self, request: HttpRequest, threshold: Threshold, form: ThresholdForm, error: PortalError) -> HttpResponse:
        """The same page with what was typed and why it was not saved."""
        base, rule = standing_threshold(threshold.version.policy, threshold.name)
        if isinstance(error, InvalidInput) and SURE in error.fields:
            form.ask_if_sure(error.fields[SURE])
        else:
            show_in(form, error)
        if isinstance(error, Conflict) and rule is not None:
            # Whoever sends it again has read what stands there now.
            form.data = {**dict(form.data.items()), "seen": fingerprint(rule)}
        return self._page(request, threshold, base, rule, form, status=error.status)

    def _threshold(self, request: HttpRequest, object_id: int) -> Threshold:
        threshold = self.model_admin.get_object(request, str(object_id))
        if threshold is None:
            raise Http404
        if not self.model_admin.has_view_permission(request, threshold) or not may(request.user, "policies.change_threshold"):
            raise PermissionDenied
        return threshold  # type: ignore[no-any-return]

    def _page(
        self,
        request: HttpRequest,
        threshold: Threshold,
        base: PolicyVersion | None,
        rule: ThresholdRule | None,
        form: ThresholdForm | None,
        status: int = 200,
    ) -> HttpResponse:
        now = clock.now()
        policy = threshold.version.policy
        draft = base if base is not None and base.state == VersionState.DRAFT.value else None
        submitted = base if base is not None and base.state == VersionState.SUBMITTED.value else None
        context = {
            **self.model_admin.admin_site.each_context(request),
            "opts": self.model_admin.opts,
            "original": threshold,
            "title": f"Change {threshold.name}",
            "media": self.model_admin.media,
            "threshold": threshold,
            "policy": policy,
            "policy_page": self.model_admin.page_of(policy),
            "in_force": in_words(standing_rule(threshold)),
            "stands": in_words(rule) if rule is not None else "",
            "form": form,
            "base": base,
            "base_page": self.model_admin.page_of(base) if base is not None else "",
            "draft": draft,
            "submitted": submitted is not None,
            "approvers": words.listed([str(person) for person in eligible_approvers(submitted)[:MOST_NAMED]]) if submitted else "",
            "list": reverse("admin:policies_threshold_changelist"),
            **(self._draft_panels(request, draft, now) if draft is not None else {}),
        }
        return render(request, "policies/threshold_edit.html", context, status=status)

    def _draft_panels(self, request: HttpRequest, draft: PolicyVersion, now: datetime) -> dict[str, Any]:
        submit = reverse("admin:policies_policyversion_do", args=[draft.pk, "submit"])
        lock = lock_panel(draft, request, now)
        return {
            **review_of(draft, now),
            "lock": lock,
            "reading": lock["take_over"] != "",
            "submit": submit if may(request.user, "policies.submit_policyversion", draft) else "",
        }


def standing_rule(threshold: Threshold) -> ThresholdRule:
    """What this very row says."""
    return thresholds_of([threshold.version_id], own_measures(), [threshold.name])[threshold.version_id][threshold.name]


def _levels(base: PolicyVersion | None) -> list[tuple[int, str]]:
    if base is None:
        return []
    levels = base.levels.filter(track=Track.TECHNICAL.value).order_by("number").values_list("number", "name")
    return [(number, f"{number}: {name}") for number, name in levels]
