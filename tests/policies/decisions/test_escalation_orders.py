"""What people order, and what whoever acknowledged leaves undone: case by case, at named times, without a database."""

from dataclasses import replace
from typing import Any

import pytest

from policies.decisions.escalation import next_actions
from policies.decisions.escalation_facts import Alerted, Decision, Kind, Order, RunState, Status, as_recorded, from_recorded
from policies.decisions.escalation_forecast import forecast, next_step
from policies.decisions.escalation_orders import LONGEST_HOLD, obeyed
from policies.decisions.vocabulary import Track

from .test_escalation import ANA, EVERYBODY, FRESH, KIM, OPENED, TOM, TWO_LEVELS, kinds, level, minutes, paged, policy, roster, started

BEA = Alerted(9, "Bea Boss")
FOUR_LEVELS = policy(*(level(number) for number in range(1, 5)))
FOUR_PEOPLE = roster(level_1=[ANA], level_2=[TOM], level_3=[KIM], level_4=[(4, "Eva Lind")])
SILENT = replace(TWO_LEVELS, silent_after=minutes(30))


def ordered(state: RunState, kind: Kind, reason: str = "They say so.", **said: Any) -> RunState:
    return state._replace(order=Order(kind, BEA, reason, **said))


def held(minute: float = 3, until: float = 33, snapshot: Any = TWO_LEVELS) -> Decision:
    order = ordered(started().state, Kind.HELD, until=OPENED + minutes(until))
    return next_actions(snapshot, EVERYBODY, order, OPENED + minutes(minute))


def acknowledged(snapshot: Any = SILENT) -> Decision:
    state = started().state._replace(acknowledged_by="Ana Ruiz", holder=Alerted(*ANA))
    return next_actions(snapshot, EVERYBODY, state, OPENED + minutes(1))


def test_a_hold_moves_windows_and_waits_by_the_time_it_lasted() -> None:
    assert (kinds(held()), held().state.status, held().next_look) == ([Kind.HELD], Status.HELD, OPENED + minutes(33))
    over = next_actions(TWO_LEVELS, EVERYBODY, held().state, OPENED + minutes(33))
    assert (kinds(over), over.next_look) == ([Kind.RESUMED], OPENED + minutes(35))
    backup = next_actions(TWO_LEVELS, EVERYBODY, over.state, OPENED + minutes(35))
    assert (paged(backup).late_by, backup.next_look) == (None, OPENED + minutes(45))


def test_a_hold_before_the_first_alert_only_delays_it_and_it_does_not_count_as_late() -> None:
    order = ordered(FRESH, Kind.HELD, until=OPENED + minutes(30))
    rests = next_actions(TWO_LEVELS, EVERYBODY, order, OPENED)
    over = next_actions(TWO_LEVELS, EVERYBODY, rests.state, OPENED + minutes(30))
    assert (kinds(over), paged(over).late_by) == ([Kind.RESUMED, Kind.LEVEL, Kind.PAGED], None)


def test_a_worse_severity_that_starts_higher_ends_a_hold() -> None:
    worse = next_actions(TWO_LEVELS, EVERYBODY, held().state._replace(start_level=2), OPENED + minutes(10))
    assert (kinds(worse), paged(worse).level) == ([Kind.RESUMED, Kind.LEVEL, Kind.PAGED], 2)


def test_a_missed_milestone_ends_a_hold_where_somebody_above_can_be_alerted() -> None:
    snapshot = replace(TWO_LEVELS, resolve_within=minutes(20))
    rests = held(snapshot=snapshot)
    assert rests.next_look == OPENED + minutes(20)
    missed = next_actions(snapshot, EVERYBODY, rests.state, OPENED + minutes(20))
    assert kinds(missed) == [Kind.RESUMED, Kind.MILESTONE, Kind.LEVEL, Kind.PAGED]
    alone = next_actions(snapshot, roster(level_1=[ANA]), rests.state, OPENED + minutes(20))
    assert (Kind.PAGED in kinds(alone), alone.state.status, alone.next_look) == (False, Status.HELD, OPENED + minutes(33))


