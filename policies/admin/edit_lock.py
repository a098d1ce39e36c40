"""Who is editing a draft now, on its pages: the banner, taking it at the first key, and taking it over."""

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views import View

from policies.governance.locks import lock_of, take_lock, take_over_lock
from policies.governance.models import PolicyVersion
from policies.governance.states import VersionState
from portal.foundation import clock
from portal.foundation.access.checks import may
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.verbs import Verb
from portal.foundation.errors import PortalError

CHANGE = "policies.change_policyversion"


def held_by_another(version: PolicyVersion, reader: Any, now: datetime) -> bool:
    """Whether `version` is a draft that somebody else is editing."""
    lock = lock_of(version, now) if version.state == VersionState.DRAFT.value else None
    return lock is not None and lock.person_id != reader.pk


def held(version: PolicyVersion) -> bool:
    """Whether anybody is editing the draft: only then there is something to take over."""
    return version.state == VersionState.DRAFT.value and lock_of(version, clock.now()) is not None


TAKE_OVER = Verb(
    key="take-over",
    label="Take over",
    run=take_over_lock,
    permission=CHANGE,
    possible=held,
    consequence="You edit the draft from now on. What the other person typed and did not save cannot be saved by them any more.",
    ask="Why do you take it over? The words stay in the audit trail, with the name of whoever had it.",
    done="You are editing the draft now.",
)


def lock_panel(version: PolicyVersion, request: HttpRequest, now: datetime) -> dict[str, Any]:
    """Context for policies/edit_lock.html: who edits the draft, and where the page tells that its reader does."""
    lock = lock_of(version, now) if version.state == VersionState.DRAFT.value else None
    mine = lock is not None and lock.person_id == request.user.pk
    editor = version.state == VersionState.DRAFT.value and may(request.user, CHANGE, version)
    return {
        "person": lock.person if lock is not None else None,
        "mine": mine,
        "since": moment(lock.since, now) if lock is not None else "",
        "until": moment(lock.until, now) if lock is not None else "",
        "take_over": reverse("admin:policies_policyversion_do", args=[version.pk, TAKE_OVER.key]) if editor and lock and not mine else "",
        "address": reverse("admin:policies_policyversion_lock", args=[version.pk]) if editor else "",
    }


class LockView(View):
    """POST at the first key on a draft's form: takes the lock, or says who has it (409). The script of the page asks."""

    model_admin: Any = None

    def post(self, request: HttpRequest, object_id: int) -> HttpResponse:
        version = self.model_admin.get_object(request, str(object_id))
        if version is None:
            raise Http404
        if not self.model_admin.has_view_permission(request, version):
            raise PermissionDenied
        try:
            take_lock(version, actor=request.user, now=clock.now())
        except PortalError as error:
            return JsonResponse(
                {"words": f"{error.message} What you type stays in this browser, and cannot be saved now."}, status=error.status
            )
        return JsonResponse({"words": "You are editing this draft. Others see that."})
