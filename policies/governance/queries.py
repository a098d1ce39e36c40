"""Which version is in force, what it says, and what stands in the way of a change."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import QuerySet, Subquery

from policies.catalogue.models import Service
from policies.decisions.findings import Finding
from policies.decisions.ruleset import PolicySnapshot
from policies.decisions.scopes import ORDER, RulesInForce
from policies.decisions.vocabulary import Scope
from policies.pathways.models import EscalationPolicy

from .acting import acting_versions
from .checks import Facts, check
from .facts import gather
from .in_force import current_of, in_force_for, policies_for, started
from .known import known_rules, source_of
from .models import Approval, PolicyVersion
from .snapshots import draft_snapshot, snapshot_of
from .states import Phase, VersionState

# snapshot_of is asked for here by other apps.
__all__ = [
    "approved_for",
    "current_of",
    "facts_about",
    "findings_on",
    "in_force_everywhere",
    "latest_approved",
    "open_version",
    "phase_beside",
    "phase_of",
    "policies_for",
    "replaced_by",
    "rules_in_force",
    "rules_of",
    "snapshot_of",
    "source_of",
    "version_in_force",
    "versions_in_force",
]

# Where the policy and the instant stand in a statement that is put together beforehand; neither ever comes from outside.
POLICY, INSTANT = -1, datetime(1970, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


def versions_in_force(service: Service, at: datetime) -> list[PolicyVersion]:
    """The version in force of every policy that speaks for `service`, the narrowest scope first. One query."""
    found = in_force_for(service, at).select_related("policy__service", "policy__business_unit", "policy__owner")
    return sorted(found, key=lambda version: ORDER.index(Scope(version.policy.scope)))


def in_force_everywhere(at: datetime) -> QuerySet[EscalationPolicy, Any]:
    """The primary key of the version in force of every policy that has one; a subquery for `version__in`."""
    policies = EscalationPolicy.objects.order_by().annotate(current=Subquery(current_of("pk", at).values("pk")))
    return policies.filter(current__isnull=False).values("current")


def rules_in_force(service: Service, at: datetime) -> RulesInForce:
    """The rules that count for `service` at `at`, and which policy supplies each part. One query."""
    return rules_of(acting_versions(service, at))


def rules_of(versions: Iterable[PolicyVersion]) -> RulesInForce:
    """The rules of these versions together. Raises WrongState for frozen content that does not have its hash."""
    return known_rules(list(versions))


def version_in_force(policy: EscalationPolicy, at: datetime) -> PolicyVersion | None:
    """The approved version with the latest start that is not after `at`; of two with the same start, the higher number.

    One that was published at once counts until it ends. A version never takes effect before its approval, so the answer for a past
    instant never changes. One query, of words that were put together once: every decision on an incident begins here.
    """
    statement, asked = _words_for_one(connection.vendor)
    values = {POLICY: policy.pk, INSTANT: at}
    found = next(iter(PolicyVersion.objects.raw(statement, [values.get(value, value) for value in asked])), None)
    if found is not None:
        found.policy = policy
    return found


@cache
def _words_for_one(vendor: str) -> tuple[str, tuple[Any, ...]]:
    """The statement of `started` for one policy and one instant, and its values with POLICY and INSTANT where those belong."""
    statement, asked = started(PolicyVersion.objects.filter(policy=POLICY), INSTANT)[:1].query.sql_with_params()
    written = connection.ops.adapt_datetimefield_value(INSTANT)
    return statement, tuple(INSTANT if value == written else value for value in asked)


def latest_approved(policy: EscalationPolicy) -> PolicyVersion | None:
    """The approved version that will be in force when nothing else is approved: what a new draft starts from.

    One that was published at once ends by itself, so it is none; to keep what it says, draft from it.
    """
    approved = policy.versions.filter(state=VersionState.APPROVED.value, effective_until__isnull=True)
    return approved.order_by("-effective_from", "-number").first()


def open_version(policy: EscalationPolicy) -> PolicyVersion | None:
    """The draft or the version waiting for approval; a policy has one at most."""
    return policy.versions.filter(state__in=[VersionState.DRAFT.value, VersionState.SUBMITTED.value]).first()


def replaced_by(version: PolicyVersion, at: datetime) -> PolicyVersion | None:
    """What `version` takes the place of: the version in force when it starts, and not itself."""
    start = max(version.effective_from, at) if version.effective_from and version.approved_at is None else version.effective_from or at
    others = started(version.policy.versions.exclude(pk=version.pk), start)
    if version.approved_at is not None:
        others = others.filter(approved_at__lte=version.approved_at)
    return others.first()


def phase_of(version: PolicyVersion, at: datetime) -> Phase:
    """What `version` is at `at`: scheduled, in force and superseded are approved versions seen in time."""
    current = version_in_force(version.policy, at) if version.state == VersionState.APPROVED.value else None
    return phase_beside(version, current.pk if current else None, at)


def phase_beside(version: PolicyVersion, in_force: int | None, at: datetime) -> Phase:
    """The same, for a caller that knows the primary key of the version in force; no query."""
    if version.state != VersionState.APPROVED.value:
        return {"draft": Phase.DRAFT, "submitted": Phase.SUBMITTED, "discarded": Phase.DISCARDED}[version.state]
    if version.effective_from is None or version.effective_from > at:
        return Phase.SCHEDULED
    return Phase.IN_FORCE if version.pk == in_force else Phase.SUPERSEDED


def findings_on(version: PolicyVersion, snapshot: PolicySnapshot | None = None, *, now: datetime | None = None) -> list[Finding]:
    """What the checks say about `version`: about its rows, or about `snapshot` when given. Errors first.

    Schedules are looked at from `now`, or from the version's start when that is later; without `now`, from when it was drafted.
    """
    content = snapshot or draft_snapshot(version)
    at = now or version.created_at
    return check(content, facts_about(version, content, max(at, version.effective_from or at)))


def facts_about(version: PolicyVersion, content: PolicySnapshot, since: datetime) -> Facts:
    """What the checks need to know beyond `content`, as things are when it takes effect. Ten queries at most."""
    policy = version.policy
    in_force = EscalationPolicy.objects.order_by().annotate(current=Subquery(current_of("pk", since).values("pk"))).values("current")
    if policy.service is not None:
        speaking = [other for other in versions_in_force(policy.service, since) if other.policy_id != policy.pk]
    else:
        # Of tiers and business units neither is the whole of the other: only the organisation's policy is broader than each.
        everywhere = PolicyVersion.objects.filter(pk__in=in_force, policy__scope=Scope.GLOBAL).exclude(policy=policy)
        speaking = list(everywhere.select_related("policy"))
    broader = [(source_of(other), snapshot_of(other)) for other in speaking]
    return gather(version, content, since, broader=broader, in_force=in_force)


def approved_for(version: PolicyVersion) -> Approval | None:
    """The approval that put `version` in force, or None, as for one that was published at once."""
    return version.approvals.filter(decision=Approval.Decision.APPROVED).select_related("decided_by").first()
