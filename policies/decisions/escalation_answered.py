"""What follows an acknowledgement: the end, a missed resolution milestone, or the silence of whoever acknowledged."""

from datetime import datetime, timedelta

from .escalation_alerts import begun, enter, lateness, paged
from .escalation_facts import Action, Alerted, Decision, Kind, Roster, RunState, Seat, Status
from .escalation_levels import current, levels_above, reached, start
from .escalation_times import answered_look, milestone_at, next_look, silent_at
from .escalation_words import in_words
from .ruleset import PolicySnapshot

NOTHING_AHEAD = "It is acknowledged, and no resolution milestone lies ahead."


def ended(state: RunState, why: str) -> Decision:
    """The run is over, and why."""
    return Decision((Action(Kind.ENDED, why, state.level or None),), state._replace(status=Status.ENDED), None)


def acknowledged(snapshot: PolicySnapshot, state: RunState, now: datetime) -> Decision:
    """Somebody has it: the alerts stop. That is a sign of work, and from it the holder's silence counts."""
    return answered(snapshot, state, now, Action(Kind.ACKNOWLEDGED, f"{state.acknowledged_by} acknowledged.", state.level or None))


def answered(snapshot: PolicySnapshot, state: RunState, now: datetime, told: Action) -> Decision:
    """The run waits for the milestone and for the holder's silence; with neither ahead it has ended."""
    after = state._replace(status=Status.ACKNOWLEDGED, last_sign_at=now)
    look = answered_look(snapshot, after)
    if look is None:
        over = ended(after, NOTHING_AHEAD)
        return over._replace(actions=(told, *over.actions))
    return Decision((told,), after, look)


def after_the_answer(snapshot: PolicySnapshot, roster: Roster, state: RunState, now: datetime) -> Decision:
    """The milestone comes first. Whoever holds an incident that waits for others is not called silent."""
    milestone, silent = milestone_at(snapshot, state), silent_at(snapshot, state)
    if milestone is not None and now >= milestone:
        # On hold before its first alert a run is not looked at for the milestone, so that was not due before the answer.
        due = milestone if state.level else max(milestone, state.last_sign_at or milestone)
        return missed_milestone(snapshot, roster, state, now, due)
    if silent is not None and now >= silent:
        if not state.on_hold:
            return _silent(snapshot, roster, state, now, lateness(None, now, silent))
        state = state._replace(last_sign_at=now)
    look = answered_look(snapshot, state)
    return ended(state, NOTHING_AHEAD) if look is None else Decision((), state, look)


def missed_milestone(snapshot: PolicySnapshot, roster: Roster, state: RunState, now: datetime, due: datetime) -> Decision:
    """The incident is not resolved in time: the level above takes over, once. With nobody above, what runs goes on."""
    late, at = lateness(None, now, due), reached(snapshot, state)
    reason = f"Not resolved within {in_words(snapshot.resolve_within or timedelta())}."
    told = Action(Kind.MILESTONE, reason, at or None, late_by=late)
    done, higher = state._replace(milestone_done=True), levels_above(snapshot, at)
    if not higher and state.status is Status.ACKNOWLEDGED:
        look = answered_look(snapshot, done)
        if look is not None:
            return Decision((told,), done, look)
        over = ended(done, "There is no level above to move it to.")
        return over._replace(actions=(told, *over.actions))
    moved = enter(snapshot, higher, roster, done, now, reason, late)
    level = current(snapshot, state)
    if moved.state.status is Status.EXHAUSTED and state.status is Status.PAGING and level is not None:
        return Decision((told,), done, next_look(snapshot, level, done))
    return moved._replace(actions=(told, *moved.actions))


def _silent(snapshot: PolicySnapshot, roster: Roster, state: RunState, now: datetime, late: timedelta | None) -> Decision:
    """The run's level is alerted again with a window anew: whoever has it first, then its people in their order."""
    holder = state.holder
    who = holder.name if holder else "Whoever acknowledged"
    why = f"{who} acknowledged and has given no sign of work for {in_words(snapshot.silent_after or timedelta())}."
    level = current(snapshot, state) or start(snapshot, state.start_level)
    told = Action(Kind.SILENT, why, level.number if level else None, None, holder.person_id if holder else None, who, late)
    if level is None or holder is None or holder.person_id is None:
        again = enter(snapshot, levels_above(snapshot, level.number - 1 if level else 0), roster, state, now, why, late)
        return again._replace(actions=(told, *again.actions))
    entered = (Action(Kind.LEVEL, why, level.number, late_by=late),) if not state.level else ()
    seat = _place_of(holder, level.number)
    return paged(snapshot, begun(state, level, seat, now), level, seat, (told, *entered), why, late)


def _place_of(holder: Alerted, level: int) -> Seat:
    """The holder stands before the first place of the level, so that the first place comes next."""
    return Seat(level, 0, holder.person_id, holder.name, "")
