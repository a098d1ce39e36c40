"""When what is due in a run: windows, waits and reminders of a level at the incident's pace, and the resolution milestone."""

from datetime import datetime
from typing import NamedTuple

from .escalation_facts import Alerted, RunState
from .ruleset import LevelRule, PolicySnapshot


class Reminder(NamedTuple):
    """A reminder still to be sent in the current window: the how-manieth it is, when it is due, whom it goes to."""

    number: int
    due: datetime
    people: tuple[Alerted, ...]


def entered_at(state: RunState) -> datetime:
    """From when the current window counts."""
    return state.level_entered_at or state.counts_from


def window_end(level: LevelRule, state: RunState) -> datetime:
    return entered_at(state) + level.window


def backup_due(level: LevelRule, state: RunState) -> datetime | None:
    """When it is the next person's turn; None when the level has nobody further."""
    if not level.targets or level.targets[-1].position <= state.position:
        return None
    return (state.last_page_at or entered_at(state)) + level.backup_after


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


def next_reminder(level: LevelRule, state: RunState) -> Reminder | None:
    """The first reminder that was not sent yet. It goes to whoever was alerted before it is due; one that nobody waits for is left out."""
    if not level.reminders or not state.alerted:
        return None
    entered, end = entered_at(state), window_end(level, state)
    for number, before in enumerate(level.reminders[state.reminded :], start=state.reminded + 1):
        due = end - before
        if due > entered:
            latest = state.last_page_at is not None and state.last_page_at >= due
            alerted = state.alerted[:-1] if latest else state.alerted
            people = tuple([person for person in alerted if person.person_id is not None])
            if people:
                return Reminder(number, due, people)
    return None


def reminders_due(level: LevelRule, state: RunState, now: datetime) -> int:
    """How many reminders of the current window should have been sent by `now`."""
    end = window_end(level, state)
    return sum(end - before <= now for before in level.reminders)


def next_look(snapshot: PolicySnapshot, level: LevelRule, state: RunState) -> datetime:
    """The earliest of: the next person's turn, a reminder, the end of the window, the resolution milestone."""
    reminder = next_reminder(level, state) if level.reminders else None
    earliest = window_end(level, state)
    for moment in (backup_due(level, state), reminder and reminder.due, milestone_at(snapshot, state)):
        if moment is not None and moment < earliest:
            earliest = moment
    return earliest
