"""What an escalation does next. One pure function decides for the live engine, for replays and for what the pages foretell.

The rules in plain words: docs/rules/escalation.md.
"""

from datetime import datetime, timedelta

from .escalation_alerts import alert_backup, enter, lateness, remind
from .escalation_answered import acknowledged, after_the_answer, ended, missed_milestone
from .escalation_facts import Action, Decision, Kind, Roster, RunState, Status
from .escalation_levels import current, levels_above, start, starts_higher
from .escalation_orders import obeyed, resumed
from .escalation_times import backup_due, milestone_at, next_look, next_reminder, window_end
from .escalation_words import in_words, names_in_words, silence
from .ruleset import LevelRule, PolicySnapshot

# The words are asked for here by others.
__all__ = ["in_words", "milestone_at", "names_in_words", "next_actions"]


def next_actions(snapshot: PolicySnapshot, roster: Roster, state: RunState, now: datetime) -> Decision:
    """What follows at `now`, for every possible input; nothing when it is too early.

    At most one person is alerted a pass; reminders go, in passes of their own, to people who were alerted before. The order of the
    questions: has the incident ended, was it acknowledged, did somebody order something, is the alerting on hold, was the resolution
    milestone missed, is the holder silent, is somebody's time to answer over, is a reminder due.
    """
    decision = _decide(snapshot.at_pace_of(state.severity), roster, state, now)
    after = decision.state
    if after.regraded or after.order is not None:
        after = after._replace(regraded=False, order=None)
    if after.held_until is not None and after.status is not Status.HELD:
        after = after._replace(held_at=None, held_until=None)
    return decision if after is decision.state else decision._replace(state=after)


def _decide(snapshot: PolicySnapshot, roster: Roster, state: RunState, now: datetime) -> Decision:
    status = state.status
    if state.ended_as is not None:
        return ended(state, f"The incident is {state.ended_as}.") if status.is_live else Decision((), state, None)
    if state.acknowledged_by is not None and status in (Status.PAGING, Status.HELD):
        return acknowledged(snapshot, state, now)
    if state.order is not None:
        done = obeyed(snapshot, roster, state, now)
        if isinstance(done, str):
            return _decide(snapshot, roster, state._replace(order=None), now)
        return _go_on(snapshot, roster, done.actions[0], done.state, now, now) if state.order.kind is Kind.RESUMED else done
    if status is Status.PAGING:
        milestone = milestone_at(snapshot, state)
        if milestone is not None and now >= milestone and current(snapshot, state):
            return missed_milestone(snapshot, roster, state, now, milestone)
        return _alert_on(snapshot, roster, state, now)
    if status is Status.ACKNOWLEDGED:
        return after_the_answer(snapshot, roster, state, now)
    return _rest(snapshot, roster, state, now) if status is Status.HELD else Decision((), state, None)


def _alert_on(snapshot: PolicySnapshot, roster: Roster, state: RunState, now: datetime, first_due: datetime | None = None) -> Decision:
    level = current(snapshot, state)
    if level is None:
        due = first_due or state.counts_from
        return _first(snapshot, roster, state, now, None if state.level else lateness(state, now, due))
    higher = starts_higher(snapshot, state)
    if higher is not None:
        return _raised(snapshot, roster, state, now, higher)
    end, backup = window_end(level, state), backup_due(level, state)
    if backup is not None and backup < end and now >= backup:
        return alert_backup(snapshot, roster, state, now, level, backup)
    if now >= end:
        return _onward(snapshot, roster, state, now, level, lateness(state, now, end))
    reminder = next_reminder(level, state) if level.reminders else None
    if reminder is not None and now >= reminder.due:
        return remind(snapshot, state, now, level, reminder)
    return Decision((), state, next_look(snapshot, level, state))


def _first(snapshot: PolicySnapshot, roster: Roster, state: RunState, now: datetime, late: timedelta | None) -> Decision:
    begin = start(snapshot, state.start_level)
    first = max(begin.number if begin else 0, state.level)
    return enter(snapshot, levels_above(snapshot, first - 1), roster, state, now, f"The incident starts at level {first}.", late)


def _raised(snapshot: PolicySnapshot, roster: Roster, state: RunState, now: datetime, higher: LevelRule) -> Decision:
    why = f"The incident's severity now starts at level {higher.number}."
    return enter(snapshot, levels_above(snapshot, higher.number - 1), roster, state, now, why, None)


def _onward(snapshot: PolicySnapshot, roster: Roster, state: RunState, now: datetime, level: LevelRule, late: timedelta | None) -> Decision:
    """The window is over: the levels above, then the whole way again as often as the policy repeats it, then nobody is left."""
    silent = silence(state, level.window)
    higher = enter(snapshot, levels_above(snapshot, level.number), roster, state, now, silent, late)
    if higher.state.status is not Status.EXHAUSTED or state.round > snapshot.repeats:
        return higher
    begin = start(snapshot, state.start_level)
    round_ = f"round {state.round + 1} of {snapshot.repeats + 1}"
    anew = state._replace(round=state.round + 1)
    levels = levels_above(snapshot, begin.number - 1 if begin else 0)
    again = enter(snapshot, levels, roster, anew, now, f"The way through the levels begins again: {round_}.", late)
    if again.state.status is Status.EXHAUSTED:
        return higher
    told = Action(Kind.REPEATED, f"{silent} There is nobody further to alert, and {round_} begins.", level.number, late_by=late)
    return again._replace(actions=(*higher.actions[:-1], told, *again.actions))


def _rest(snapshot: PolicySnapshot, roster: Roster, state: RunState, now: datetime) -> Decision:
    """On hold nobody is alerted, until its time is over, a worse severity starts higher, or a missed milestone alerts a level above."""
    until, milestone = state.held_until or now, milestone_at(snapshot, state)
    higher = starts_higher(snapshot, state) if state.level else None
    if now >= until or higher is not None:
        why = "The hold is over." if higher is None else f"The incident's severity now starts at level {higher.number}."
        return _go_on(snapshot, roster, *resumed(state, now, why), now, until)
    if milestone is None or not state.level:
        return Decision((), state, until)
    if now < milestone:
        return Decision((), state, min(until, milestone))
    told, goes_on = resumed(state, now, "The resolution milestone was missed.")
    moved = missed_milestone(snapshot, roster, goes_on, now, milestone)
    if any(action.kind is Kind.PAGED for action in moved.actions):
        return moved._replace(actions=(told, *moved.actions))
    return Decision(moved.actions, state._replace(milestone_done=True), until)


def _go_on(snapshot: PolicySnapshot, roster: Roster, told: Action, state: RunState, now: datetime, first_due: datetime) -> Decision:
    """The alerting goes on after a hold, in the same pass. A first alert that had to wait for it was due only then."""
    decision = _alert_on(snapshot, roster, state, now, first_due)
    return decision._replace(actions=(told, *decision.actions))
