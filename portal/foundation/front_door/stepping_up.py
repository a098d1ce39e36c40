"""What is asked again: for these doors somebody must have proved within the last minutes that it is still them.

The doors stand here as data, by the names of their addresses, so that an app needs no code for it. A token opens none of them; see `tokens`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from time import time  # noqa: TID251 - what allauth writes down is by the machine's own clock
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import Resolver404, resolve, reverse

from portal.foundation.request_context import brings_a_token

# Where allauth notes with what, and when, the person of this session proved who they are.
PROOFS, WHOSE = "account_authentication_methods", "account_authentication_methods_user"
SECOND = "mfa"
CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
ALSO_READING = CHANGING | {"GET"}
# Tells the page that comes back to put in what was typed before.
KEPT = "#kept"


@dataclass(frozen=True, slots=True)
class Asked:
    """`words` complete 'You are about to …'. `keys` names verbs behind a thing's 'do'; empty means all."""

    words: str
    keys: frozenset[str] = frozenset()
    methods: frozenset[str] = CHANGING


DOORS: dict[str, Asked] = {
    # The second pair of eyes, and what goes past it.
    "admin:policies_policyversion_approve": Asked("decide on a version of a policy"),
    "admin:policies_policyversion_do": Asked("publish a version at once", frozenset({"publish-at-once"})),
    "admin:policies_urgentpublication_do": Asked("judge what was published at once"),
    "policy-version-approve": Asked("approve a version of a policy"),
    "admin:audit_reviewperiod_do": Asked("sign a review of the trail", frozenset({"sign", "reopen"})),
    "admin:audit_reviewperiod_manifest": Asked("download a signed review of the trail", methods=ALSO_READING),
    "log-review-sign": Asked("sign a review of the trail"),
    "log-review-reopen": Asked("sign a review of the trail"),
    "log-review-manifest": Asked("download a signed review of the trail", methods=ALSO_READING),
    "admin:audit_accesscampaign_do": Asked("sign a review of rights", frozenset({"sign"})),
    "admin:reports_quarterlyreview_do": Asked("sign a quarterly review", frozenset({"sign", "send-back", "restate"})),
    **dict.fromkeys(("quarterly-review-sign", "quarterly-review-send-back", "quarterly-review-restate"), Asked("sign a quarterly review")),
    "admin:reports_quarterlyreview_manifest": Asked("download what was signed", methods=ALSO_READING),
    # What is kept, held and removed.
    "admin:audit_removal_do": Asked("decide on a removal from the trail"),
    "admin:audit_removal_prune": Asked("ask for entries of the trail to be removed"),
    "admin:audit_removal_erase": Asked("ask for a person's data to be erased"),
    "admin:audit_legalhold_do": Asked("lift a legal hold"),
    "admin:audit_retentionperiod_do": Asked("change how long the trail is kept"),
    # What leaves the house.
    "admin:audit_evidenceexport_add": Asked("export evidence"),
    "admin:audit_evidenceexport_download": Asked("download evidence"),
    "admin:audit_ledgerevent_export": Asked("export a part of the trail"),
    "ledger-export-list": Asked("export evidence"),
    "ledger-export-download": Asked("download evidence", methods=ALSO_READING),
    "admin:reports_quarterlypack_build": Asked("build a pack"),
    "admin:reports_quarterlypack_download": Asked("download a pack"),
    **dict.fromkeys(("admin:reports_packschedule_add", "admin:reports_packschedule_change"), Asked("have packs made by themselves")),
    "admin:reports_packschedule_do": Asked("have packs made by themselves", frozenset({"resume", "take_over"})),
    "admin:reports_frozenfigures_evidence": Asked("take evidence out"),
    **dict.fromkeys(
        ("admin:reports_frozenfigures_file", "admin:reports_frozenfigures_files", "admin:reports_frozenfigures_tables"),
        Asked("download a finished pack"),
    ),
    "admin:portal_directorysync_export": Asked("download the list of all people", methods=ALSO_READING),
    "directory-export": Asked("read the list of all people", methods=ALSO_READING),
    # Rights and keys of others.
    "admin:portal_user_add": Asked("make an account"),
    "admin:portal_user_change": Asked("change an account"),
    "admin:portal_user_do": Asked("change how somebody signs in"),
    "admin:portal_objectgrant_add": Asked("give a right on one object"),
    "admin:portal_auditappointment_add": Asked("appoint an auditor"),
    "admin:portal_auditappointment_do": Asked("change what an auditor sees"),
    "admin:portal_apitoken_do": Asked("revoke somebody's API token"),
    "admin:audit_dutyfinding_do": Asked("decide on duties that should not meet"),
    "admin:audit_dutyexception_do": Asked("end an exception for duties"),
    "admin:audit_dutypair_do": Asked("change which duties must not meet"),
    "admin:audit_elevation_add": Asked("take a role for a while"),
    "admin:audit_elevation_do": Asked("judge why somebody took a role", frozenset({"review"})),
    # One's own ways in.
    "front-door-factor-remove": Asked("remove a second factor"),
    "front-door-codes": Asked("make new recovery codes"),
}


