"""What an escalation does next. One pure function decides for the live engine, for replays and for what the pages foretell.

The rules in plain words: docs/rules/escalation.md.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from .escalation_alerts import alert_backup, enter, lateness, levels_above, remind
from .escalation_facts import Action, Decision, Kind, Roster, RunState, Status
from .escalation_times import backup_due, milestone_at, next_look, next_reminder, window_end, window_of
from .escalation_words import in_words, names_in_words, silence
from .ruleset import LevelRule, PolicySnapshot

# The words are asked for here by others.
__all__ = ["in_words", "milestone_at", "names_in_words", "next_actions"]


def next_actions(snapshot: PolicySnapshot, roster: Roster, state: RunState, now: datetime) -> Decision:
    """What follows at `now`, for every possible input; nothing when it is too early.

    At most one person is alerted a pass; reminders go, in passes of their own, to people who were alerted before. The order of
    the questions: has the incident ended, was it acknowledged, was the resolution milestone missed, is somebody's time to answer
    over, is a reminder due.
    """
    if state.regraded:
        decision = _decide(snapshot, roster, state, now)
        return replace(decision, state=replace(decision.state, regraded=False))
    return _decide(snapshot, roster, state, now)


def _decide(snapshot: PolicySnapshot, roster: Roster, state: RunState, now: datetime) -> Decision:
    if not state.status.is_live:
        return Decision((), state, None)
    if state.ended_as is not None:
        return _end(state, f"The incident is {state.ended_as}.")
    if state.status is Status.PAGING and state.acknowledged_by is not None:
        return _acknowledged(snapshot, state)
    milestone = milestone_at(snapshot, state)
    if milestone is not None and now >= milestone and (state.status is Status.ACKNOWLEDGED or _current(snapshot, state)):
        return _milestone(snapshot, roster, state, now, milestone)
    if state.status is Status.ACKNOWLEDGED:
        if milestone is None:
            return _end(state, "It is acknowledged, and no resolution milestone lies ahead.")
        return Decision((), state, milestone)
    return _alert_on(snapshot, roster, state, now)


def _alert_on(snapshot: PolicySnapshot, roster: Roster, state: RunState, now: datetime) -> Decision:
    level, start = _current(snapshot, state), _start(snapshot, state.start_level)
    if level is None or (start is not None and start.number > level.number):
        return _first_or_raised(snapshot, roster, state, now, start)
    end, backup = window_end(snapshot, level, state), backup_due(snapshot, level, state)
    if backup is not None and backup < end and now >= backup:
        return alert_backup(snapshot, roster, state, now, level, backup)
    if now >= end:
        return _onward(snapshot, roster, state, now, level, lateness(state, now, end))
    reminder = next_reminder(snapshot, level, state) if level.reminders else None
    if reminder is not None and now >= reminder.due:
        return remind(snapshot, state, now, level, reminder)
    return Decision((), state, next_look(snapshot, level, state))


def _first_or_raised(snapshot: PolicySnapshot, roster: Roster, state: RunState, now: datetime, start: LevelRule | None) -> Decision:
    first = max(start.number if start else 0, state.level)
    levels = levels_above(snapshot, first - 1)
    if state.level:
        return enter(snapshot, levels, roster, state, now, f"The incident's severity now starts at level {first}.", None)
    return enter(snapshot, levels, roster, state, now, f"The incident starts at level {first}.", lateness(state, now, state.counts_from))


def _onward(snapshot: PolicySnapshot, roster: Roster, state: RunState, now: datetime, level: LevelRule, late: timedelta | None) -> Decision:
    """The window is over: the levels above, then the whole way again as often as the policy repeats it, then nobody is left."""
    silent = silence(state, window_of(snapshot, level, state))
    higher = enter(snapshot, levels_above(snapshot, level.number), roster, state, now, silent, late)
    if higher.state.status is not Status.EXHAUSTED or state.round > snapshot.repeats:
        return higher
    start = _start(snapshot, state.start_level)
    round_ = f"round {state.round + 1} of {snapshot.repeats + 1}"
    anew = replace(state, round=state.round + 1)
    levels = levels_above(snapshot, start.number - 1 if start else 0)
    again = enter(snapshot, levels, roster, anew, now, f"The way through the levels begins again: {round_}.", late)
    if again.state.status is Status.EXHAUSTED:
        return higher
    told = Action(Kind.REPEATED, f"{silent} There is nobody further to alert, and {round_} begins.", level.number, late_by=late)
    return replace(again, actions=(*higher.actions[:-1], told, *again.actions))


def _acknowledged(snapshot: PolicySnapshot, state: RunState) -> Decision:
    told = Action(Kind.ACKNOWLEDGED, f"{state.acknowledged_by} acknowledged.", state.level or None)
    milestone = milestone_at(snapshot, state)
    if milestone is None:
        ended = _end(state, "It is acknowledged, and no resolution milestone lies ahead.")
        return replace(ended, actions=(told, *ended.actions))
    return Decision((told,), replace(state, status=Status.ACKNOWLEDGED), milestone)


def _milestone(snapshot: PolicySnapshot, roster: Roster, state: RunState, now: datetime, due: datetime) -> Decision:
    """The incident is not resolved in time: the level above takes over, once. With nobody above, what runs goes on."""
    late = lateness(None, now, due)
    start = _start(snapshot, state.start_level)
    current = state.level or (start.number if start else 0)
    reason = f"Not resolved within {in_words(snapshot.resolve_within or timedelta())}."
    told = Action(Kind.MILESTONE, reason, current or None, late_by=late)
    done = replace(state, milestone_done=True)
    higher = levels_above(snapshot, current)
    if not higher and state.status is Status.ACKNOWLEDGED:
        ended = _end(done, "There is no level above to move it to.")
        return replace(ended, actions=(told, *ended.actions))
    moved = enter(snapshot, higher, roster, done, now, reason, late)
    level = _current(snapshot, state)
    if moved.state.status is Status.EXHAUSTED and state.status is Status.PAGING and level is not None:
        return Decision((told,), done, next_look(snapshot, level, done))
    return replace(moved, actions=(told, *moved.actions))


def _end(state: RunState, why: str) -> Decision:
    return Decision((Action(Kind.ENDED, why, state.level or None),), replace(state, status=Status.ENDED), None)


def _current(snapshot: PolicySnapshot, state: RunState) -> LevelRule | None:
    """The level whose window runs; None before the first alert."""
    if state.level_entered_at is None:
        return None
    return next((rule for rule in snapshot.levels if rule.number == state.level), None)


def _start(snapshot: PolicySnapshot, start_level: int) -> LevelRule | None:
    """The level to begin at: the first from `start_level` up, or the highest when the policy ends below it."""
    return min(snapshot.levels, key=lambda rule: (rule.number < start_level, abs(rule.number - start_level)), default=None)
