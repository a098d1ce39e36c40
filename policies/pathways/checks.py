"""What the levels of a version must satisfy before anybody is asked to approve it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise

from policies.decisions.findings import Finding, found
from policies.decisions.ruleset import LevelRule, TargetRule
from portal.foundation import words


def check_levels(
    levels: Sequence[LevelRule],
    *,
    rotations: Mapping[int, Collection[int]] | None = None,
    gone: Collection[int] = (),
    unreachable: Collection[int] = (),
    resolve_within: timedelta | None = None,
) -> list[Finding]:
    """Findings on the pathway. `rotations` gives everybody a schedule can put on duty, `gone` people who left, `unreachable`
    people without a way to reach them; all by primary key. A schedule that `rotations` does not know counts as filled."""
    if not levels:
        return [found("level.none", "Levels", "There is no level: nobody would be alerted.")]
    known = rotations or {}
    findings = _numbers(levels)
    for level in levels:
        findings += _people(level, known, gone, unreachable) + _twice(level) + _backups(level) + _window(level, resolve_within)
    return findings + _adjacent(levels)


def place_of(level: LevelRule, target: TargetRule | None = None) -> str:
    """'Level 2', 'Level 2, backup 1'."""
    return f"Level {level.number}, {target.role}" if target else f"Level {level.number}"


def _numbers(levels: Sequence[LevelRule]) -> list[Finding]:
    numbers = sorted(level.number for level in levels)
    wanted = list(range(1, len(numbers) + 1))
    if numbers == wanted:
        return []
    missing = [str(number) for number in wanted if number not in numbers]
    text = f"The levels are numbered {words.listed([str(number) for number in numbers])}: {words.listed(missing)} is missing."
    return [found("level.numbers", "Levels", text)]


def _people(
    level: LevelRule, rotations: Mapping[int, Collection[int]], gone: Collection[int], unreachable: Collection[int]
) -> list[Finding]:
    place = place_of(level)
    if not level.targets:
        return [found("level.no_people", place, f"Level {level.number} ({level.name}) alerts nobody.")]
    empty = [target for target in level.targets if _is_empty(target, rotations, gone)]
    if len(empty) == len(level.targets):
        texts = " ".join(_nobody(target) for target in empty)
        return [found("level.nobody_left", place, f"Nobody is left in level {level.number} ({level.name}). {texts}")]
    findings = [
        found("target.left" if target.schedule_id is None else "target.empty_schedule", place_of(level, target), _nobody(target))
        for target in empty
    ]
    findings += _reach(level, [target for target in level.targets if target not in empty], rotations, gone, unreachable)
    behind = {person for target in level.targets for person in _behind(target, rotations)} - set(gone)
    if len(behind) == 1 and not any(_unknown(target, rotations) for target in level.targets):
        findings.append(found("level.one_person", place, f"Level {level.number} ({level.name}) rests on one person."))
    return findings


def _reach(
    level: LevelRule,
    targets: Sequence[TargetRule],
    rotations: Mapping[int, Collection[int]],
    gone: Collection[int],
    unreachable: Collection[int],
) -> list[Finding]:
    """Who cannot be reached; one finding for the level when that is everybody. A schedule's own people are checked with the schedule."""
    deaf = {*unreachable, *gone}
    if all(not _unknown(target, rotations) and deaf.issuperset(_behind(target, rotations)) for target in targets):
        names = words.listed(list(dict.fromkeys(target.name for target in targets)))
        text = f"Nobody in level {level.number} ({level.name}) can be reached: there is no active contact point behind {names}."
        return [found("level.unreachable", place_of(level), text)]
    return [
        found("target.no_contact", place_of(level, target), f"{target.name} has no active contact point, so no alert can reach them.")
        for target in targets
        if target.person_id in unreachable
    ]


def _behind(target: TargetRule, rotations: Mapping[int, Collection[int]]) -> set[int]:
    """Everybody whom this place can mean."""
    if target.person_id is not None:
        return {target.person_id}
    return set(rotations.get(target.schedule_id or 0, ()))


def _unknown(target: TargetRule, rotations: Mapping[int, Collection[int]]) -> bool:
    return target.schedule_id is not None and target.schedule_id not in rotations


def _is_empty(target: TargetRule, rotations: Mapping[int, Collection[int]], gone: Collection[int]) -> bool:
    return not _unknown(target, rotations) and not _behind(target, rotations) - set(gone)


def _nobody(target: TargetRule) -> str:
    if target.schedule_id is not None:
        return f"Nobody is in the rotation of {target.name}."
    return f"{target.name} can no longer sign in."


def _twice(level: LevelRule) -> list[Finding]:
    seen = [_who(target) for target in level.targets]
    again = [target for number, target in enumerate(level.targets) if seen[number] in seen[:number]]
    text = "{} stands in level {} twice; the second alert is no backup."
    return [found("target.twice", place_of(level, target), text.format(target.name, level.number)) for target in again]


def _adjacent(levels: Sequence[LevelRule]) -> list[Finding]:
    ordered = sorted(levels, key=lambda level: level.number)
    findings = []
    for lower, upper in pairwise(ordered):
        below = {_who(target) for target in lower.targets}
        for target in upper.targets:
            if _who(target) in below:
                text = (
                    f"{target.name} stands in level {lower.number} and in level {upper.number}: moving up alerts nobody new in that place."
                )
                findings.append(found("target.adjacent", place_of(upper, target), text))
    return findings


def _who(target: TargetRule) -> tuple[int | None, int | None]:
    return target.person_id, target.schedule_id


def _backups(level: LevelRule) -> list[Finding]:
    late = [target for number, target in enumerate(level.targets) if number and level.backup_after * number >= level.window]
    if not late:
        return []
    text = (
        f"{words.listed([target.name for target in late])} would never be alerted in level {level.number}: with "
        f"{words.duration(level.backup_after)} between people, the window of {words.duration(level.window)} is over before."
    )
    return [found("target.never_reached", place_of(level, late[0]), text)]


def _window(level: LevelRule, resolve_within: timedelta | None) -> list[Finding]:
    if resolve_within is None or level.window <= resolve_within:
        return []
    text = (
        f"The window of level {level.number} ({words.duration(level.window)}) is longer than the resolution milestone "
        f"({words.duration(resolve_within)}): the incident moves up before the window is over."
    )
    return [found("level.window_past_milestone", place_of(level), text)]
