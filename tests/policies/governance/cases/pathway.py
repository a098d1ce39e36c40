"""Levels, targets and tracks."""

from dataclasses import replace

from policies.decisions.ruleset import NOTHING, PolicySnapshot, SeverityRule
from policies.decisions.vocabulary import Severity

from .base import (
    ANA,
    FACTS,
    GOOD,
    HEAD,
    LEVELS,
    MINUTE,
    OLGA,
    OMAR,
    PAYMENTS_ROTA,
    PAYMENTS_TEAM,
    SOFIA,
    TOM,
    Case,
    Pair,
    beside,
    good,
    legal,
    level,
    levels,
    people,
    rota,
    saying,
    serving,
    targets,
    without,
)

ROLE_LEVELS = replace(GOOD, levels=(LEVELS[0], level(2, targets(SOFIA, role=HEAD))))
TEAM_LEVELS = replace(GOOD, levels=(LEVELS[0], level(2, targets(SOFIA, team=PAYMENTS_TEAM))))
NO_LEVELS = replace(GOOD, levels=(), resolve_within=None)


def severities(*rules: SeverityRule) -> Case:
    return saying(severity_rules=rules)


def team(*schedules: int) -> Case:
    return people(TEAM_LEVELS, teams={PAYMENTS_TEAM: schedules})


def regulated(content: PolicySnapshot = GOOD, **fields: object) -> Case:
    return serving(replace(content, compliance_levels=()), regulated=True, **fields)


PATHWAY: dict[str, Pair] = {
    "policy.says_nothing": (lambda: (NOTHING, FACTS), lambda: (replace(NOTHING, thresholds=GOOD.thresholds), FACTS)),
    "level.none": (lambda: (NO_LEVELS, FACTS), lambda: beside(NO_LEVELS, GOOD)),
    "level.numbers": (lambda: levels(LEVELS[0], replace(LEVELS[1], number=3)), good),
    "level.no_time": (lambda: levels(replace(LEVELS[0], window=0 * MINUTE), LEVELS[1]), good),
    "level.long_wait": (
        lambda: levels(level(1, targets(ANA, TOM), 24 * 60 + 1), LEVELS[1]),
        lambda: levels(level(1, targets(ANA, TOM), 24 * 60), LEVELS[1]),
    ),
    "level.no_people": (lambda: levels(LEVELS[0], level(2, ())), good),
    "level.nobody_left": (lambda: without("gone", ANA, TOM), lambda: without("gone", ANA)),
    "level.unreachable": (lambda: without("unreachable", ANA, TOM), lambda: without("unreachable", ANA)),
    "level.unverified": (lambda: people(unverified=frozenset({ANA}), expired=frozenset({TOM})), lambda: without("unverified", ANA)),
    "level.one_person": (lambda: levels(level(1, targets(ANA)), LEVELS[1]), good),
    "level.everybody_at_once": (
        lambda: levels(level(1, targets(ANA, TOM, OMAR), wait=0.5), LEVELS[1]),
        lambda: levels(level(1, targets(ANA, TOM, OMAR), wait=0.6), LEVELS[1]),
    ),
    "level.window_past_milestone": (
        lambda: levels(level(1, targets(ANA, TOM), window=241), LEVELS[1]),
        lambda: levels(level(1, targets(ANA, TOM), window=240), LEVELS[1]),
    ),
    "level.late_reminder": (
        lambda: levels(level(1, targets(ANA, TOM), reminders=(15 * MINUTE,)), LEVELS[1]),
        lambda: levels(level(1, targets(ANA, TOM), reminders=(14 * MINUTE,)), LEVELS[1]),
    ),
    "target.left": (lambda: without("gone", ANA), good),
    "target.empty_schedule": (lambda: rota(people=()), good),
    "target.no_holder": (lambda: people(ROLE_LEVELS, roles={HEAD: (None, None)}), lambda: people(ROLE_LEVELS, roles={HEAD: (OMAR, None)})),
    "target.no_schedule": (lambda: team(), lambda: team(PAYMENTS_ROTA)),
    "target.no_contact": (lambda: without("unreachable", TOM), good),
    "target.only_email": (
        lambda: people(unreachable=frozenset({TOM}), only_email=frozenset({TOM})),
        lambda: without("unreachable", TOM),
    ),
    "target.twice": (lambda: levels(level(1, targets(ANA, TOM, ANA), wait=4), LEVELS[1]), good),
    "target.adjacent": (lambda: levels(LEVELS[0], level(2, targets(TOM, schedule=PAYMENTS_ROTA))), good),
    "target.never_reached": (
        lambda: levels(level(1, targets(ANA, TOM), wait=15), LEVELS[1]),
        lambda: levels(level(1, targets(ANA, TOM), wait=14), LEVELS[1]),
    ),
    "track.ignored": (lambda: beside(replace(GOOD, levels=()), GOOD), lambda: beside(NO_LEVELS, GOOD)),
    "track.mandatory": (regulated, lambda: regulated(own_compliance=True)),
    "track.personal_data": (lambda: legal(), lambda: beside(replace(GOOD, compliance_levels=()), GOOD)),
    "severity_rule.no_such_level": (
        lambda: severities(SeverityRule(Severity.SEV1, 3, 50)),
        lambda: severities(SeverityRule(Severity.SEV1, 2, 50)),
    ),
    "severity_rule.no_effect": (
        lambda: severities(SeverityRule(Severity.SEV1, 1, 100)),
        lambda: severities(SeverityRule(Severity.SEV1, None, 99)),
    ),
    "silence.short": (lambda: saying(silent_after=14 * MINUTE), lambda: saying(silent_after=15 * MINUTE)),
    "silence.past_milestone": (lambda: saying(silent_after=240 * MINUTE), lambda: saying(silent_after=239 * MINUTE)),
    "pathway.no_end": (
        lambda: people(replace(GOOD, repeats=2), gone=frozenset({OLGA})),
        lambda: people(replace(GOOD, repeats=2), gone=frozenset({TOM})),
    ),
    "pathway.worst_case": (good, lambda: (replace(NO_LEVELS, compliance_levels=()), FACTS)),
}
