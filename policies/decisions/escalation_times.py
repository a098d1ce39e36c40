"""When what is due in a run: windows, waits and reminders at the pace of the incident's severity, and the resolution milestone."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from .escalation_facts import Alerted, RunState
from .ruleset import LevelRule, PolicySnapshot

FULL_PACE = 100


class Reminder(NamedTuple):
    """A reminder still to be sent in the current window: the how-manieth it is, when it is due, whom it goes to."""

    number: int
    due: datetime
    people: tuple[Alerted, ...]


def pace_of(snapshot: PolicySnapshot, severity: str) -> int:
    """How long windows, waits and reminders are at this severity, in per cent of what the levels say."""
    for rule in snapshot.severity_rules:
        if rule.severity == severity:
            return rule.pace_percent
    return FULL_PACE


def window_of(snapshot: PolicySnapshot, level: LevelRule, state: RunState) -> timedelta:
    """How long the level's window is for this incident."""
    return _at(pace_of(snapshot, state.severity), level.window)


def backup_after(snapshot: PolicySnapshot, level: LevelRule, state: RunState) -> timedelta:
    """How long the level waits from one person to the next for this incident."""
    return _at(pace_of(snapshot, state.severity), level.backup_after)


def entered_at(state: RunState) -> datetime:
    """From when the current window counts."""
    return state.level_entered_at or state.counts_from


def window_end(snapshot: PolicySnapshot, level: LevelRule, state: RunState) -> datetime:
    return entered_at(state) + window_of(snapshot, level, state)


def backup_due(snapshot: PolicySnapshot, level: LevelRule, state: RunState) -> datetime | None:
    """When it is the next person's turn; None when the level has nobody further."""
    if all(target.position <= state.position for target in level.targets):
        return None
    return (state.last_page_at or entered_at(state)) + backup_after(snapshot, level, state)


def milestone_at(snapshot: PolicySnapshot, state: RunState) -> datetime | None:
    """When the incident must be resolved; None when the policy sets no milestone or its being missed was dealt with."""
    if snapshot.resolve_within is None or state.milestone_done:
        return None
    return state.counts_from + snapshot.resolve_within


def silent_at(snapshot: PolicySnapshot, state: RunState) -> datetime | None:
    """When whoever acknowledged counts as silent; None when the policy does not ask, or nobody knows since when."""
    if snapshot.silent_after is None or state.last_sign_at is None:
        return None
    return state.last_sign_at + snapshot.silent_after


def answered_look(snapshot: PolicySnapshot, state: RunState) -> datetime | None:
    """When an acknowledged run is looked at again: at the milestone or at the holder's silence, whatever is first."""
    milestone, silent = milestone_at(snapshot, state), silent_at(snapshot, state)
    return silent if milestone is None or (silent is not None and silent < milestone) else milestone


def next_reminder(snapshot: PolicySnapshot, level: LevelRule, state: RunState) -> Reminder | None:
    """The first reminder that was not sent yet. It goes to whoever was alerted before it is due; one that nobody waits for is left out."""
    if not level.reminders or not state.alerted:
        return None
    pace, end = pace_of(snapshot, state.severity), window_end(snapshot, level, state)
    for number, before in enumerate(_earliest_first(level.reminders), start=1):
        due = end - _at(pace, before)
        if number > state.reminded and due > entered_at(state):
            latest = state.last_page_at is not None and state.last_page_at >= due
            alerted = state.alerted[:-1] if latest else state.alerted
            people = tuple(person for person in alerted if person.person_id is not None)
            if people:
                return Reminder(number, due, people)
    return None


def reminders_due(snapshot: PolicySnapshot, level: LevelRule, state: RunState, now: datetime) -> int:
    """How many reminders of the current window should have been sent by `now`."""
    pace, end = pace_of(snapshot, state.severity), window_end(snapshot, level, state)
    return sum(end - _at(pace, before) <= now for before in level.reminders)


def next_look(snapshot: PolicySnapshot, level: LevelRule, state: RunState) -> datetime:
    """The earliest of: the next person's turn, a reminder, the end of the window, the resolution milestone."""
    reminder = next_reminder(snapshot, level, state) if level.reminders else None
    earliest = window_end(snapshot, level, state)
    for moment in (backup_due(snapshot, level, state), reminder.due if reminder else None, milestone_at(snapshot, state)):
        if moment is not None and moment < earliest:
            earliest = moment
    return earliest


def _at(pace: int, duration: timedelta) -> timedelta:
    return duration if pace == FULL_PACE else duration * pace / FULL_PACE


def _earliest_first(reminders: Sequence[timedelta]) -> Sequence[timedelta]:
    return reminders if len(reminders) == 1 else sorted(reminders, reverse=True)