def test_acknowledging_ends_a_hold() -> None:
    taken = next_actions(TWO_LEVELS, EVERYBODY, held().state._replace(acknowledged_by="Ana Ruiz"), OPENED + minutes(4))
    assert (taken.state.status, taken.state.held_until) == (Status.ENDED, None)


@pytest.mark.parametrize("kind", [Kind.HELD, Kind.LOWERED])
def test_the_compliance_track_is_neither_held_nor_lowered(kind: Kind) -> None:
    state = ordered(started().state._replace(track=Track.COMPLIANCE), kind, until=OPENED + minutes(9))
    assert "compliance track" in str(obeyed(TWO_LEVELS, EVERYBODY, state, OPENED + minutes(1)))
    assert next_actions(TWO_LEVELS, EVERYBODY, state, OPENED + minutes(1)).actions == ()


def test_nothing_rests_longer_than_a_shift() -> None:
    late = ordered(started().state, Kind.HELD, until=OPENED + LONGEST_HOLD + minutes(1))
    assert obeyed(TWO_LEVELS, EVERYBODY, late, OPENED) == "The alerting can rest for 8 h at most; who still wants it then says so again."


def test_moving_up_by_hand_goes_one_level_and_gives_it_its_whole_window() -> None:
    up = next_actions(FOUR_LEVELS, FOUR_PEOPLE, ordered(started().state, Kind.RAISED), OPENED + minutes(2))
    assert (kinds(up), paged(up).level, up.next_look) == ([Kind.RAISED, Kind.LEVEL, Kind.PAGED], 2, OPENED + minutes(17))


def test_an_answered_escalation_can_be_moved_up_again() -> None:
    ended = next_actions(TWO_LEVELS, EVERYBODY, started().state._replace(acknowledged_by="Ana Ruiz"), OPENED + minutes(1))
    up = next_actions(TWO_LEVELS, EVERYBODY, ordered(ended.state, Kind.RAISED), OPENED + minutes(2))
    assert (paged(up).person_name, up.state.status, up.state.acknowledged_by) == ("Kim Park", Status.PAGING, None)


def test_where_nobody_above_can_be_alerted_what_runs_goes_on() -> None:
    state = ordered(started().state, Kind.RAISED)
    assert obeyed(TWO_LEVELS, roster(level_1=[ANA]), state, OPENED) == "Nobody above level 1 can be alerted now."
    assert next_actions(TWO_LEVELS, roster(level_1=[ANA]), state, OPENED).state == started().state


def test_a_bypass_names_every_level_that_it_leaves_out_as_a_deviation() -> None:
    past = next_actions(FOUR_LEVELS, FOUR_PEOPLE, ordered(started().state, Kind.BYPASSED, "Fire.", level=4), OPENED + minutes(1))
    assert [(action.kind, action.level, action.deviation) for action in past.actions] == [
        (Kind.BYPASSED, 4, True),
        (Kind.PASSED_OVER, 2, True),
        (Kind.PASSED_OVER, 3, True),
        (Kind.LEVEL, 4, False),
        (Kind.PAGED, 4, False),
    ]
    assert past.actions[0].reason == "Fire."


def test_before_the_first_alert_a_bypass_leaves_the_first_level_out_too() -> None:
    past = next_actions(FOUR_LEVELS, FOUR_PEOPLE, ordered(FRESH, Kind.BYPASSED, "Fire.", level=2), OPENED)
    assert [action.level for action in past.actions if action.deviation] == [2, 1]


def test_a_bypass_without_a_rationale_is_refused() -> None:
    assert "Say why" in str(obeyed(FOUR_LEVELS, FOUR_PEOPLE, ordered(started().state, Kind.BYPASSED, " ", level=4), OPENED))


