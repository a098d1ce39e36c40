"""What somebody with the right can order a run to do, and why it cannot be done when it cannot.

Who has the right is asked before; this knows what the policy's route allows.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from portal.foundation.words import visible

from .escalation_alerts import enter
from .escalation_answered import answered
from .escalation_facts import Action, Decision, Kind, Order, Roster, RunState, Status
from .escalation_levels import level_below, level_called, levels_above, reached
from .escalation_times import milestone_at
from .escalation_words import in_words, names_in_words
from .ruleset import LevelRule, PolicySnapshot
from .vocabulary import Track

# A hold must not outlive the shift of whoever ordered it; who still wants it then says so again.
LONGEST_HOLD = timedelta(hours=8)

Obeyed = Decision | str


def obeyed(snapshot: PolicySnapshot, roster: Roster, state: RunState, now: datetime) -> Obeyed:
    """What the order of `state` leads to; a sentence when it cannot be followed, and then nothing follows from it."""
    order = state.order
    if order is None or order.kind not in _ORDERS:
        return "Nothing was ordered."
    return _ORDERS[order.kind](snapshot, roster, state, order, now)


def resumed(state: RunState, now: datetime, why: str) -> tuple[Action, RunState]:
    """The alerting goes on: its window and its waits move by as long as it rested, so that nobody loses time to answer."""
    rest = now - (state.held_at or now)
    entered, last = state.level_entered_at, state.last_page_at
    after = state._replace(
        status=Status.PAGING,
        held_at=None,
        held_until=None,
        level_entered_at=entered and entered + rest,
        last_page_at=last and last + rest,
    )
    return Action(Kind.RESUMED, why, state.level or None), after


def _hold(snapshot: PolicySnapshot, roster: Roster, state: RunState, order: Order, now: datetime) -> Obeyed:
    if state.track is Track.COMPLIANCE:
        return "The legal and compliance track cannot be put on hold: the duty to tell does not wait."
    if state.status not in (Status.PAGING, Status.HELD):
        return "Nobody is being alerted, so there is nothing to put on hold."
    if order.until is None or order.until <= now:
        return "Say until when the alerting rests: a time ahead."
    if order.until - now > LONGEST_HOLD:
        return f"The alerting can rest for {in_words(LONGEST_HOLD)} at most; who still wants it then says so again."
    after = state._replace(status=Status.HELD, held_at=state.held_at or now, held_until=order.until)
    milestone = milestone_at(snapshot, state) if state.level else None
    look = order.until if milestone is None else min(order.until, milestone)
    return Decision((Action(Kind.HELD, _reason(order), state.level or None),), after, look)


def _resume(snapshot: PolicySnapshot, roster: Roster, state: RunState, order: Order, now: datetime) -> Obeyed:
    """What is due then follows in the same pass: see `next_actions`."""
    if state.status is not Status.HELD:
        return "The alerting is not on hold."
    told, after = resumed(state, now, _reason(order))
    return Decision((told,), after, now)


def _raise(snapshot: PolicySnapshot, roster: Roster, state: RunState, order: Order, now: datetime) -> Obeyed:
    hindered = _cannot_move(state)
    if hindered:
        return hindered
    if _not_begun(state):
        return "The first level has not been alerted yet. It is about to be."
    at = reached(snapshot, state)
    higher = levels_above(snapshot, at)
    if not higher:
        return f"Level {at} is the highest." if at else "The policy has no levels for this."
    return _move(snapshot, higher, roster, state, order, now) or f"Nobody above level {at} can be alerted now."


def _lower(snapshot: PolicySnapshot, roster: Roster, state: RunState, order: Order, now: datetime) -> Obeyed:
    """The start level counts as answered, so that it does not raise the run again at once."""
    if state.track is Track.COMPLIANCE:
        return "The legal and compliance track cannot be de-escalated: whoever answers to the law stays asked."
    hindered = _cannot_move(state)
    if hindered:
        return hindered
    lower = level_below(snapshot, state.level) if state.level else None
    if lower is None:
        return f"Level {state.level} is the lowest." if state.level else "No level has been alerted yet."
    calmed = state._replace(start_level_answered=max(state.start_level, state.start_level_answered))
    return _move(snapshot, (lower,), roster, calmed, order, now) or f"Nobody at level {lower.number} can be alerted now."


def _bypass(snapshot: PolicySnapshot, roster: Roster, state: RunState, order: Order, now: datetime) -> Obeyed:
    """Every level left out is recorded, as a deviation of its own."""
    hindered = _cannot_move(state)
    if hindered:
        return hindered
    if not visible(order.reason):
        return "Say why the levels between are left out. It stays on record as a deviation."
    named = level_called(snapshot, order.level or 0)
    if named is None:
        known = names_in_words([str(level.number) for level in levels_above(snapshot, 0)], "or")
        return f"The policy has no level {order.level or 0}. Choose {known}."
    at = reached(snapshot, state) - (1 if _not_begun(state) else 0)
    skipped = [level for level in levels_above(snapshot, at) if level.number < named.number]
    if named.number <= at:
        return f"It is at level {at} already. A bypass goes up; to go down, de-escalate."
    if not skipped:
        return f"No level lies before level {named.number}. Move it one level up instead."
    left_out = tuple(Action(Kind.PASSED_OVER, "Left out by the bypass.", level.number, deviation=True) for level in skipped)
    moved = _move(snapshot, (named,), roster, state, order, now, left_out)
    return moved or f"Nobody at level {named.number} can be alerted now."


def _take(snapshot: PolicySnapshot, roster: Roster, state: RunState, order: Order, now: datetime) -> Obeyed:
    """Somebody else is responsible from now on. That answers the alerts, and is a sign of work."""
    if order.kind is Kind.TAKEN_OVER and state.holder is None and state.status is not Status.ENDED:
        return "Nobody has it yet. Acknowledge it."
    if state.holder == order.by:
        return f"{order.by.name} has it already."
    told = Action(order.kind, _reason(order), state.level or None, person_id=order.by.person_id, person_name=order.by.name)
    mine = state._replace(holder=order.by)
    if state.status.is_live:
        return answered(snapshot, mine, now, told)
    return Decision((told,), mine._replace(last_sign_at=now), None)


_ORDERS: dict[Kind, Callable[[PolicySnapshot, Roster, RunState, Order, datetime], Obeyed]] = {
    Kind.HELD: _hold,
    Kind.RESUMED: _resume,
    Kind.RAISED: _raise,
    Kind.LOWERED: _lower,
    Kind.BYPASSED: _bypass,
    Kind.TAKEN_OVER: _take,
    Kind.HANDED_OVER: _take,
}


def _cannot_move(state: RunState) -> str:
    """Why the run can go to no other level. After an answer only the technical track can: others keep whoever answered for them."""
    if state.status is Status.EXHAUSTED:
        return "Everybody was alerted and nobody is left. Acknowledge it, or call somebody."
    if state.track is not Track.TECHNICAL and state.status not in (Status.PAGING, Status.HELD):
        return f"The {state.track.label.lower()} track is answered. Take it over, or hand it over, instead."
    return ""


def _not_begun(state: RunState) -> bool:
    """Whether the first alert is still ahead."""
    return not state.level and state.status in (Status.PAGING, Status.HELD)


def _move(
    snapshot: PolicySnapshot,
    levels: tuple[LevelRule, ...],
    roster: Roster,
    state: RunState,
    order: Order,
    now: datetime,
    left_out: tuple[Action, ...] = (),
) -> Decision | None:
    """The first of `levels` with somebody is alerted; None when nobody can be."""
    moved = enter(snapshot, levels, roster, state, now, _by(order), None)
    if moved.state.status is Status.EXHAUSTED:
        return None
    told = Action(order.kind, _reason(order), moved.state.level, deviation=order.kind is Kind.BYPASSED)
    return moved._replace(actions=(told, *left_out, *moved.actions))


def _reason(order: Order) -> str:
    return visible(order.reason) or f"{order.by.name} wanted it so."


def _by(order: Order) -> str:
    how = {Kind.RAISED: "moved it one level up", Kind.LOWERED: "de-escalated it", Kind.BYPASSED: "left out the levels before it"}
    return f"{order.by.name} {how[order.kind]}."
