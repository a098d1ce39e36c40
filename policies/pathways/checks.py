"""What the levels of a version must satisfy before anybody is asked to approve it."""

from collections.abc import Collection, Sequence

from policies.decisions.findings import Finding
from policies.decisions.vocabulary import LevelRule, TargetRule
from portal.foundation import words


def check_levels(
    levels: Sequence[LevelRule], *, nobody_on: Collection[int] = (), gone: Collection[int] = (), unreachable: Collection[int] = ()
) -> list[Finding]:
    """Findings on the pathway. `nobody_on` names schedules without a rotation, `gone` people who left, `unreachable` people
    without a way to reach them; all by primary key."""
    if not levels:
        return [Finding("There is no level: nobody would be alerted. Add a level with at least one person or schedule.")]
    findings = _numbers(levels)
    for level in levels:
        findings += _people(level, nobody_on, gone, unreachable) + _backups(level)
    return findings


def _numbers(levels: Sequence[LevelRule]) -> list[Finding]:
    numbers = sorted(level.number for level in levels)
    wanted = list(range(1, len(numbers) + 1))
    if numbers == wanted:
        return []
    missing = [str(number) for number in wanted if number not in numbers]
    return [
        Finding(
            f"The levels are numbered {words.listed([str(number) for number in numbers])}: {words.listed(missing)} is missing. "
            "Number them 1, 2, 3, … without gaps."
        )
    ]


def _people(level: LevelRule, nobody_on: Collection[int], gone: Collection[int], unreachable: Collection[int]) -> list[Finding]:
    if not level.targets:
        return [Finding(f"Level {level.number} ({level.name}) alerts nobody. Add a person or an on-call schedule, or remove the level.")]
    empty = [target for target in level.targets if target.schedule_id in nobody_on or target.person_id in gone]
    findings = [Finding(_empty(level, target), blocking=len(empty) == len(level.targets)) for target in empty]
    for target in level.targets:
        if target.person_id in unreachable and target not in empty:
            findings.append(
                Finding(f"{target.name} (level {level.number}) has no active contact point, so no alert can reach them.", blocking=False)
            )
    seen = [(target.person_id, target.schedule_id) for target in level.targets]
    for target in (target for number, target in enumerate(level.targets) if seen[number] in seen[:number]):
        findings.append(Finding(f"{target.name} stands in level {level.number} twice; the second alert is no backup.", blocking=False))
    return findings


def _empty(level: LevelRule, target: TargetRule) -> str:
    if target.schedule_id is not None:
        return f"Nobody is in the rotation of {target.name} (level {level.number}, {target.role}). Fill the schedule or choose another."
    return f"{target.name} (level {level.number}, {target.role}) can no longer sign in. Choose somebody else."


def _backups(level: LevelRule) -> list[Finding]:
    late = [target for number, target in enumerate(level.targets) if number and level.backup_after * number >= level.window]
    if not late:
        return []
    return [
        Finding(
            f"{words.listed([target.name for target in late])} would never be alerted in level {level.number}: with "
            f"{words.duration(level.backup_after)} between people, the window of {words.duration(level.window)} is over before. "
            "Make the window longer or the wait shorter."
        )
    ]
