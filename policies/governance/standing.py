"""Many thresholds at once: what versions say, what is coming, and which version brought what is in force. A fixed number of queries."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from policies.decisions.ruleset import CriterionRule, MeasureRule, ThresholdRule
from policies.decisions.vocabulary import Comparison, Severity
from policies.severity.models import Criterion, OwnMeasure, Threshold

from .models import Approval, PolicyVersion
from .states import VersionState

Said = dict[int, dict[str, ThresholdRule]]
OPEN = (VersionState.DRAFT.value, VersionState.SUBMITTED.value)


@dataclass(frozen=True, slots=True)
class Brought:
    """The version that brought a threshold as it is in force: when it started, who wrote it and who approved it."""

    version: PolicyVersion
    approver: str


def own_measures() -> dict[str, MeasureRule]:
    """The organisation's own measures by key. One query."""
    rows = OwnMeasure.objects.values_list("key", "name", "unit", "highest")
    return {key: MeasureRule(key, name, unit, highest) for key, name, unit, highest in rows}


def thresholds_of(versions: Iterable[int], own: dict[str, MeasureRule], names: Collection[str] | None = None) -> Said:
    """What each version (by primary key) says, by the threshold's name; with `names`, of those alone. Conditions stand by measure, then as
    they were made. Two queries."""
    rows = Threshold.objects.filter(version__in=list(versions))
    if names is not None:
        rows = rows.filter(name__in=names)
    conditions: dict[int, list[CriterionRule]] = {}
    criteria = Criterion.objects.filter(threshold__in=rows.order_by().values("pk")).order_by("measure", "pk")
    for threshold, measure, comparison, value, window, lasting in criteria.values_list(
        "threshold_id", "measure", "comparison", "value", "window", "for_at_least"
    ):
        condition = CriterionRule(measure, Comparison(comparison), value, window, lasting, own.get(measure))
        conditions.setdefault(threshold, []).append(condition)
    said: Said = {}
    for key, version, name, combine, severity, level, runbook in rows.order_by().values_list(
        "pk", "version_id", "name", "combine", "severity", "start_level", "runbook_id"
    ):
        rule = ThresholdRule(name, combine, Severity(severity), level, tuple(conditions.get(key, ())), runbook)
        said.setdefault(version, {})[name] = rule
    return said


def coming(policies: Iterable[int], at: datetime) -> dict[int, list[PolicyVersion]]:
    """Versions not in force yet, by policy: approved for later first, the earliest first, then the open one. One query."""
    waiting = Q(state__in=OPEN) | Q(state=VersionState.APPROVED.value, effective_from__gt=at)
    found = PolicyVersion.objects.filter(waiting, policy__in=list(policies)).select_related("author", "submitted_by").defer("content")
    by_policy: dict[int, list[PolicyVersion]] = {}
    for version in sorted(found, key=lambda one: (one.state in OPEN, one.effective_from or at, one.number)):
        by_policy.setdefault(version.policy_id, []).append(version)
    return by_policy


def brought(in_force: Iterable[PolicyVersion], names: Collection[str], own: dict[str, MeasureRule]) -> dict[tuple[int, str], Brought]:
    """For each version in force and each of `names` that it says: since which version it says that without a break. Four queries."""
    current = {version.policy_id: version for version in in_force}
    approved = PolicyVersion.objects.filter(policy__in=list(current), state=VersionState.APPROVED.value)
    past: dict[int, list[PolicyVersion]] = {}
    for version in approved.select_related("author").defer("content").order_by("-effective_from", "-number"):
        past.setdefault(version.policy_id, []).append(version)
    lines = {policy: line_before(version, past.get(policy, [])) for policy, version in current.items()}
    said = thresholds_of([version.pk for line in lines.values() for version in line], own, names)
    since: dict[tuple[int, str], PolicyVersion] = {}
    for policy, version in current.items():
        for name, rule in said.get(version.pk, {}).items():
            since[version.pk, name] = _first(rule, name, lines[policy], said)
    approvers = _approvers({version.pk for version in since.values()})
    return {key: Brought(version, approvers.get(version.pk, "")) for key, version in since.items()}


def line_before(version: PolicyVersion, newest_first: Iterable[PolicyVersion]) -> list[PolicyVersion]:
    """`version` and what was in force before it, back to the first: each was in force when the next one started."""
    line = [version]
    for older in newest_first:
        start: Any = line[-1].effective_from
        ended = older.effective_until is not None and older.effective_until <= start
        if older.effective_from is not None and older.effective_from < start and not ended:
            line.append(older)
    return line


def _first(rule: ThresholdRule, name: str, line: list[PolicyVersion], said: Said) -> PolicyVersion:
    found = line[0]
    for version in line[1:]:
        if said.get(version.pk, {}).get(name) != rule:
            break
        found = version
    return found


def _approvers(versions: set[int]) -> dict[int, str]:
    decisions = Approval.objects.filter(version__in=versions, decision=Approval.Decision.APPROVED).select_related("decided_by")
    names: dict[int, list[str]] = {}
    for decision in decisions.order_by("decided_at"):
        names.setdefault(decision.version_id, []).append(str(decision.decided_by))
    return {version: ", ".join(people) for version, people in names.items()}
