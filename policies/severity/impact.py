"""What business thresholds and the priority matrix must satisfy before anybody is asked to approve them. Pure."""

from collections.abc import Iterator, Sequence
from itertools import permutations, product

from policies.decisions.findings import Finding, found
from policies.decisions.ruleset import BusinessRule
from policies.decisions.vocabulary import Priority, Scale
from portal.foundation import words

MOST_SHOWN = 3
Matrix = Sequence[tuple[int, int, int]]


def check_business(rules: Sequence[BusinessRule]) -> Iterator[Finding]:
    """Findings on business thresholds. Only those on one measure, and money only in one currency, can be held against each other."""
    by_measure: dict[tuple[str, str], list[BusinessRule]] = {}
    for rule in rules:
        by_measure.setdefault((rule.measure.label, rule.currency), []).append(rule)
    for (measure, currency), same in by_measure.items():
        yield from _order(same)
        used = {rule.impact for rule in same}
        if used == {Scale.HIGH, Scale.LOW}:
            called = f"{measure} in {currency}" if currency else measure
            text = f"{called} leads to high and to low impact, and nothing of it to medium."
            yield found("business.gap", f"Business thresholds on {measure.lower()}", text)


def _order(rules: Sequence[BusinessRule]) -> Iterator[Finding]:
    """Each speaks once, about the first other one that always holds when it does and leads to no less."""
    told: set[frozenset[str]] = set()
    for rule, other in permutations(rules, 2):
        pair = frozenset((rule.name, other.name))
        if other.value > rule.value or other.impact > rule.impact or pair in told:
            continue
        told.add(pair)
        place, always = f"Business threshold '{rule.name}'", f"Whenever '{rule.name}' holds, '{other.name}' holds too"
        if other.impact < rule.impact:
            text = f"{always} and makes the impact {Scale(other.impact).label.lower()}, so it never decides."
            yield found("business.inverted", place, text)
        else:
            yield found("business.overlap", place, f"{always}, with the same impact ({Scale(rule.impact).label.lower()}).")


def check_matrix(matrix: Matrix) -> Iterator[Finding]:
    """Findings on the matrix; a policy without one says nothing about it."""
    if not matrix:
        return
    known = {(impact, urgency): priority for impact, urgency, priority in matrix}
    empty = [_field(*field) for field in product(Scale, Scale) if field not in known]
    if empty:
        text = f"The matrix has no priority for {words.listed([*empty[:MOST_SHOWN], *_more(len(empty))])}."
        yield found("matrix.incomplete", "Priority matrix", text)
    odd = [
        f"{_field(*worse)} is {_label(known[worse])}, {_field(*milder)} is {_label(known[milder])}"
        for worse in sorted(known)
        for milder in ((worse[0] + 1, worse[1]), (worse[0], worse[1] + 1))
        if milder in known and known[worse] > known[milder]
    ]
    if odd:
        text = f"What is worse is less urgent: {'; '.join([*odd[:MOST_SHOWN], *_more(len(odd))])}."
        yield found("matrix.not_monotone", "Priority matrix", text)


def _field(impact: int, urgency: int) -> str:
    return f"{Scale(impact).label.lower()} impact with {Scale(urgency).label.lower()} urgency"


def _label(priority: int) -> str:
    return Priority(priority).label


def _more(count: int) -> list[str]:
    return [f"{count - MOST_SHOWN} more"] if count > MOST_SHOWN else []