def asked_at(name: str, kwargs: dict[str, Any], method: str | None) -> Asked | None:
    """What is asked again at the address of this name, used in this way; None where nothing is."""
    asked = DOORS.get(name)
    if asked is None or method not in asked.methods or (asked.keys and kwargs.get("key") not in asked.keys):
        return None
    return asked


def asked_for(path: str) -> str:
    """The words for somebody who was led here from `path`."""
    try:
        match = resolve(path.partition("?")[0].partition("#")[0])
    except Resolver404:
        return ""
    asked = asked_at(match.view_name, match.kwargs, "POST")
    return asked.words if asked else ""


def stepped_up(request: Any) -> bool:
    """Whether whoever sent `request` proved within the last minutes who they are, with a second factor where they have one."""
    if not settings.STEP_UP_SECONDS or _by_token(request):
        return True
    session = getattr(request, "session", None)
    recent = [proof for proof in proofs_of(session, request.user) if time() - proof["at"] < settings.STEP_UP_SECONDS]
    if any(proof["method"] == SECOND for proof in recent):
        return True
    return bool(recent) and not _has_factor(request.user)


def proofs_of(session: Any, user: Any) -> list[dict[str, Any]]:
    """With what, and when, `user` proved in `session` who they are. What somebody else proved in the same browser is not theirs."""
    if session is None or session.get(WHOSE) is None:
        return []
    return list(session.get(PROOFS, ())) if session[WHOSE] == user._meta.pk.value_to_string(user) else []


def ask(request: HttpRequest) -> HttpResponse:
    """The answer to somebody who has to prove it again: a problem in the API, elsewhere the way to the page that asks, and back."""
    if request.path.startswith("/api/"):
        return _problem()
    there = request.get_full_path() + ("" if request.method == "GET" else KEPT)
    if request.method != "GET" and request.path.startswith(reverse("front-door")):
        # Its buttons have no page of their own.
        there = reverse("front-door")
    # 303: a form that was sent and answered so is not saved, and what was typed stays kept.
    return HttpResponse(status=303, headers={"Location": f"{reverse('account_reauthenticate')}?{urlencode({'next': there})}"})


def ask_again(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For a view that is no door of the list above: asks again before it."""

    @wraps(view)
    def asking(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return view(request, *args, **kwargs) if stepped_up(request) else ask(request)

    return asking


def _problem() -> HttpResponse:
    from portal.foundation.apikit import problems

    words = f"This needs a proof of who you are that is at most {settings.STEP_UP_SECONDS // 60} minutes old. "
    words += f"Open {settings.PORTAL_URL}{reverse('account_reauthenticate')} in this browser, then send the request again."
    return JsonResponse(problems.document(403, words, "step_up_needed"), status=403, content_type=problems.MEDIA_TYPE)


def _by_token(request: Any) -> bool:
    """Whether a token comes through this door, the API itself decides, whatever else the request carries."""
    return brings_a_token(request)


def _has_factor(user: Any) -> bool:
    from .factors import has_factor

    return bool(has_factor(user))
