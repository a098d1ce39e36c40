"""What changes in the thresholds and in the measures of the organisation's own; and thresholds in words."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from policies.decisions.ruleset import CriterionRule, MeasureRule, PolicySnapshot, ThresholdRule
from policies.decisions.severity import condition, in_unit
from portal.foundation import words

from .changes import CRITERIA, MEASURES, Change, Field, Kind, both

COMBINES = {"all": "all conditions hold", "any": "any condition holds"}

THRESHOLD_FIELDS: tuple[Field[ThresholdRule], ...] = (
    Field("severity", lambda rule: rule.severity, lambda rule: rule.severity.label),
    Field("start level", lambda rule: rule.start_level, lambda rule: f"level {rule.start_level}",
          lambda place, was, now: f"{place}: starts at level {now.start_level} instead of level {was.start_level}."),
    Field("holds when", lambda rule: rule.combine, lambda rule: COMBINES[rule.combine],
          lambda place, was, now: f"{place}: holds when {COMBINES[now.combine]}, no longer when {COMBINES[was.combine]}."),
    Field("runbook", lambda rule: rule.runbook_id, lambda rule: rule.runbook if rule.runbook_id else ""),
)  # fmt: skip
THRESHOLDS: Kind[ThresholdRule] = Kind(CRITERIA, lambda rule: rule.name, THRESHOLD_FIELDS)
OWN_MEASURES: Kind[MeasureRule] = Kind(
    MEASURES,
    lambda own: f"Measure '{own.name}'",
    (
        Field("name", lambda own: own.name, lambda own: own.name),
        Field("unit", lambda own: own.unit, lambda own: own.unit),
        Field("highest value", lambda own: own.highest, lambda own: words.amount(own.highest, own.unit) if own.highest is not None else ""),
    ),
)


def criteria_changes(before: PolicySnapshot, after: PolicySnapshot) -> Iterator[Change]:
    """The thresholds, by name."""
    old, new = ({rule.name: rule for rule in content.thresholds} for content in (before, after))
    for name in both(old, new):
        was, now = old.get(name), new.get(name)
        if was is None and now is not None:
            yield Change(CRITERIA, now.name, "added", "", _whole(now), f"Threshold '{name}' added: {_whole(now)}.")
        elif now is None and was is not None:
            yield Change(CRITERIA, was.name, "removed", _whole(was), "", f"Threshold '{name}' removed. It was: {_whole(was)}.")
        elif was is not None and now is not None:
            yield from THRESHOLDS.changed(was, now)
            yield from _criteria(now.name, list(was.criteria), list(now.criteria))


def measure_changes(before: PolicySnapshot, after: PolicySnapshot) -> Iterator[Change]:
    """The measures of the organisation's own that the thresholds use."""
    yield from OWN_MEASURES.between(*({own.key: own for own in content.measures} for content in (before, after)))


def in_words(threshold: ThresholdRule) -> str:
    """'SEV2 major from level 1 when all conditions hold: Failed transactions is at least 5 % for 5 min'."""
    said = "; ".join(criterion_in_words(criterion) for criterion in threshold.criteria) or "no condition"
    how = f"when {COMBINES[threshold.combine]}: " if len(threshold.criteria) > 1 else "when "
    return f"{threshold.severity.label} from level {threshold.start_level} {how}{said}"


def criterion_in_words(criterion: CriterionRule) -> str:
    """'Failed transactions is at least 5 % for 5 min (readings of the last 10 min)'."""
    return f"{criterion.words.name} {condition(criterion)} (readings of the last {words.duration(criterion.window)})"


def _whole(threshold: ThresholdRule) -> str:
    return in_words(threshold) + (f"; runbook {threshold.runbook}" if threshold.runbook_id else "")


def _criteria(place: str, old: list[CriterionRule], new: list[CriterionRule]) -> Iterator[Change]:
    """Equal conditions are no change; of the others, those on the same measure and comparison are one that changed."""
    for same in (Counter(old) & Counter(new)).elements():
        old.remove(same)
        new.remove(same)
    for was in list(old):
        now = next((criterion for criterion in new if (criterion.measure, criterion.comparison) == (was.measure, was.comparison)), None)
        if now is not None:
            old.remove(was)
            new.remove(now)
            yield from _criterion(place, was, now)
    for was in old:
        said = criterion_in_words(was)
        yield Change(CRITERIA, place, "condition", said, "", f"{place}: condition removed: {said}.")
    for now in new:
        said = criterion_in_words(now)
        yield Change(CRITERIA, place, "condition", "", said, f"{place}: condition added: {said}.")


def _criterion(place: str, before: CriterionRule, after: CriterionRule) -> Iterator[Change]:
    name = after.words.name
    if before.value != after.value:
        was, now = in_unit(before.value, before.words), in_unit(after.value, after.words)
        moved = "raised" if after.value > before.value else "lowered"
        yield Change(CRITERIA, place, name, was, now, f"{place}: {name} {moved} from {was} to {now}.")
    if before.for_at_least != after.for_at_least:
        was, now = _lasting(before.for_at_least), _lasting(after.for_at_least)
        yield Change(CRITERIA, place, f"{name} must hold", was, now, f"{place}: {name} must hold {now} instead of {was}.")
    if before.window != after.window:
        was, now = words.duration(before.window), words.duration(after.window)
        yield Change(CRITERIA, place, f"{name} is observed over", was, now, f"{place}: {name} is observed over {now} instead of {was}.")


def _lasting(value: timedelta) -> str:
    return f"for {words.duration(value)}" if value else "at once"
