"""The course of an escalation, case by case, at named times."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from policies.decisions.escalation import in_words, next_actions
from policies.decisions.escalation_facts import (
    Action,
    Alerted,
    Decision,
    Kind,
    Passed,
    Roster,
    RunState,
    Seat,
    Somebody,
    Status,
    as_recorded,
    from_recorded,
)
from policies.decisions.escalation_forecast import forecast, next_step
from policies.decisions.ruleset import LevelRule, PolicySnapshot, SeverityRule, TargetRule
from policies.decisions.vocabulary import Severity, Track

OPENED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ANA, TOM, KIM, EVA = (1, "Ana Ruiz"), (2, "Tom Berg"), (3, "Kim Park"), (4, "Eva Lind")
Person = tuple[int, str]


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def level(number: int, people: int = 1, window: float = 15, backup_after: float = 5) -> LevelRule:
    targets = tuple(TargetRule(place, place, None, f"target {place}") for place in range(1, people + 1))
    return LevelRule(number, f"Level {number}", "functional", minutes(window), minutes(backup_after), targets)


def policy(*levels: LevelRule, resolve_within: timedelta | None = None) -> PolicySnapshot:
    return PolicySnapshot((), levels, resolve_within)


def roster(**levels: list[Person | str]) -> Roster:
    """roster(level_1=[ANA, 'Nobody is on call.']): people by place; a text says why the place is empty."""
    return Roster(
        tuple(
            Seat(int(key[6:]), place, None, "", "", who)
            if isinstance(who, str)
            else Seat(int(key[6:]), place, *who, f"{who[1]} is on call.")
            for key, people in levels.items()
            for place, who in enumerate(people, 1)
        )
    )


FRESH = RunState(Status.PAGING, OPENED)
TWO_LEVELS = policy(level(1, people=2), level(2))
EVERYBODY = roster(level_1=[ANA, TOM], level_2=[KIM])


def kinds(decision: Decision) -> list[Kind]:
    return [action.kind for action in decision.actions]


def paged(decision: Decision) -> Action:
    (page,) = [action for action in decision.actions if action.kind is Kind.PAGED]
    return page


def started() -> Decision:
    return next_actions(TWO_LEVELS, EVERYBODY, FRESH, OPENED)


def test_the_primary_is_alerted_at_once_and_the_backup_is_next() -> None:
    decision = started()
    assert kinds(decision) == [Kind.LEVEL, Kind.PAGED]
    assert (paged(decision).person_name, paged(decision).level, paged(decision).position) == ("Ana Ruiz", 1, 1)
    assert decision.next_look == OPENED + minutes(5)


def test_nothing_happens_before_its_time() -> None:
    decision = next_actions(TWO_LEVELS, EVERYBODY, started().state, OPENED + minutes(4.99))
    assert (decision.actions, decision.state, decision.next_look) == ((), started().state, OPENED + minutes(5))


def test_silence_moves_to_the_backup_then_to_the_next_level_counted_from_the_first_alert() -> None:
    backup = next_actions(TWO_LEVELS, EVERYBODY, started().state, OPENED + minutes(5))
    assert paged(backup).reason == "Ana Ruiz did not acknowledge within 5 min."
    assert (paged(backup).person_name, backup.next_look) == ("Tom Berg", OPENED + minutes(15))
    above = next_actions(TWO_LEVELS, EVERYBODY, backup.state, OPENED + minutes(15))
    assert above.actions[0].reason == "Ana Ruiz and Tom Berg did not acknowledge within 15 min."
    assert (paged(above).person_name, paged(above).level, above.next_look) == ("Kim Park", 2, OPENED + minutes(30))


def test_nobody_left_after_the_last_window_is_a_state_of_its_own() -> None:
    one = policy(level(1))
    first = next_actions(one, EVERYBODY, FRESH, OPENED)
    last = next_actions(one, EVERYBODY, first.state, OPENED + minutes(15))
    assert (kinds(last), last.state.status, last.next_look) == ([Kind.EXHAUSTED], Status.EXHAUSTED, None)
    assert last.actions[0].reason == "Ana Ruiz did not acknowledge within 15 min. There is nobody further to alert."


def test_an_empty_target_is_passed_over_at_once_with_its_reason() -> None:
    decision = next_actions(TWO_LEVELS, roster(level_1=["Nobody is on call in Payments.", TOM]), FRESH, OPENED)
    assert kinds(decision) == [Kind.LEVEL, Kind.PASSED_OVER, Kind.PAGED]
    assert decision.actions[1].reason == "Nobody is on call in Payments."
    assert (paged(decision).person_name, decision.next_look) == ("Tom Berg", OPENED + minutes(15))


def test_a_level_with_nobody_is_passed_at_once_and_recorded() -> None:
    decision = next_actions(TWO_LEVELS, roster(level_1=["Ana is inactive.", "Tom has no phone."], level_2=[KIM]), FRESH, OPENED)
    assert kinds(decision) == [Kind.PASSED_OVER, Kind.PASSED_OVER, Kind.PASSED_OVER, Kind.LEVEL, Kind.PAGED]
    assert decision.actions[3].reason == "Level 1 has nobody who can be alerted."
    assert (paged(decision).person_name, decision.state.level) == ("Kim Park", 2)


@pytest.mark.parametrize("snapshot", [policy(), policy(level(1), level(2)), policy(level(1, people=0))])
def test_a_policy_that_reaches_nobody_is_exhausted_at_once(snapshot: PolicySnapshot) -> None:
    decision = next_actions(snapshot, roster(), FRESH, OPENED)
    assert (kinds(decision)[-1], decision.next_look) == (Kind.EXHAUSTED, None)


def test_backups_that_cannot_be_alerted_are_recorded_and_the_window_runs_on() -> None:
    decision = next_actions(TWO_LEVELS, roster(level_1=[ANA, "Tom is inactive."]), started().state, OPENED + minutes(5))
    assert (kinds(decision), decision.next_look) == ([Kind.PASSED_OVER], OPENED + minutes(15))


def test_a_person_on_two_places_of_a_level_is_alerted_once() -> None:
    decision = next_actions(TWO_LEVELS, roster(level_1=[ANA, ANA]), started().state, OPENED + minutes(5))
    assert kinds(decision) == [Kind.PASSED_OVER]
    assert decision.actions[0].reason == "Ana Ruiz was already alerted at this level."


def held(place: int, who: Person, standing: str, level: int = 1) -> Seat:
    return Seat(level, place, *who, f"{who[1]} is on call.", standing=standing, hindrance=f"{who[1]} is {standing}.")


def free(place: int, who: Person, level: int = 1, **more: tuple[Passed, ...] | tuple[Somebody, ...]) -> Seat:
    return Seat(level, place, *who, f"{who[1]} is on call.", **more)  # type: ignore[arg-type]


def test_somebody_occupied_is_passed_over_at_once_for_the_next_of_the_level() -> None:
    decision = next_actions(TWO_LEVELS, Roster((held(1, ANA, "busy"), free(2, TOM))), FRESH, OPENED)
    assert [(action.kind, action.person_name, action.reason) for action in decision.actions[1:]] == [
        (Kind.PASSED_OVER, "Ana Ruiz", "Ana Ruiz is busy."),
        (Kind.PAGED, "Tom Berg", "Tom Berg is on call."),
    ]


def test_where_all_are_busy_they_are_alerted_in_order_and_it_is_said() -> None:
    busy = Roster((held(1, ANA, "busy"), held(2, TOM, "busy"), free(1, KIM, 2)))
    first = next_actions(TWO_LEVELS, busy, FRESH, OPENED)
    assert paged(first).reason == "Ana Ruiz is on call. Ana Ruiz is busy. Nobody who is free is left at this level."
    second = next_actions(TWO_LEVELS, busy, first.state, OPENED + minutes(5))
    assert paged(second).reason == "Ana Ruiz did not acknowledge within 5 min. Tom Berg is busy. Nobody who is free is left at this level."


def test_whoever_is_away_is_alerted_only_when_nobody_is_left_at_any_level_above() -> None:
    higher = next_actions(TWO_LEVELS, Roster((held(1, ANA, "away"), held(2, TOM, "away"), held(1, KIM, "busy", 2))), FRESH, OPENED)
    assert (paged(higher).person_name, paged(higher).level) == ("Kim Park", 2)
    nobody = next_actions(TWO_LEVELS, Roster((held(1, ANA, "away"), held(2, TOM, "away"))), FRESH, OPENED)
    assert paged(nobody).reason == "Ana Ruiz is on call. Ana Ruiz is away. Nobody else is left."


@pytest.mark.parametrize(("above", "expected"), [(free(1, KIM, 2), []), (held(1, KIM, "away", 2), ["Tom Berg"])])
def test_a_backup_who_is_away_is_alerted_when_nobody_above_could_be(above: Seat, expected: list[str]) -> None:
    people = Roster((free(1, ANA), held(2, TOM, "away"), above))
    decision = next_actions(TWO_LEVELS, people, started().state, OPENED + minutes(5))
    assert [action.person_name for action in decision.actions if action.kind is Kind.PAGED] == expected


def test_the_next_of_a_place_takes_it_when_its_first_was_alerted_already() -> None:
    again = free(2, ANA, others=(Somebody(*TOM, "Tom Berg stands behind."),))
    decision = next_actions(TWO_LEVELS, Roster((free(1, ANA), again)), started().state, OPENED + minutes(5))
    assert [(action.kind, action.person_name) for action in decision.actions] == [(Kind.PASSED_OVER, "Ana Ruiz"), (Kind.PAGED, "Tom Berg")]
    assert paged(decision).position == 2


def test_whoever_was_passed_over_within_a_place_is_recorded_with_the_reason() -> None:
    people = Roster((free(1, TOM, passed=(Passed(*ANA, "Ana Ruiz lacks databases."),)),))
    decision = next_actions(TWO_LEVELS, people, FRESH, OPENED)
    assert [(action.kind, action.reason) for action in decision.actions][1:] == [
        (Kind.PASSED_OVER, "Ana Ruiz lacks databases."),
        (Kind.PAGED, "Tom Berg is on call."),
    ]


def test_a_roster_recorded_before_people_were_ranked_still_reads_back() -> None:
    recorded = as_recorded(EVERYBODY, FRESH, OPENED)
    assert [set(seat) for seat in recorded["roster"]] == [{"level", "position", "person_id", "name", "why", "problem"}] * 3
    assert from_recorded(recorded)[0] == EVERYBODY


@pytest.mark.parametrize(("start", "expected"), [(2, 2), (9, 2), (0, 1)])
def test_it_starts_where_the_incident_says_or_at_the_top_when_the_policy_ends_below(start: int, expected: int) -> None:
    assert paged(next_actions(TWO_LEVELS, EVERYBODY, FRESH._replace(start_level=start), OPENED)).level == expected


def test_a_worse_severity_raises_a_running_escalation_to_its_level() -> None:
    decision = next_actions(TWO_LEVELS, EVERYBODY, started().state._replace(start_level=2), OPENED + minutes(1))
    assert (paged(decision).person_name, decision.actions[0].reason) == ("Kim Park", "The incident's severity now starts at level 2.")


def test_acknowledging_ends_it_when_no_milestone_lies_ahead() -> None:
    decision = next_actions(TWO_LEVELS, EVERYBODY, started().state._replace(acknowledged_by="Ana Ruiz"), OPENED + minutes(1))
    assert (kinds(decision), decision.state.status, decision.next_look) == ([Kind.ACKNOWLEDGED, Kind.ENDED], Status.ENDED, None)


def test_acknowledged_before_the_first_look_alerts_nobody() -> None:
    assert Kind.PAGED not in kinds(next_actions(TWO_LEVELS, EVERYBODY, FRESH._replace(acknowledged_by="Ana Ruiz"), OPENED))


def test_a_missed_milestone_moves_an_acknowledged_incident_up_once() -> None:
    snapshot = replace(TWO_LEVELS, resolve_within=timedelta(hours=1))
    acknowledged = next_actions(snapshot, EVERYBODY, started().state._replace(acknowledged_by="Ana Ruiz"), OPENED + minutes(1))
    assert (acknowledged.state.status, acknowledged.next_look) == (Status.ACKNOWLEDGED, OPENED + minutes(60))
    moved = next_actions(snapshot, EVERYBODY, acknowledged.state, OPENED + minutes(60))
    assert kinds(moved) == [Kind.MILESTONE, Kind.LEVEL, Kind.PAGED]
    assert (moved.actions[0].reason, paged(moved).person_name) == ("Not resolved within 1 h.", "Kim Park")
    taken = next_actions(snapshot, EVERYBODY, moved.state._replace(acknowledged_by="Kim Park"), OPENED + minutes(61))
    assert taken.state.status is Status.ENDED


def test_a_milestone_that_passed_in_a_hold_before_the_first_alert_is_not_late_when_somebody_answers_after_it() -> None:
    snapshot = replace(TWO_LEVELS, resolve_within=timedelta(minutes=1))
    resting = FRESH._replace(status=Status.HELD, held_at=OPENED, held_until=OPENED + minutes(60))
    taken = next_actions(snapshot, EVERYBODY, resting._replace(acknowledged_by="Ana Ruiz"), OPENED + minutes(59))
    moved = next_actions(snapshot, EVERYBODY, taken.state, OPENED + minutes(59))
    assert (moved.actions[0].kind, moved.actions[0].late_by) == (Kind.MILESTONE, None)


def test_a_missed_milestone_with_no_level_above_is_recorded() -> None:
    snapshot = policy(level(1), resolve_within=timedelta(hours=1))
    acknowledged = next_actions(snapshot, EVERYBODY, FRESH._replace(acknowledged_by="Ana Ruiz"), OPENED)
    moved = next_actions(snapshot, EVERYBODY, acknowledged.state, OPENED + minutes(60))
    assert kinds(moved) == [Kind.MILESTONE, Kind.ENDED]


def test_a_milestone_missed_while_the_top_level_is_alerted_does_not_cut_its_window() -> None:
    snapshot = policy(level(1, window=15), resolve_within=minutes(10))
    first = next_actions(snapshot, EVERYBODY, FRESH, OPENED)
    missed = next_actions(snapshot, EVERYBODY, first.state, OPENED + minutes(10))
    assert (kinds(missed), missed.next_look) == ([Kind.MILESTONE], OPENED + minutes(15))


def test_a_resolved_incident_ends_it() -> None:
    decision = next_actions(TWO_LEVELS, EVERYBODY, started().state._replace(ended_as="resolved"), OPENED + minutes(1))
    assert (kinds(decision), decision.actions[0].reason) == ([Kind.ENDED], "The incident is resolved.")


def test_after_an_outage_one_missed_step_is_made_late_and_nobody_loses_time_to_answer() -> None:
    back = OPENED + minutes(60)
    late = next_actions(TWO_LEVELS, EVERYBODY, started().state, back)
    assert (paged(late).person_name, paged(late).late_by) == ("Tom Berg", minutes(55))
    assert late.next_look == back + minutes(10)
    assert next_actions(TWO_LEVELS, EVERYBODY, late.state, back + timedelta(seconds=1)).actions == ()


def test_a_level_entered_late_gets_its_whole_window() -> None:
    one_each = policy(level(1), level(2))
    first = next_actions(one_each, EVERYBODY, FRESH, OPENED)
    late = next_actions(one_each, EVERYBODY, first.state, OPENED + minutes(115))
    assert (paged(late).level, paged(late).late_by, late.next_look) == (2, minutes(100), OPENED + minutes(130))


def test_a_first_alert_after_an_outage_says_how_late_it_is() -> None:
    assert paged(next_actions(TWO_LEVELS, EVERYBODY, FRESH, OPENED + minutes(20))).late_by == minutes(20)


def test_a_state_that_no_longer_fits_the_policy_goes_on_instead_of_failing() -> None:
    lost = RunState(Status.PAGING, OPENED, level=7, position=3, level_entered_at=OPENED, alerted=(Alerted(None, "Old"),))
    assert kinds(next_actions(TWO_LEVELS, EVERYBODY, lost, OPENED))[-1] is Kind.EXHAUSTED


def test_recorded_inputs_read_back_to_the_same_values() -> None:
    state = started().state._replace(acknowledged_by="Ana Ruiz", ended_as="resolved")
    assert from_recorded(as_recorded(EVERYBODY, state, OPENED)) == (EVERYBODY, state, OPENED)


def reminding(*before: float, people: int = 1, window: float = 15) -> PolicySnapshot:
    return policy(replace(level(1, people=people, window=window), reminders=tuple(minutes(count) for count in before)), level(2))


def test_whoever_was_alerted_is_reminded_before_the_window_closes() -> None:
    snapshot = reminding(5, 2)
    first = next_actions(snapshot, EVERYBODY, FRESH, OPENED)
    assert first.next_look == OPENED + minutes(10)
    reminded = next_actions(snapshot, EVERYBODY, first.state, OPENED + minutes(10))
    (reminder,) = reminded.actions
    assert (reminder.kind, reminder.person_name, reminder.reason) == (
        Kind.REMINDED,
        "Ana Ruiz",
        "The time to answer at level 1 ends in 5 min.",
    )
    assert (reminded.state.reminded, reminded.next_look) == (1, OPENED + minutes(13))
    last = next_actions(snapshot, EVERYBODY, reminded.state, OPENED + minutes(13))
    assert (kinds(last), last.next_look) == ([Kind.REMINDED], OPENED + minutes(15))
    assert paged(next_actions(snapshot, EVERYBODY, last.state, OPENED + minutes(15))).level == 2


def test_a_reminder_goes_to_everybody_alerted_before_it_was_due_and_never_with_an_alert() -> None:
    snapshot = reminding(10, 4, people=2)
    first = next_actions(snapshot, EVERYBODY, FRESH, OPENED)
    both_due = next_actions(snapshot, EVERYBODY, first.state, OPENED + minutes(5))
    assert kinds(both_due) == [Kind.PAGED]
    alone = next_actions(snapshot, EVERYBODY, both_due.state, OPENED + minutes(5))
    assert [action.person_name for action in alone.actions] == ["Ana Ruiz"]
    together = next_actions(snapshot, EVERYBODY, alone.state, OPENED + minutes(11))
    assert [action.person_name for action in together.actions] == ["Ana Ruiz", "Tom Berg"]


def test_after_an_outage_one_reminder_is_sent_for_all_that_are_due() -> None:
    snapshot = reminding(5, 2)
    first = next_actions(snapshot, EVERYBODY, FRESH, OPENED)
    late = next_actions(snapshot, EVERYBODY, first.state, OPENED + minutes(14))
    assert (kinds(late), late.actions[0].late_by, late.state.reminded) == ([Kind.REMINDED], minutes(4), 2)
    assert late.next_look == OPENED + minutes(15)


def test_after_the_window_no_reminder_is_made_up_for() -> None:
    snapshot = reminding(5, 2)
    first = next_actions(snapshot, EVERYBODY, FRESH, OPENED)
    assert kinds(next_actions(snapshot, EVERYBODY, first.state, OPENED + minutes(15))) == [Kind.LEVEL, Kind.PAGED]


def test_a_reminder_longer_than_the_window_is_left_out() -> None:
    snapshot = reminding(20, 15)
    assert next_actions(snapshot, EVERYBODY, FRESH, OPENED).next_look == OPENED + minutes(15)


def test_after_the_last_window_the_way_begins_again_from_its_start_as_often_as_the_policy_says() -> None:
    snapshot = replace(TWO_LEVELS, repeats=1)
    at_top = next_actions(snapshot, EVERYBODY, FRESH._replace(start_level=2), OPENED)
    again = next_actions(snapshot, EVERYBODY, at_top.state, OPENED + minutes(15))
    assert (kinds(again), paged(again).level, again.state.round) == ([Kind.REPEATED, Kind.LEVEL, Kind.PAGED], 2, 2)
    assert again.actions[0].reason == (
        "Kim Park did not acknowledge within 15 min. There is nobody further to alert, and round 2 of 2 begins."
    )
    over = next_actions(snapshot, EVERYBODY, again.state, OPENED + minutes(30))
    assert (kinds(over), over.state.status) == ([Kind.EXHAUSTED], Status.EXHAUSTED)


def test_nothing_is_repeated_with_nobody_left_to_alert() -> None:
    snapshot = replace(TWO_LEVELS, repeats=9)
    at_top = next_actions(snapshot, EVERYBODY, FRESH._replace(start_level=2), OPENED)
    assert kinds(next_actions(snapshot, roster(), at_top.state, OPENED + minutes(15)))[-1] is Kind.EXHAUSTED
    assert next_actions(snapshot, roster(), FRESH, OPENED).state.round == 1


def test_other_tracks_have_no_repeats_milestone_or_pace() -> None:
    hurried = (SeverityRule(Severity.SEV1, None, 50),)
    snapshot = replace(TWO_LEVELS, repeats=3, resolve_within=minutes(60), severity_rules=hurried, compliance_levels=(level(1),))
    track = snapshot.on_track(Track.COMPLIANCE)
    assert (track.levels, track.repeats, track.resolve_within, track.severity_rules) == (snapshot.compliance_levels, 0, None, ())


HURRIED = replace(reminding(5, people=2), severity_rules=(SeverityRule(Severity.SEV1, None, 50), SeverityRule(Severity.SEV2, 2, 100)))


def test_a_severity_makes_windows_waits_and_reminders_shorter() -> None:
    first = next_actions(HURRIED, EVERYBODY, FRESH._replace(severity="SEV1"), OPENED)
    assert first.next_look == OPENED + minutes(2.5)
    backup = next_actions(HURRIED, EVERYBODY, first.state, OPENED + minutes(2.5))
    assert (paged(backup).reason, backup.next_look) == ("Ana Ruiz did not acknowledge within 2 min 30 s.", OPENED + minutes(5))
    reminded = next_actions(HURRIED, EVERYBODY, backup.state, OPENED + minutes(5))
    assert (kinds(reminded), reminded.next_look) == ([Kind.REMINDED, Kind.REMINDED], OPENED + minutes(7.5))
    above = next_actions(HURRIED, EVERYBODY, reminded.state, OPENED + minutes(7.5))
    assert above.actions[0].reason == "Ana Ruiz and Tom Berg did not acknowledge within 7 min 30 s."


def test_a_worse_severity_shortens_what_runs_and_what_is_due_by_it_is_not_called_late() -> None:
    calm = next_actions(HURRIED, EVERYBODY, FRESH._replace(severity="SEV3"), OPENED)
    assert calm.next_look == OPENED + minutes(5)
    worse = next_actions(HURRIED, EVERYBODY, calm.state._replace(severity="SEV1", regraded=True), OPENED + minutes(4))
    assert (paged(worse).person_name, paged(worse).late_by, worse.state.regraded) == ("Tom Berg", None, False)


def test_reminders_and_rounds_are_foretold_in_words() -> None:
    snapshot = replace(policy(replace(level(1, people=2), reminders=(minutes(5),))), repeats=1)
    told = [step.words(OPENED) for step in forecast(snapshot, lambda at: EVERYBODY, FRESH, OPENED)]
    assert told == [
        "Level 1, Ana Ruiz, now",
        "Level 1, Tom Berg, in 5 min, unless Ana Ruiz acknowledges",
        "A reminder to Ana Ruiz and Tom Berg in 10 min, unless Ana Ruiz or Tom Berg acknowledges",
        "Again from level 1, Ana Ruiz, in 15 min, unless Ana Ruiz or Tom Berg acknowledges",
        "Level 1, Tom Berg, in 20 min, unless Ana Ruiz acknowledges",
        "A reminder to Ana Ruiz and Tom Berg in 25 min, unless Ana Ruiz or Tom Berg acknowledges",
        "Nobody is left to alert in 30 min, unless Ana Ruiz or Tom Berg acknowledges; the policy's owner is told",
    ]


def test_inputs_recorded_before_there_were_rounds_can_still_be_read() -> None:
    recorded = as_recorded(EVERYBODY, FRESH, OPENED)
    for name in ("severity", "regraded", "round", "reminded"):
        del recorded["state"][name]
    assert from_recorded(recorded) == (EVERYBODY, FRESH, OPENED)


def test_the_next_step_is_told_in_words() -> None:
    step = next_step(TWO_LEVELS, lambda at: EVERYBODY, started().state, OPENED + minutes(1))
    assert step is not None
    assert step.words(OPENED + minutes(1)) == "Level 1, Tom Berg, in 4 min, unless Ana Ruiz acknowledges"


def test_the_forecast_goes_on_until_nobody_is_left() -> None:
    steps = list(forecast(TWO_LEVELS, lambda at: EVERYBODY, FRESH, OPENED))
    assert [step.person_name for step in steps] == ["Ana Ruiz", "Tom Berg", "Kim Park", ""]
    assert steps[-1].words(OPENED) == "Nobody is left to alert in 30 min, unless Kim Park acknowledges; the policy's owner is told"


@pytest.mark.parametrize(
    ("duration", "words"),
    [(0, "0 s"), (45, "45 s"), (300, "5 min"), (5400, "1 h 30 min"), (183600, "2 d 3 h"), (-5, "0 s")],
)
def test_durations_are_told_in_their_two_largest_units(duration: int, words: str) -> None:
    assert in_words(timedelta(seconds=duration)) == words
