"""The form of a draft: one person at a time, nothing typed is lost, and values far from their history are asked about."""

from datetime import datetime
from typing import Any

from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path

from policies.governance.editing import SURE, doubts, history_of
from policies.governance.locks import take_lock
from policies.governance.models import PolicyVersion
from policies.governance.standing import own_measures, thresholds_of
from policies.governance.states import VersionState
from portal.foundation import clock
from portal.foundation.adminkit.moments import written
from portal.foundation.errors import InvalidInput, PortalError, WrongState

from .edit_lock import LockView, held_by_another, lock_panel


class DraftEditing:
    """For the admin page of versions. A save that cannot be is answered with the form as it was typed and the reason (409)."""

    change_form_before_template = "policies/draft_form_top.html"

    def get_urls(self) -> list[URLPattern]:
        site: Any = self.admin_site  # type: ignore[attr-defined]
        lock = site.admin_view(LockView.as_view(model_admin=self))
        return [path("<int:object_id>/lock/", lock, name="policies_policyversion_lock"), *super().get_urls()]  # type: ignore[misc]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only drafts, by one person at a time; and whoever is refused sees what they typed in the form once more."""
        allowed = bool(super().has_change_permission(request, obj))  # type: ignore[misc]
        if obj is None or not allowed or getattr(request, "portal_refusal", None) is not None:
            return allowed
        return obj.state == VersionState.DRAFT.value and not _held(request, obj)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        at: Any = request
        version = self.get_object(request, unquote(object_id)) if request.method == "POST" and object_id else None  # type: ignore[attr-defined]
        if version is not None:
            at.portal_refusal = why_not_now(version, request.user, clock.now()) or getattr(at, "portal_refusal", None)
        answer: HttpResponse = super().changeform_view(request, object_id, form_url, extra_context)  # type: ignore[misc]
        if isinstance(getattr(at, "portal_refusal", None), WrongState) and answer.status_code == 200:
            answer.status_code = WrongState.status
        return answer

    def before_save(self, request: HttpRequest, obj: Any, now: datetime, *, adding: bool) -> None:
        take_lock(obj, actor=request.user, now=now)
        request.portal_said = thresholds_of([obj.pk], own_measures()).get(obj.pk, {})  # type: ignore[attr-defined]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)  # type: ignore[misc]
        if SURE not in request.POST:
            ask_if_sure(form.instance, request.portal_said)  # type: ignore[attr-defined]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        refusal, version = getattr(request, "portal_refusal", None), kwargs.get("obj")
        context["ask_if_sure"] = isinstance(refusal, InvalidInput) and SURE in refusal.fields
        if version is not None:
            context["lock"] = lock_panel(version, request, clock.now())
        return super().render_change_form(request, context, **kwargs)  # type: ignore[misc, no-any-return]


def why_not_now(version: PolicyVersion, editor: Any, now: datetime) -> PortalError | None:
    """Why `editor` cannot save `version` now, in words that say what to do with what was typed; None when they can."""
    kept = "Nothing was saved. What you typed stands below"
    if version.state == VersionState.SUBMITTED.value and version.submitted_at is not None:
        return WrongState(
            f"{version} was submitted by {version.submitted_by} on {written(version.submitted_at)} and waits for approval. {kept}: withdraw "
            "the version on its page in another tab, then save again; or keep it for the next draft."
        )
    if version.state != VersionState.DRAFT.value:
        return WrongState(f"{version} is {version.get_state_display()} by now, so it cannot be changed. {kept}: put it into a new draft.")
    if held_by_another(version, editor, now):
        return WrongState(
            f"{version.edit_lock.person} is editing {version}, at the latest until {written(version.edit_lock.until)}. {kept}: take the draft "
            "over with a reason, or wait, then save again."
        )
    return None


def ask_if_sure(version: PolicyVersion, before: dict[str, Any]) -> None:
    """Raises InvalidInput with the field 'sure' for each condition that this save puts far from its history. `before`: what it said."""
    after = thresholds_of([version.pk], own_measures()).get(version.pk, {})
    changed = {name: rule for name, rule in after.items() if before.get(name) != rule}
    if not changed:
        return
    past = history_of(version.policy, list(changed))
    asked = [
        f"{name}: {text}"
        for name, rule in changed.items()
        for text in doubts(rule, [*past[name], *([before[name]] if name in before else [])])
    ]
    if asked:
        raise InvalidInput("Are you sure? " + " ".join(asked), {SURE: ["Are you sure? Nothing was saved yet.", *asked]})


def _held(request: HttpRequest, version: PolicyVersion) -> bool:
    """Asked many times while one page is made; looked up once."""
    known: dict[int, bool] = request.__dict__.setdefault("portal_held", {})
    if version.pk not in known:
        known[version.pk] = held_by_another(version, request.user, clock.now())
    return known[version.pk]
