"""What changes from one content to another, in words. Pure: works on snapshots."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from policies.decisions.ruleset import CriterionRule, LevelRule, PolicySnapshot, TargetRule, ThresholdRule
from policies.decisions.severity import condition, in_unit
from portal.foundation import words

COMBINES = {"all": "all conditions hold", "any": "any condition holds"}


def differences(before: PolicySnapshot | None, after: PolicySnapshot) -> list[str]:
    """Sentences that say what `after` changes of `before`; without a before, what it brings. Empty when they say the same.

    Names of people and schedules do not count, only who they are: somebody renamed is no change of the rules.
    """
    old = before or PolicySnapshot((), (), None)
    return [*_milestone(old.resolve_within, after.resolve_within), *_levels(old, after), *_thresholds(old, after)]


def _milestone(before: timedelta | None, after: timedelta | None) -> Iterator[str]:
    if before == after:
        return
    if before is None or after is None:
        yield f"Resolution milestone added: {words.duration(after)}." if after else "Resolution milestone removed."
    else:
        yield f"Resolution milestone {_moved(before, after, 'lengthened', 'shortened')}."


def _levels(before: PolicySnapshot, after: PolicySnapshot) -> Iterator[str]:
    old, new = ({level.number: level for level in content.levels} for content in (before, after))
    for number in sorted(old.keys() | new.keys()):
        if number not in old:
            level = new[number]
            yield f"Level {number} added: {level.name}, {_people(level)}, window {words.duration(level.window)}."
        elif number not in new:
            yield f"Level {number} removed: {old[number].name}, {_people(old[number])}."
        else:
            yield from _level(old[number], new[number])


def _level(before: LevelRule, after: LevelRule) -> Iterator[str]:
    where = f"Level {after.number}"
    if before.name != after.name:
        yield f"{where} is called '{after.name}' instead of '{before.name}'."
    if before.kind != after.kind:
        yield f"{where} is {after.kind} instead of {before.kind}."
    if before.window != after.window:
        yield f"{where} window {_moved(before.window, after.window, 'raised', 'lowered')}."
    if before.backup_after != after.backup_after:
        yield f"{where} wait for the next person {_moved(before.backup_after, after.backup_after, 'raised', 'lowered')}."
    old, new = ({target.position: target for target in level.targets} for level in (before, after))
    # Positions only order people: what counts is who is first, second, …
    olds, news = [old[key] for key in sorted(old)], [new[key] for key in sorted(new)]
    for place in range(max(len(olds), len(news))):
        role = "Primary" if place == 0 else f"Backup {place}"
        was = olds[place] if place < len(olds) else None
        now = news[place] if place < len(news) else None
        if was is None or now is None:
            yield f"{role} of level {after.number} {'added' if now else 'removed'}: {(now or was).name}."  # type: ignore[union-attr]
        elif _who(was) != _who(now):
            yield f"{role} of level {after.number}: {now.name} instead of {was.name}."


def _thresholds(before: PolicySnapshot, after: PolicySnapshot) -> Iterator[str]:
    old, new = ({threshold.name: threshold for threshold in content.thresholds} for content in (before, after))
    for name in [*old, *(name for name in new if name not in old)]:
        if name not in old:
            yield f"Threshold '{name}' added: {in_words(new[name])}."
        elif name not in new:
            yield f"Threshold '{name}' removed. It was: {in_words(old[name])}."
        else:
            for change in _threshold(old[name], new[name]):
                yield f"{name}: {change}."


def _threshold(before: ThresholdRule, after: ThresholdRule) -> Iterator[str]:
    if before.severity != after.severity:
        yield f"severity {after.severity.label} instead of {before.severity.label}"
    if before.start_level != after.start_level:
        yield f"starts at level {after.start_level} instead of level {before.start_level}"
    if before.combine != after.combine:
        yield f"holds when {COMBINES[after.combine]}, no longer when {COMBINES[before.combine]}"
    old, new = list(before.criteria), list(after.criteria)
    for same in (Counter(old) & Counter(new)).elements():
        old.remove(same)
        new.remove(same)
    for was in list(old):
        now = next((criterion for criterion in new if (criterion.measure, criterion.comparison) == (was.measure, was.comparison)), None)
        if now is not None:
            old.remove(was)
            new.remove(now)
            yield from _criterion(was, now)
    for was in old:
        yield f"condition removed: {criterion_in_words(was)}"
    for now in new:
        yield f"condition added: {criterion_in_words(now)}"


def _criterion(before: CriterionRule, after: CriterionRule) -> Iterator[str]:
    name = after.words.name
    if before.value != after.value:
        yield f"{name} {_changed(before.value, after.value)} from {in_unit(before.value, before.words)} to {in_unit(after.value, after.words)}"
    if before.for_at_least != after.for_at_least:
        yield f"{name} must hold {_lasting(after.for_at_least)} instead of {_lasting(before.for_at_least)}"
    if before.window != after.window:
        yield f"{name} is observed over {words.duration(after.window)} instead of {words.duration(before.window)}"


def in_words(threshold: ThresholdRule) -> str:
    """'SEV2 major from level 1 when all conditions hold: Failed transactions is at least 5 % for 5 min'."""
    said = "; ".join(criterion_in_words(criterion) for criterion in threshold.criteria) or "no condition"
    how = f"when {COMBINES[threshold.combine]}: " if len(threshold.criteria) > 1 else "when "
    return f"{threshold.severity.label} from level {threshold.start_level} {how}{said}"


def criterion_in_words(criterion: CriterionRule) -> str:
    """'Failed transactions is at least 5 % for 5 min (readings of the last 10 min)'."""
    return f"{criterion.words.name} {condition(criterion)} (readings of the last {words.duration(criterion.window)})"


def _people(level: LevelRule) -> str:
    return words.listed([target.name for target in level.targets]) or "nobody"


def _who(target: TargetRule) -> tuple[int | None, int | None]:
    return target.person_id, target.schedule_id


def _changed(before: Decimal, after: Decimal) -> str:
    return "raised" if after > before else "lowered"


def _moved(before: timedelta, after: timedelta, up: str, down: str) -> str:
    return f"{up if after > before else down} from {words.duration(before)} to {words.duration(after)}"


def _lasting(value: timedelta) -> str:
    return f"for {words.duration(value)}" if value else "at once"
