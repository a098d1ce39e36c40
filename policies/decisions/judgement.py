"""How bad an incident is and where its escalation starts: the one judgement that opening, readings and replays all ask for.

The rules in plain words: docs/rules/thresholds.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from math import ceil

from portal.foundation import words

from .ruleset import BusinessRule, ExceptionRule, PolicySnapshot
from .severity import Reading, Verdict, evaluate, priority_of
from .vocabulary import BusinessMeasure, Criticality, Exposure, Indicator, Scale, Severity, Track

# Impact and urgency of an incident that nobody described: what its severity means in ITIL's two scales.
SCALES_OF: dict[Severity, tuple[Scale, Scale]] = {
    Severity.SEV1: (Scale.HIGH, Scale.HIGH),
    Severity.SEV2: (Scale.HIGH, Scale.MEDIUM),
    Severity.SEV3: (Scale.MEDIUM, Scale.MEDIUM),
    Severity.SEV4: (Scale.LOW, Scale.LOW),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an incident: impact and urgency as told (1 high to 3 low), and what rules can look for.

    `revenue_loss_per_hour` is in `currency`; rules in another currency do not apply.
    """

    impact: int
    urgency: int
    service_id: int | None = None
    executive_system: bool = False
    personal_data: bool = False
    regulated: bool = False
    data_breach: bool = False
    labels: frozenset[str] = frozenset()
    revenue_loss_per_hour: Decimal | None = None
    currency: str = ""
    exposure: int = Exposure.NONE
    criticality: int = 0


@dataclass(frozen=True, slots=True)
class Judgement:
    """What follows for an incident. `exceptions` and `business` are the rules that applied; `verdict` is the threshold's, if any."""

    severity: Severity | None
    impact: int
    priority: int
    start_level: int
    tracks: tuple[Track, ...]
    verdict: Verdict | None
    exceptions: tuple[ExceptionRule, ...]
    business: tuple[BusinessRule, ...]


def judge(rules: PolicySnapshot, facts: Facts, readings: Sequence[Reading], at: datetime) -> Judgement:
    """Severity from the thresholds, impact from the worse of what was told and the business rules, priority from the matrix.

    The start level is the highest that the threshold, the severity or an exception asks for. The compliance track runs whenever
    personal data, a regulated workload or a data breach is marked, whether the policy has levels for it or not.
    """
    verdict = evaluate(rules.thresholds, readings, at) if rules.thresholds and readings else None
    severity = verdict.severity if verdict else None
    business = tuple(rule for rule in rules.business if _applies(rule, facts)) if rules.business else ()
    impact = min([facts.impact, *(rule.impact for rule in business)])
    exceptions = tuple(rule for rule in rules.exceptions if _found(rule, facts)) if rules.exceptions else ()
    start = verdict.start_level if verdict else 1
    for override in rules.severity_rules:
        if override.severity is severity and override.start_level is not None:
            start = max(start, override.start_level)
    for rule in exceptions:
        start = max(start, rule.start_level)
    priority = priority_of(impact, facts.urgency, rules.matrix)
    return Judgement(severity, impact, priority, start, tracks_for(rules, facts, severity), verdict, exceptions, business)


def tracks_for(rules: PolicySnapshot, facts: Facts, severity: Severity | None) -> tuple[Track, ...]:
    """The tracks that run. An incident that no threshold graded has no stakeholder track."""
    tracks = [Track.TECHNICAL]
    if rules.stakeholder_levels and severity is not None and severity <= rules.stakeholder_from:
        tracks.append(Track.STAKEHOLDER)
    if facts.personal_data or facts.regulated or facts.data_breach:
        tracks.append(Track.COMPLIANCE)
    return tuple(tracks)


def _applies(rule: BusinessRule, facts: Facts) -> bool:
    if rule.measure is BusinessMeasure.REVENUE_LOSS:
        loss = facts.revenue_loss_per_hour
        return loss is not None and facts.currency == rule.currency and loss >= rule.value
    known = facts.exposure if rule.measure is BusinessMeasure.REGULATORY_EXPOSURE else facts.criticality
    return known >= rule.value


def _found(rule: ExceptionRule, facts: Facts) -> bool:
    if rule.indicator is Indicator.DATA_BREACH:
        return facts.data_breach
    if rule.indicator is Indicator.EXECUTIVE_SYSTEM:
        return facts.executive_system
    if rule.indicator is Indicator.SERVICE:
        return facts.service_id is not None and facts.service_id == rule.service_id
    return rule.label.casefold() in facts.labels


def business_in_words(rule: BusinessRule) -> str:
    """'Revenue loss per hour at least 10,000 EUR: impact at least high'."""
    if rule.measure is BusinessMeasure.REVENUE_LOSS:
        value = words.amount(rule.value, rule.currency)
    else:
        # Between two steps it takes the upper one to reach the value.
        step, scale = ceil(rule.value), Exposure if rule.measure is BusinessMeasure.REGULATORY_EXPOSURE else Criticality
        value = scale(step).label.lower() if step in scale.__members__.values() else words.number(rule.value)
    return f"{rule.measure.label} at least {value}: impact at least {Scale(rule.impact).label.lower()}"


def exception_in_words(rule: ExceptionRule) -> str:
    """'a suspected data breach', 'the service Card payments', 'the label vip'."""
    named = {Indicator.SERVICE: f"the service {rule.service}", Indicator.LABEL: f"the label '{rule.label}'"}
    return named.get(rule.indicator, rule.indicator.label)
