"""What a threshold becomes, in the few words that fit beside it: '5 % → 7 %'. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from policies.decisions.ruleset import CriterionRule, ThresholdRule
from policies.decisions.severity import in_unit
from portal.foundation import words

SIGNS = {">=": "at least", ">": "above", "<=": "at most", "<": "below"}


@dataclass(frozen=True, slots=True)
class Shift:
    """One thing that changes: what, from which words, to which words. `old` is empty for what comes, `new` for what goes."""

    what: str
    old: str
    new: str


def bound(criterion: CriterionRule) -> str:
    """'at least 5 %'."""
    return f"{SIGNS[criterion.comparison.value]} {in_unit(criterion.value, criterion.words)}"


def lasting(criterion: CriterionRule) -> str:
    """'in 10 min, for 5 min'; just the window when it counts at once."""
    held = f", for {words.duration(criterion.for_at_least)}" if criterion.for_at_least else ""
    return f"in {words.duration(criterion.window)}{held}"


def shifts(before: ThresholdRule, after: ThresholdRule | None) -> tuple[Shift, ...]:
    """What `after` makes of `before`; empty when they say the same. After None: the threshold goes."""
    if after is None:
        return (Shift("threshold", "in force", ""),)
    return tuple(_shifts(before, after))


def _shifts(before: ThresholdRule, after: ThresholdRule) -> Iterator[Shift]:
    left = list(after.criteria)
    for was in before.criteria:
        now = _same(was, left)
        if now is None:
            yield Shift(was.words.name, bound(was), "")
            continue
        left.remove(now)
        alone = was.comparison == now.comparison
        if not alone or was.value != now.value:
            old, new = (in_unit(was.value, was.words), in_unit(now.value, now.words)) if alone else (bound(was), bound(now))
            yield Shift(now.words.name, old, new)
        if (was.window, was.for_at_least) != (now.window, now.for_at_least):
            yield Shift(f"{now.words.name}, observed", lasting(was), lasting(now))
    for added in left:
        yield Shift(added.words.name, "", bound(added))
    if before.combine != after.combine:
        yield Shift("holds when", f"{before.combine} of its conditions", f"{after.combine} of its conditions")
    if before.severity != after.severity:
        yield Shift("severity", before.severity.value, after.severity.value)
    if before.start_level != after.start_level:
        yield Shift("starts at", f"level {before.start_level}", f"level {after.start_level}")
    if before.runbook_id != after.runbook_id:
        yield Shift("runbook", "none" if before.runbook_id is None else "as it was", "none" if after.runbook_id is None else "another")


def _same(was: CriterionRule, among: list[CriterionRule]) -> CriterionRule | None:
    """The condition that `was` became: the same one, else one on the same measure and side, else one on the same measure."""
    same = [one for one in among if one.measure == was.measure]
    rising = [one for one in same if one.comparison.value[0] == was.comparison.value[0]]
    return next(iter([one for one in same if one == was] or rising or same), None)
