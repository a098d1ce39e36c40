"""A policy that no check has anything to say about but the notes that are always there, and what it is bent with."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from policies.decisions.rota import Layer, Plan, RotaPerson, RotaSnapshot, Unit
from policies.decisions.ruleset import (
    AnnouncementRule,
    CriterionRule,
    ExceptionRule,
    LevelRule,
    MessageRule,
    PolicySnapshot,
    TargetRule,
    ThresholdRule,
)
from policies.decisions.scopes import Source
from policies.decisions.vocabulary import Audience, Comparison, Indicator, Scope, Severity, Track
from policies.governance.checks import Facts
from policies.governance.promises import Served
from policies.pathways.people import People

SINCE = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ANA, TOM, SOFIA, OMAR, KIM, LEE, OLGA, NORA, RAJ = range(1, 10)
HEAD, PAYMENTS_TEAM, PAYMENTS_ROTA = 31, 41, 7
Case = tuple[PolicySnapshot, Facts]
# What makes the check speak, and what does not.
Pair = tuple[Callable[[], Case], Callable[[], Case]]


def targets(*people: int, schedule: int | None = None, role: int | None = None, team: int | None = None) -> tuple[TargetRule, ...]:
    rules = [TargetRule(place, person, None, f"Person {person}") for place, person in enumerate(people, start=1)]
    for key, name in ((schedule, "Payments"), (role, "Head of payments"), (team, "on call in Payments")):
        if key is not None:
            ids = {"schedule_id": schedule if key == schedule else None, "role_id": role if key == role else None}
            rules.append(TargetRule(len(rules) + 1, None, ids["schedule_id"], name, ids["role_id"], team if key == team else None))
    return tuple(rules)


def level(number: int, who: tuple[TargetRule, ...], window: int = 15, wait: float = 5, **fields: object) -> LevelRule:
    """`window` and `wait` in minutes."""
    return LevelRule(number, f"Line {number}", "functional", window * MINUTE, wait * MINUTE, who, **fields)  # type: ignore[arg-type]


def when(comparison: str, value: int, measure: str = "latency_ms", window: int = 10, lasting: int = 0) -> CriterionRule:
    return CriterionRule(measure, Comparison(comparison), Decimal(value), window * MINUTE, lasting * MINUTE)


def threshold(name: str, severity: str, *criteria: CriterionRule, combine: str = "all", start: int = 1) -> ThresholdRule:
    return ThresholdRule(name, combine, Severity(severity), start, criteria)


def exception(name: str = "Leak", **fields: object) -> ExceptionRule:
    rule = ExceptionRule(name, Indicator.DATA_BREACH, None, "", "", 2, "The law does not wait.", OLGA, "Olga", date(2026, 9, 1))
    return replace(rule, **fields)  # type: ignore[arg-type]


def message(track: Track, audience: Audience = Audience.TECHNICAL, number: int = 0, body: str = "{{ incident.number }}") -> MessageRule:
    return MessageRule(track, number, audience, "{{ incident.title }}", body)


LEVELS = (level(1, targets(ANA, TOM)), level(2, targets(SOFIA, schedule=PAYMENTS_ROTA)))
LEGAL = (level(1, targets(NORA, RAJ), window=60),)
SLOW, DOWN = threshold("Slow", "SEV3", when(">=", 900)), threshold("Very slow", "SEV2", when(">=", 3000), start=2)
PUBLISHED = datetime(2020, 1, 1, tzinfo=UTC)
SPEAKS = AnnouncementRule(Severity.SEV2, Audience.EXECUTIVE, OLGA, None, "Olga", ("status page",), HOUR / 2, HOUR)
MESSAGES = (message(Track.TECHNICAL), message(Track.COMPLIANCE))
GOOD = PolicySnapshot((SLOW, DOWN), LEVELS, 4 * HOUR, compliance_levels=LEGAL, messages=MESSAGES, announcements=(SPEAKS,))


def payments_rota(*, people: tuple[int, ...] = (KIM, LEE), starts_on: date = date(2026, 1, 5), time_zone: str = "UTC") -> RotaSnapshot:
    """Weeks of Kim and Lee from Monday 5 January 2026, 09:00 of the zone."""
    names = {KIM: "Kim", LEE: "Lee"}
    rotation = tuple(RotaPerson(one, names[one]) for one in people)
    return RotaSnapshot("Payments", (Plan(PUBLISHED, time_zone, (Layer("First line", starts_on, time(9), 1, Unit.WEEKS, rotation),)),))


FACTS = Facts(SINCE, OLGA, "Olga", rotas={PAYMENTS_ROTA: payments_rota()}, services=(Served("Card payments"),))
EVERYWHERE = Source(Scope.GLOBAL, "Everywhere v3", 3)


def good() -> Case:
    return GOOD, FACTS


def saying(**fields: object) -> Case:
    return replace(GOOD, **fields), FACTS  # type: ignore[arg-type]


def levels(*rules: LevelRule) -> Case:
    return saying(levels=rules)


def legal(*rules: LevelRule, regulated: bool = False) -> Case:
    return replace(GOOD, compliance_levels=rules), replace(FACTS, services=(Served("Card payments", regulated),))


def thresholds(*rules: ThresholdRule) -> Case:
    return saying(thresholds=rules)


def exceptions(*rules: ExceptionRule) -> Case:
    return saying(exceptions=rules)


def knowing(**facts: object) -> Case:
    return GOOD, replace(FACTS, **facts)  # type: ignore[arg-type]


def people(content: PolicySnapshot = GOOD, **known: object) -> Case:
    return content, replace(FACTS, people=People(**known))  # type: ignore[arg-type]


def without(sets: str, *persons: int) -> Case:
    """The good policy, when these people are in one of the sets of People."""
    known: dict[str, Any] = {sets: frozenset(persons)}
    return GOOD, replace(FACTS, people=People(**known))


def rota(**fields: Any) -> Case:
    return knowing(rotas={PAYMENTS_ROTA: payments_rota(**fields)})


def serving(content: PolicySnapshot = GOOD, **promised: object) -> Case:
    return content, replace(FACTS, services=(Served("Card payments", **promised),))  # type: ignore[arg-type]


def beside(content: PolicySnapshot, broader: PolicySnapshot) -> Case:
    """The policy of a service, when the organisation has a policy too."""
    return content, replace(FACTS, broader=((EVERYWHERE, broader),))