def test_after_a_de_escalation_only_a_higher_start_level_raises_it_again() -> None:
    at_two = next_actions(FOUR_LEVELS, FOUR_PEOPLE, FRESH._replace(start_level=2), OPENED)
    down = next_actions(FOUR_LEVELS, FOUR_PEOPLE, ordered(at_two.state, Kind.LOWERED), OPENED + minutes(1))
    assert (kinds(down), paged(down).level) == ([Kind.LOWERED, Kind.LEVEL, Kind.PAGED], 1)
    assert next_actions(FOUR_LEVELS, FOUR_PEOPLE, down.state, OPENED + minutes(2)).actions == ()
    worse = next_actions(FOUR_LEVELS, FOUR_PEOPLE, down.state._replace(start_level=3), OPENED + minutes(2))
    assert paged(worse).level == 3


def test_taking_over_names_who_has_it_and_answers_the_alerts() -> None:
    mine = next_actions(SILENT, EVERYBODY, ordered(acknowledged().state, Kind.TAKEN_OVER), OPENED + minutes(9))
    assert (kinds(mine), mine.state.holder, mine.next_look) == ([Kind.TAKEN_OVER], BEA, OPENED + minutes(39))
    assert obeyed(SILENT, EVERYBODY, ordered(FRESH, Kind.TAKEN_OVER), OPENED) == "Nobody has it yet. Acknowledge it."


def test_silence_after_an_acknowledgement_alerts_the_holder_first_and_then_the_level() -> None:
    assert acknowledged().next_look == OPENED + minutes(31)
    again = next_actions(SILENT, EVERYBODY, acknowledged().state, OPENED + minutes(31))
    assert (kinds(again), paged(again).person_name, paged(again).position) == ([Kind.SILENT, Kind.PAGED], "Ana Ruiz", 0)
    assert again.actions[0].reason == "Ana Ruiz acknowledged and has given no sign of work for 30 min."
    first = next_actions(SILENT, EVERYBODY, again.state, OPENED + minutes(36))
    assert [(action.kind, action.person_name) for action in first.actions] == [(Kind.PASSED_OVER, "Ana Ruiz"), (Kind.PAGED, "Tom Berg")]
    above = next_actions(SILENT, EVERYBODY, first.state, OPENED + minutes(46))
    assert paged(above).person_name == "Kim Park"


def test_a_holder_who_cannot_be_alerted_is_left_out_of_the_alert_for_silence() -> None:
    again = next_actions(SILENT, EVERYBODY, acknowledged().state._replace(holder=None), OPENED + minutes(31))
    assert (kinds(again), paged(again).position) == ([Kind.SILENT, Kind.LEVEL, Kind.PAGED], 1)


def test_whoever_waits_for_others_is_not_called_silent() -> None:
    waits = next_actions(SILENT, EVERYBODY, acknowledged().state._replace(on_hold=True), OPENED + minutes(31))
    assert (waits.actions, waits.next_look) == ((), OPENED + minutes(61))
    assert list(forecast(SILENT, lambda at: EVERYBODY, acknowledged().state._replace(on_hold=True), OPENED)) == []


def test_holds_and_silence_are_foretold_in_words() -> None:
    step = next_step(TWO_LEVELS, lambda at: EVERYBODY, held().state, OPENED + minutes(3))
    assert step is not None
    assert step.words(OPENED + minutes(3)) == "The alerting goes on in 30 min"
    step = next_step(SILENT, lambda at: EVERYBODY, acknowledged().state, OPENED + minutes(1))
    assert step is not None
    assert step.words(OPENED + minutes(1)) == "Level 1, Ana Ruiz, in 30 min, unless Ana Ruiz gives a sign of work"


def test_orders_are_recorded_and_what_was_recorded_before_there_were_any_still_reads() -> None:
    state = ordered(held().state, Kind.BYPASSED, level=3, until=OPENED)._replace(holder=BEA, track=Track.STAKEHOLDER)
    assert from_recorded(as_recorded(EVERYBODY, state, OPENED)) == (EVERYBODY, state, OPENED)
    assert set(as_recorded(EVERYBODY, FRESH, OPENED)["state"]) == set(RunState._fields[: RunState._fields.index("track")])
