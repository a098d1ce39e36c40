"""What changes in the business impact, the priority matrix and the exceptions."""

from collections.abc import Iterator

from policies.decisions.ruleset import BusinessRule, ExceptionRule, PolicySnapshot
from policies.decisions.vocabulary import BusinessMeasure, Criticality, Exposure, Priority, Scale
from portal.foundation import words

from .changes import BUSINESS, EXCEPTIONS, MATRIX, Change, Field, Kind

BUSINESS_RULES: Kind[BusinessRule] = Kind(
    BUSINESS,
    lambda rule: rule.name,
    (
        Field("measure", lambda rule: rule.measure, lambda rule: rule.measure.label),
        Field("at least", lambda rule: rule.value, lambda rule: _value(rule)),
        Field("currency", lambda rule: rule.currency, lambda rule: rule.currency),
        Field("impact", lambda rule: rule.impact, lambda rule: rule.impact.label.lower()),
    ),
)
EXCEPTION_RULES: Kind[ExceptionRule] = Kind(
    EXCEPTIONS,
    lambda rule: rule.name,
    (
        Field("looks for", lambda rule: rule.indicator, lambda rule: rule.indicator.label),
        Field("service", lambda rule: rule.service_id, lambda rule: rule.service if rule.service_id else ""),
        Field("label", lambda rule: rule.label, lambda rule: rule.label),
        Field("start level", lambda rule: rule.start_level, lambda rule: f"level {rule.start_level}"),
        Field("rationale", lambda rule: rule.rationale, lambda rule: rule.rationale),
        Field("owner", lambda rule: rule.owner_id, lambda rule: rule.owner),
        Field("review by", lambda rule: rule.review_on, lambda rule: rule.review_on.isoformat()),
    ),
)


def business_changes(before: PolicySnapshot, after: PolicySnapshot) -> Iterator[Change]:
    """The rules about business impact, by name."""
    yield from BUSINESS_RULES.between(*({rule.name: rule for rule in content.business} for content in (before, after)))


def exception_changes(before: PolicySnapshot, after: PolicySnapshot) -> Iterator[Change]:
    """The exceptions, by name."""
    yield from EXCEPTION_RULES.between(*({rule.name: rule for rule in content.exceptions} for content in (before, after)))


def matrix_changes(before: PolicySnapshot, after: PolicySnapshot) -> Iterator[Change]:
    """The fields of the matrix. A field that is not set is ITIL's, or that of a broader policy."""
    old, new = ({(impact, urgency): priority for impact, urgency, priority in content.matrix} for content in (before, after))
    for impact, urgency in sorted(old.keys() | new.keys()):
        was, now = (_priority(cells.get((impact, urgency))) for cells in (old, new))
        if was == now:
            continue
        place = f"Impact {Scale(impact).label.lower()}, urgency {Scale(urgency).label.lower()}"
        told = f"{place}: priority {now or 'not set any more'}{f' instead of {was}' if now and was else f' (was {was})' if was else ''}."
        yield Change(MATRIX, place, "priority", was, now, told)


def _priority(value: int | None) -> str:
    return Priority(value).label if value is not None else ""


def _value(rule: BusinessRule) -> str:
    if rule.measure is BusinessMeasure.REVENUE_LOSS:
        return words.amount(rule.value, rule.currency)
    steps = Exposure if rule.measure is BusinessMeasure.REGULATORY_EXPOSURE else Criticality
    return next((step.label.lower() for step in steps if step == rule.value), words.number(rule.value))
