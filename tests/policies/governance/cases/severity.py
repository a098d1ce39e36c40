"""Thresholds, business impact, the matrix, exceptions."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import product

from policies.decisions.ruleset import BusinessRule, CriterionRule, ExceptionRule, MeasureRule
from policies.decisions.vocabulary import BusinessMeasure, Indicator, Scale, Severity

from .base import ANA, DOWN, FACTS, GOOD, SLOW, Case, Pair, exception, exceptions, good, people, saying, threshold, thresholds, when

ITIL = tuple((impact, urgency, impact + urgency - 1) for impact, urgency in product((1, 2, 3), repeat=2))
ORDERS = MeasureRule("orders_waiting", "Orders waiting", "orders", Decimal(1000))


def odd(*criteria: CriterionRule, combine: str = "all") -> Case:
    return thresholds(threshold("Odd", "SEV3", *criteria, combine=combine))


def orders(comparison: str, value: int) -> CriterionRule:
    return replace(when(comparison, value, "orders_waiting"), own=ORDERS)


def loss(name: str, value: int, impact: Scale, currency: str = "EUR") -> BusinessRule:
    return BusinessRule(name, BusinessMeasure.REVENUE_LOSS, Decimal(value), currency, impact)


def business(*rules: BusinessRule) -> Case:
    return saying(business=rules)


SEVERITY: dict[str, Pair] = {
    "threshold.none": (lambda: thresholds(), good),
    "threshold.no_condition": (lambda: thresholds(SLOW, replace(DOWN, criteria=())), good),
    "threshold.no_such_level": (lambda: thresholds(SLOW, replace(DOWN, start_level=3)), good),
    "threshold.contradiction": (lambda: odd(when(">", 900), when("<=", 900)), lambda: odd(when(">=", 900), when("<=", 900))),
    "threshold.inverted": (lambda: thresholds(replace(SLOW, severity=Severity.SEV1), DOWN), good),
    "threshold.overlap": (
        lambda: thresholds(SLOW, replace(DOWN, severity=Severity.SEV3, start_level=1)),
        lambda: thresholds(SLOW, replace(DOWN, severity=Severity.SEV3, start_level=2)),
    ),
    "threshold.gap": (
        lambda: thresholds(threshold("Band", "SEV3", when(">=", 900), when("<", 2000)), DOWN),
        lambda: thresholds(threshold("Band", "SEV3", when(">=", 900), when("<", 3000)), DOWN),
    ),
    "severity.gap": (lambda: thresholds(SLOW, replace(DOWN, severity=Severity.SEV1)), good),
    "condition.impossible": (
        lambda: odd(when(">", 100, "affected_users_percent")),
        lambda: odd(when(">=", 100, "affected_users_percent")),
    ),
    "condition.always": (lambda: odd(orders("<=", 1000)), lambda: odd(orders("<=", 999))),
    "condition.window": (lambda: odd(when(">=", 900, lasting=11)), lambda: odd(when(">=", 900, lasting=10))),
    "condition.twice": (lambda: odd(when(">=", 900), when(">=", 900)), lambda: odd(when(">=", 900), when(">", 900))),
    "condition.no_such_measure": (lambda: odd(when(">", 5, "orders_waiting")), lambda: odd(orders(">", 5))),
    "business.inverted": (
        lambda: business(loss("Much", 50_000, Scale.MEDIUM), loss("Some", 10_000, Scale.HIGH)),
        lambda: business(loss("Much", 50_000, Scale.MEDIUM, "USD"), loss("Some", 10_000, Scale.HIGH)),
    ),
    "business.overlap": (
        lambda: business(loss("Much", 50_000, Scale.HIGH), loss("Some", 10_000, Scale.HIGH)),
        lambda: business(loss("Much", 50_000, Scale.HIGH), loss("Some", 10_000, Scale.MEDIUM)),
    ),
    "business.gap": (
        lambda: business(loss("Much", 50_000, Scale.HIGH), loss("Some", 10_000, Scale.LOW)),
        lambda: business(loss("Much", 50_000, Scale.HIGH), loss("Some", 10_000, Scale.MEDIUM)),
    ),
    "matrix.incomplete": (lambda: saying(matrix=ITIL[:8]), lambda: saying(matrix=ITIL)),
    "matrix.not_monotone": (lambda: saying(matrix=((1, 1, 3), *ITIL[1:])), lambda: saying(matrix=((1, 1, 2), *ITIL[1:]))),
    "exception.no_such_level": (lambda: exceptions(exception(start_level=3)), lambda: exceptions(exception())),
    "exception.review_overdue": (
        lambda: exceptions(exception(review_on=date(2026, 3, 31))),
        lambda: exceptions(exception(review_on=date(2026, 4, 1))),
    ),
    "exception.owner_left": (
        lambda: people(replace(GOOD, exceptions=(exception(owner_id=ANA, owner="Ana"),)), gone=frozenset({ANA})),
        lambda: (replace(GOOD, exceptions=(exception(owner_id=ANA, owner="Ana"),)), FACTS),
    ),
    "exception.twice": (
        lambda: exceptions(_label("One", "rollout"), _label("Two", "Rollout")),
        lambda: exceptions(_label("One", "rollout"), _label("Two", "rollback")),
    ),
}


def _label(name: str, label: str) -> ExceptionRule:
    return exception(name, indicator=Indicator.LABEL, label=label)
