"""What a caller of the API can reach, and the numbers of a query string."""

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from rest_framework.exceptions import ValidationError

from policies.governance.queries import current_of, version_in_force
from policies.governance.states import VersionState
from policies.models import EscalationPolicy, PolicyVersion
from portal.foundation.access.checks import visible_to
from portal.foundation.apikit.fields import aware_in_query

OPEN = (VersionState.DRAFT.value, VersionState.SUBMITTED.value)
IN_FORCE = "in-force"
_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)


def policies_for(caller: Any, now: datetime) -> QuerySet[EscalationPolicy]:
    """The policies that `caller` may read, by name, each with the numbers of its version in force at `now` and of its open version."""
    versions = PolicyVersion.objects.filter(policy=OuterRef("pk"))
    known = EscalationPolicy.objects.select_related("service", "business_unit", "owner").annotate(
        in_force_number=Subquery(current_of("pk", now).values("number")),
        open_number=Subquery(versions.filter(state__in=OPEN).values("number")[:1]),
    )
    return visible_to(caller, known.order_by("name"), "policies.view_escalationpolicy")


def versions_for(caller: Any, policy: EscalationPolicy) -> QuerySet[PolicyVersion]:
    """The versions of `policy` that `caller` may read, newest first."""
    versions = policy.versions.select_related("policy__service", "policy__business_unit", "author", "submitted_by").prefetch_related(
        "approvals__decided_by", "approvals__requested_by"
    )
    return visible_to(caller, versions.order_by("-number"), "policies.view_policyversion")


def phases(policy: EscalationPolicy, now: datetime) -> dict[str, Any]:
    """What the serializers need to tell a version's phase without asking for each."""
    current = version_in_force(policy, now)
    return {"now": now, "in_force": current.pk if current else None}


def number_in_query(asked: Mapping[str, str], name: str) -> int:
    """The version number that a query string names. Raises ValidationError in words."""
    text = asked.get(name, "")
    if not _NUMBER.fullmatch(text):
        raise ValidationError({name: ["Give the number of a version, e.g. 2, or in-force."]})
    return int(text)


def instant_in_query(asked: Mapping[str, str], now: datetime) -> datetime:
    """The instant that 'at' names; `now` without it. Raises ValidationError in words."""
    if "at" not in asked:
        return now
    try:
        return aware_in_query(asked["at"])
    except ValidationError as error:
        raise ValidationError({"at": error.detail}) from error


def refuse_unknown(asked: Mapping[str, str], known: Collection[str]) -> None:
    """Raises ValidationError for parts of a query string that nobody reads."""
    unknown = sorted(set(asked) - set(known))
    if unknown:
        raise ValidationError({name[:60]: [f"Unknown parameter. Known: {', '.join(sorted(known))}."] for name in unknown[:20]})
