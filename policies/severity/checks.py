"""What the thresholds of a version must satisfy before anybody is asked to approve it."""

from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal
from itertools import combinations, permutations

from policies.decisions.findings import Finding, found
from policies.decisions.measures import MEASURES, MeasureWords
from policies.decisions.ruleset import CriterionRule, ThresholdRule
from policies.decisions.severity import condition, in_unit
from policies.decisions.vocabulary import Severity
from portal.foundation import words

from .bounds import Span, follows, range_of, span_of


def check_thresholds(thresholds: Sequence[ThresholdRule], level_numbers: Collection[int] | None) -> list[Finding]:
    """Findings on the thresholds. `level_numbers` are the levels they can start at, None when other policies bring them."""
    if not thresholds:
        return []
    findings = []
    for threshold in thresholds:
        if not threshold.criteria:
            text = f"Threshold '{threshold.name}' has no condition, so it can never hold."
            findings.append(found("threshold.no_condition", _place(threshold), text))
        if level_numbers is not None and threshold.start_level not in level_numbers:
            text = f"Threshold '{threshold.name}' starts at level {threshold.start_level}, which does not exist."
            findings.append(found("threshold.no_such_level", _place(threshold), text))
        findings += [*_each(threshold), *_together(threshold)]
    possible = [
        threshold for threshold in thresholds if not any(finding.blocking for finding in [*_each(threshold), *_together(threshold)])
    ]
    return [*findings, *_order(possible), *_holes(possible), *_severities(thresholds)]


def _place(threshold: ThresholdRule) -> str:
    return f"Threshold '{threshold.name}'"


def _says(criterion: CriterionRule) -> str:
    return f"'{criterion.words.name} {condition(criterion)}'"


def _each(threshold: ThresholdRule) -> Iterator[Finding]:
    """What is wrong with single conditions."""
    for criterion in threshold.criteria:
        if criterion.own is None and criterion.measure not in MEASURES:
            text = f"Threshold '{threshold.name}' looks at '{criterion.measure}', which is no measure that anybody knows."
            yield found("condition.no_such_measure", _place(threshold), text)
        whole = range_of(criterion)
        left = whole.meet(span_of(criterion))
        if left.empty:
            yield found("condition.impossible", _place(threshold), f"{_says(criterion)} can never be: no reading has such a value.")
        elif left == whole:
            yield found("condition.always", _place(threshold), f"{_says(criterion)} is true of every reading.")
        if criterion.for_at_least > criterion.window:
            text = (
                f"Threshold '{threshold.name}' wants a condition to hold for {words.duration(criterion.for_at_least)} but looks back "
                f"only {words.duration(criterion.window)}."
            )
            yield found("condition.window", _place(threshold), text)
    if len(set(threshold.criteria)) < len(threshold.criteria):
        yield found("condition.twice", _place(threshold), f"Threshold '{threshold.name}' has the same condition twice.")


def _together(threshold: ThresholdRule) -> Iterator[Finding]:
    """Conditions on one measure all speak about its latest reading, so two that share no value never hold together."""
    if threshold.combine != "all":
        return
    for one, other in combinations(threshold.criteria, 2):
        if one.measure == other.measure and span_of(one).meet(span_of(other)).empty:
            yield found("threshold.contradiction", _place(threshold), f"{_says(one)} and {_says(other)} never hold together.")


def _order(thresholds: Sequence[ThresholdRule]) -> Iterator[Finding]:
    """Thresholds that never decide because another one always speaks first; see policies.decisions.severity.evaluate."""
    told: set[frozenset[str]] = set()
    for one, other in permutations(thresholds, 2):
        if not follows(one, other) or frozenset((one.name, other.name)) in told:
            continue
        if other.severity < one.severity:
            text = f"Whenever '{one.name}' ({one.severity}) holds, '{other.name}' ({other.severity}) holds too, so it never decides."
            yield found("threshold.inverted", _place(one), text)
        elif other.severity == one.severity and other.start_level >= one.start_level:
            text = f"Whenever '{one.name}' holds, '{other.name}' holds too, with the same severity ({one.severity})."
            yield found("threshold.overlap", _place(one), text)
        else:
            continue
        told.add(frozenset((one.name, other.name)))


def _holes(thresholds: Sequence[ThresholdRule]) -> Iterator[Finding]:
    """Stretches of a measure between two thresholds on it alone in which none holds. What lies between a 'below' and an
    'above' is where all is well, and no hole."""
    by_measure: dict[MeasureWords, list[Span]] = {}
    for threshold in thresholds:
        measures = {criterion.words for criterion in threshold.criteria}
        if len(measures) == 1:
            by_measure.setdefault(measures.pop(), []).extend(_spans(threshold))
    for measure, spans in by_measure.items():
        covered: Span | None = None
        for span in sorted(spans, key=lambda span: (span.low is not None, span.low or 0, span.low_open)):
            hole = covered and _hole(covered, span)
            if hole:
                name, (low, high) = measure.name, hole
                text = f"{name} between {in_unit(low, measure)} and {in_unit(high, measure)} meets no threshold."
                yield found("threshold.gap", f"Thresholds on {name.lower()}", text)
            covered = span if covered is None else _joined(covered, span)


def _spans(threshold: ThresholdRule) -> list[Span]:
    spans = [span_of(criterion) for criterion in threshold.criteria]
    if threshold.combine == "any":
        return spans
    met = spans[0]
    for span in spans[1:]:
        met = met.meet(span)
    return [met]


def _hole(covered: Span, span: Span) -> tuple[Decimal, Decimal] | None:
    """The values between the two, of which `span` begins no lower; None when there are none, or when all is well between them."""
    if covered.high is None or span.low is None or (covered.low is None and span.high is None):
        return None
    apart = span.low > covered.high or (span.low == covered.high and span.low_open and covered.high_open)
    return (covered.high, span.low) if apart else None


def _joined(covered: Span, span: Span) -> Span:
    if covered.high is None or span.high is None:
        return Span(covered.low, covered.low_open)
    high, closed = max((covered.high, not covered.high_open), (span.high, not span.high_open))
    return Span(covered.low, covered.low_open, high, not closed)


def _severities(thresholds: Sequence[ThresholdRule]) -> Iterator[Finding]:
    used = {threshold.severity for threshold in thresholds}
    for severity in Severity:
        if severity not in used and min(used) < severity < max(used):
            text = f"{min(used)} and {max(used)} have thresholds, {severity} between them has none."
            yield found("severity.gap", "Thresholds", text)
