"""What the levels of a track must satisfy before anybody is asked to approve them. Who can be reached: policies.pathways.reach."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import pairwise

from policies.decisions.findings import Finding, found
from policies.decisions.ruleset import LevelRule, SeverityRule
from policies.decisions.vocabulary import Track
from portal.foundation import words

from .people import People, key_of
from .places import level_called, levels_called, place_of
from .reach import check_reach

FULL_PACE = 100
AT_ONCE = timedelta(minutes=1)
MOST_AT_ONCE = 3
LONGEST_WAIT = timedelta(days=1)


def check_levels(
    levels: Sequence[LevelRule],
    people: People,
    *,
    track: Track = Track.TECHNICAL,
    resolve_within: timedelta | None = None,
    severity_rules: Sequence[SeverityRule] = (),
) -> list[Finding]:
    """Findings on one track. `resolve_within` and `severity_rules` are the technical track's; a track without levels has none."""
    findings = _numbers(track, levels)
    for level in levels:
        if level.window <= timedelta(0) or level.backup_after <= timedelta(0):
            text = f"In {level_called(track, level.number)} the window or the wait between people is zero."
            findings.append(found("level.no_time", place_of(track, level), text))
            continue
        findings += check_reach(track, level, people)
        findings += _twice(track, level)
        findings += _times(track, level, resolve_within)
        findings += _everybody_at_once(track, level, severity_rules)
    findings += _severity_rules(severity_rules, {level.number for level in levels})
    return findings + _adjacent(track, levels)


def _numbers(track: Track, levels: Sequence[LevelRule]) -> list[Finding]:
    numbers = sorted(level.number for level in levels)
    wanted = list(range(1, len(numbers) + 1))
    if numbers == wanted:
        return []
    missing = [str(number) for number in wanted if number not in numbers]
    called, listed = levels_called(track), words.listed([str(number) for number in numbers])
    return [found("level.numbers", called, f"The {called.lower()} are numbered {listed}: {words.listed(missing)} is missing.")]


def _twice(track: Track, level: LevelRule) -> Iterator[Finding]:
    seen = [key_of(target) for target in level.targets]
    for number, target in enumerate(level.targets):
        if seen[number] in seen[:number]:
            text = f"{target.name} stands in {level_called(track, level.number)} twice; the second alert is no backup."
            yield found("target.twice", place_of(track, level, target), text)


def _times(track: Track, level: LevelRule, resolve_within: timedelta | None) -> Iterator[Finding]:
    """What is over before it began, and what never ends."""
    called, window = level_called(track, level.number), words.duration(level.window)
    late = [target for number, target in enumerate(level.targets) if number and level.backup_after >= level.window / number]
    if late:
        between = words.duration(level.backup_after)
        text = (
            f"{words.listed([target.name for target in late])} would never be alerted in {called}: with {between} between people, the "
            f"window of {window} is over before."
        )
        yield found("target.never_reached", place_of(track, level, late[0]), text)
    if resolve_within is not None and level.window > resolve_within:
        milestone = words.duration(resolve_within)
        text = (
            f"The window of {called} ({window}) is longer than the resolution milestone ({milestone}): the incident moves up before the "
            "window is over."
        )
        yield found("level.window_past_milestone", place_of(track, level), text)
    if level.window > LONGEST_WAIT:
        yield found("level.long_wait", place_of(track, level), f"{called.capitalize()} waits {window} before it goes on.")
    early = [words.duration(before) for before in level.reminders if before >= level.window]
    if early:
        text = f"A reminder {words.listed(early)} before the end of {called} never comes: its window is {window}."
        yield found("level.late_reminder", place_of(track, level), text)


def check_silence(levels: Sequence[LevelRule], silent_after: timedelta | None, resolve_within: timedelta | None) -> list[Finding]:
    """The silence after an acknowledgement: long enough to work in, and over before the milestone moves the incident up anyway."""
    if silent_after is None:
        return []
    place, silence = "Silence after an acknowledgement", words.duration(silent_after)
    findings = []
    longest = max(levels, key=lambda level: level.window, default=None)
    if longest is not None and silent_after < longest.window:
        text = (
            f"Whoever acknowledged is alerted again after {silence} without a sign of work, sooner than level {longest.number} gives to "
            f"answer at all ({words.duration(longest.window)})."
        )
        findings.append(found("silence.short", place, text))
    if resolve_within is not None and silent_after >= resolve_within:
        milestone = words.duration(resolve_within)
        text = f"The silence of {silence} is never noticed: after {milestone} the resolution milestone moves the incident up."
        findings.append(found("silence.past_milestone", place, text))
    return findings


def _everybody_at_once(track: Track, level: LevelRule, severity_rules: Sequence[SeverityRule]) -> Iterator[Finding]:
    """Three or more within a minute, at the pace of the severity that goes fastest."""
    fastest = min(severity_rules, key=lambda rule: rule.pace_percent, default=None)
    pace = min(fastest.pace_percent, FULL_PACE) if fastest else FULL_PACE
    wait, window = (min(duration, LONGEST_WAIT) * pace / FULL_PACE for duration in (level.backup_after, level.window))
    called = sum(wait * number <= AT_ONCE and wait * number < window for number in range(len(level.targets)))
    if called >= MOST_AT_ONCE:
        at = f" at {fastest.severity}" if fastest and pace < FULL_PACE else ""
        text = f"{level_called(track, level.number).capitalize()} alerts {called} people within a minute{at}: {words.duration(wait)} lie between them."
        yield found("level.everybody_at_once", place_of(track, level), text)


def _severity_rules(rules: Sequence[SeverityRule], numbers: set[int]) -> Iterator[Finding]:
    for rule in rules:
        place = f"What {rule.severity} changes"
        if rule.start_level is not None and rule.start_level not in numbers:
            text = f"{rule.severity} starts at level {rule.start_level}, which does not exist."
            yield found("severity_rule.no_such_level", place, text)
        elif (rule.start_level or 1) <= 1 and rule.pace_percent >= FULL_PACE:
            text = f"{rule.severity} starts no higher than without it, and its windows are as long as the levels say."
            yield found("severity_rule.no_effect", place, text)


def _adjacent(track: Track, levels: Sequence[LevelRule]) -> list[Finding]:
    findings = []
    for lower, upper in pairwise(sorted(levels, key=lambda level: level.number)):
        below = {key_of(target) for target in lower.targets}
        for target in upper.targets:
            if key_of(target) in below:
                where = f"{level_called(track, lower.number)} and in {level_called(track, upper.number)}"
                text = f"{target.name} stands in {where}: moving up alerts nobody new in that place."
                findings.append(found("target.adjacent", place_of(track, upper, target), text))
    return findings
