"""Who owes what, read in a constant number of queries, and one person's own list."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Max, Min, Q

from policies.governance.models import PolicyVersion
from policies.governance.states import VersionState
from policies.pathways.models import EscalationPolicy
from portal.foundation.people.models import User

from .models import Acceptance, KnowledgeDuty, TrainingRecord
from .owed import Duty, InForce, Obligation, Standing, obligations, people_of


@dataclass(frozen=True, slots=True)
class Owed:
    """An obligation with the rows it is about, for pages and messages."""

    obligation: Obligation
    policy: EscalationPolicy
    version: PolicyVersion
    person: User

    def standing(self, at: datetime) -> Standing:
        return self.obligation.standing(at)


def everything_owed(at: datetime, *, person: Any = None, policy: Any = None) -> list[Owed]:
    """What everybody owes at `at`, or one person, or for one policy; accepted ones too. Ten queries, whatever the numbers."""
    found = owed_at(at, person=person, policy=policy)
    versions = PolicyVersion.objects.filter(pk__in={each.version_id for each in found}).defer("content")
    by_version = {version.pk: version for version in versions.select_related("policy")}
    people = User.objects.in_bulk({each.person_id for each in found})
    return [
        Owed(each, by_version[each.version_id].policy, by_version[each.version_id], people[each.person_id])
        for each in found
        if each.version_id in by_version
    ]


def owed_at(at: datetime, *, person: Any = None, policy: Any = None) -> list[Obligation]:
    """The same as plain values, by the duties, teams and roles as they are now. Acceptances after `at` do not count."""
    rows = KnowledgeDuty.objects.order_by("pk")
    if policy is not None:
        rows = rows.filter(policy=policy)
    duties = _duties(rows, person)
    policies = {duty.policy_id for duty in duties}
    people = frozenset().union(*(duty.people for duty in duties)) if duties else frozenset()
    in_force = versions_at(at, policies)
    accepted = Acceptance.objects.filter(
        version__in=[each.version_id for each in in_force.values()], person__in=people, accepted_at__lte=at
    )
    trained = TrainingRecord.objects.filter(policy__in=policies, person__in=people, recorded_at__lte=at).values_list("policy", "person")
    return obligations(
        duties,
        in_force,
        joined=dict(User.objects.filter(pk__in=people).values_list("pk", "date_joined")),
        accepted={(version, who): when for version, who, when in accepted.values_list("version_id", "person_id", "accepted_at")},
        trained={(of, who): until for of, who, until in trained.order_by().annotate(until=Max("expires_on"))},
        today=at.astimezone(UTC).date(),
    )


def versions_at(at: datetime, policies: Iterable[int]) -> dict[int, InForce]:
    """The version in force of each of `policies` at `at`. One query."""
    running = Q(effective_until__isnull=True) | Q(effective_until__gt=at)
    started = PolicyVersion.objects.filter(
        running, policy__in=policies, state=VersionState.APPROVED.value, effective_from__lte=at
    ).order_by("effective_from", "number")
    # The last one of each policy stays.
    return {
        policy: InForce(version, since)
        for policy, version, since in started.values_list("policy_id", "pk", "effective_from")
        if since is not None
    }


def my_acceptance(version: PolicyVersion, person: Any) -> Acceptance | None:
    """The acceptance of `version` by `person`, or None."""
    return version.acceptances.filter(person=person).first()


def has_duty(person: Any, policy: EscalationPolicy) -> bool:
    """Whether `person` must know `policy`: by name, by a team or by a role."""
    mine = Q(person=person) | Q(team__members=person) | Q(group__user=person)
    return KnowledgeDuty.objects.filter(mine, policy=policy).exists()


def _duties(rows: Any, person: Any) -> list[Duty]:
    duties = list(rows.values("pk", "policy_id", "person_id", "team_id", "group_id", "within_days", "needs_training"))
    teams, groups = {row["team_id"] for row in duties}, {row["group_id"] for row in duties}
    active = set(_active(person).values_list("pk", flat=True))
    members: dict[tuple[str, int], set[int]] = defaultdict(set)
    for team, who in User.objects.filter(teams__in=teams - {None}, pk__in=active).values_list("teams", "pk"):
        members["team", team].add(who)
    for group, who in User.objects.filter(groups__in=groups - {None}, pk__in=active).values_list("groups", "pk"):
        members["group", group].add(who)
    histories: Any = KnowledgeDuty
    told = histories.history.filter(id__in=[row["pk"] for row in duties]).order_by().values_list("id").annotate(first=Min("history_date"))
    since = dict(told)
    earliest = datetime.min.replace(tzinfo=UTC)
    return [
        Duty(
            policy_id=row["policy_id"],
            people=people_of(row["person_id"], members["team", row["team_id"]] | members["group", row["group_id"]], active),
            within_days=row["within_days"],
            needs_training=row["needs_training"],
            since=since.get(row["pk"], earliest),
        )
        for row in duties
    ]


def _active(person: Any) -> Any:
    there = User.objects.filter(is_active=True, origin=User.Origin.PORTAL)
    return there if person is None else there.filter(pk=person.pk)
