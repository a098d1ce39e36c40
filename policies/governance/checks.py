"""Every check of a version at once. Pure: the content and what is known about people and schedules come in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from policies.decisions.findings import Finding, found, heaviest_first
from policies.decisions.rota import RotaSnapshot
from policies.decisions.ruleset import PolicySnapshot
from policies.oncall.checks import check_schedule
from policies.pathways.checks import check_levels
from policies.severity.checks import check_thresholds
from portal.foundation import words

from .effect import ladder


@dataclass(frozen=True, slots=True)
class Facts:
    """What the checks know beyond the content: from when to look ahead, the policy's owner, people who left or cannot be
    reached, and the schedules; people and schedules by primary key."""

    since: datetime
    owner_id: int
    owner_name: str
    gone: frozenset[int] = frozenset()
    unreachable: frozenset[int] = frozenset()
    rotas: Mapping[int, RotaSnapshot] = field(default_factory=dict)


def check(content: PolicySnapshot, facts: Facts) -> list[Finding]:
    """Everything the checks say, errors first. The list of checks: docs/rules/checks.md."""
    findings = check_levels(
        content.levels,
        rotations={key: _on_duty_some_time(rota, facts.since) for key, rota in facts.rotas.items()},
        gone=facts.gone,
        unreachable=facts.unreachable,
        resolve_within=content.resolve_within,
    )
    findings += check_thresholds(content.thresholds, {level.number for level in content.levels})
    for rota in facts.rotas.values():
        findings += check_schedule(rota, facts.since, gone=facts.gone, unreachable=facts.unreachable)
    return heaviest_first([*findings, *_owner(facts), *_worst_case(content)])


def _on_duty_some_time(rota: RotaSnapshot, since: datetime) -> set[int]:
    """The rotation; without one, whoever an override that is not over puts on duty."""
    if rota.rotation:
        return {person.person_id for person in rota.rotation}
    return {override.person.person_id for override in rota.overrides if override.ends_at > since}


def _owner(facts: Facts) -> list[Finding]:
    if facts.owner_id in facts.gone:
        return [found("owner.left", "Owner", f"{facts.owner_name}, who owns the policy, can no longer sign in.")]
    if facts.owner_id in facts.unreachable:
        text = f"{facts.owner_name} owns the policy, is told when nobody answered, and has no active contact point."
        return [found("owner.no_contact", "Owner", text)]
    return []


def _worst_case(content: PolicySnapshot) -> list[Finding]:
    """Without an answer from anybody: when each level is reached, and when nobody is left."""
    course = ladder(content)
    reached: dict[int, timedelta] = {}
    for alert in course.alerts:
        reached.setdefault(alert.level, alert.after)
    if not reached:
        return []
    times = [f"level {number} {'after ' + words.duration(after) if after else 'at once'}" for number, after in reached.items()]
    text = (
        f"If nobody answers, an incident reaches {words.listed(times)}; after {words.duration(course.exhausted_after)} nobody is left and "
        "the owner is told."
    )
    return [found("pathway.worst_case", "Levels", text)]
