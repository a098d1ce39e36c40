"""What holds for every policy, every roster and every outage."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from policies.decisions.escalation import next_actions
from policies.decisions.escalation_facts import (
    Alerted,
    Decision,
    Kind,
    Order,
    Passed,
    Roster,
    RunState,
    Seat,
    Somebody,
    Status,
    as_recorded,
    from_recorded,
)
from policies.decisions.escalation_levels import start
from policies.decisions.escalation_orders import LONGEST_HOLD
from policies.decisions.ruleset import LevelRule, PolicySnapshot, SeverityRule, TargetRule
from policies.decisions.vocabulary import Severity, Track

OPENED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
seconds = st.integers(1, 4000).map(lambda count: timedelta(seconds=count))
targets = st.lists(st.integers(1, 6), max_size=4, unique=True).map(
    lambda places: tuple(TargetRule(place, place, None, f"person {place}") for place in sorted(places))
)
reminders = st.lists(seconds, max_size=3).map(lambda before: tuple(sorted(before, reverse=True)))
levels = st.lists(st.integers(1, 8), max_size=5, unique=True).flatmap(
    lambda numbers: st.tuples(
        *(
            st.builds(LevelRule, st.just(number), st.just(f"level {number}"), st.just("functional"), seconds, seconds, targets, reminders)
            for number in sorted(numbers)
        )
    )
)
paces = st.lists(
    st.builds(SeverityRule, st.sampled_from(Severity), st.none() | st.integers(1, 8), st.integers(1, 100)),
    max_size=4,
    unique_by=lambda rule: rule.severity,
).map(tuple)
technical = st.builds(
    PolicySnapshot,
    st.just(()),
    levels,
    st.none() | seconds,
    repeats=st.integers(0, 3),
    severity_rules=paces,
    silent_after=st.none() | seconds,
)
tracks = st.builds(PolicySnapshot, st.just(()), levels, st.none() | seconds, levels, st.sampled_from(Severity), levels, st.integers(0, 3))
policies = technical | st.builds(PolicySnapshot.on_track, tracks, st.sampled_from(Track))
seats = st.builds(
    Seat,
    st.integers(1, 8),
    st.integers(1, 6),
    st.none() | st.integers(1, 4),
    st.just("Somebody"),
    st.just("on call"),
    st.sampled_from(["", "", "nobody is there"]),
    st.sampled_from(["", "", "busy", "away"]),
    st.just("They are elsewhere."),
    st.just(()) | st.just((Passed(4, "Somebody", "They are busy."),)),
    st.lists(st.builds(Somebody, st.integers(1, 4), st.just("Somebody"), st.just("behind"), st.sampled_from(["", "busy"])), max_size=2).map(
        tuple
    ),
)
rosters = st.lists(seats, max_size=20, unique_by=lambda seat: (seat.level, seat.position)).map(lambda found: Roster(tuple(found)))
delays = st.lists(st.integers(0, 20000), min_size=40, max_size=40)
severities = st.sampled_from(["", *(severity.value for severity in Severity)])
# Hypothesis would invent what is not named for a tuple with names; the beginning of a run is more definite.
states = st.tuples(st.integers(0, 9), severities).map(lambda it: RunState(Status.PAGING, OPENED, it[0], severity=it[1]))


def course(
    policy: PolicySnapshot, roster: Roster, state: RunState, delays: list[int], acknowledge_at: int = -1, worse_at: int = -1
) -> list[tuple[datetime, RunState, Decision]]:
    """Every pass of a run whose engine comes `delays` seconds after each due time; at one of them the severity may be worse."""
    events = {worse_at: Event("worse"), acknowledge_at: Event("acknowledge")}
    return eventful(policy, roster, state, delays, events)


class Event(NamedTuple):
    """What somebody does before one pass; `level` and `hours` belong to some of it."""

    what: str
    level: int = 1
    hours: int = 1

    def done_to(self, state: RunState, now: datetime) -> RunState:
        if self.what in ORDERS:
            until = now + timedelta(hours=self.hours)
            return state._replace(order=Order(Kind(self.what), Alerted(self.level, "Somebody"), "They say so.", self.level, until))
        return state._replace(
            **{
                "acknowledge": {"acknowledged_by": "Somebody", "holder": Alerted(self.level, "Somebody")},
                "worse": {"severity": "SEV1", "regraded": True, "start_level": self.level},
                "wait": {"on_hold": not state.on_hold},
                "sign": {"last_sign_at": now},
            }[self.what]
        )


ORDERS = ("held", "resumed", "raised", "lowered", "bypassed", "taken_over", "handed_over")
WAITING = 12
acts = st.builds(
    Event, st.sampled_from([*ORDERS, "acknowledge", "acknowledge", "worse", "wait", "sign"]), st.integers(0, 8), st.integers(-1, 9)
)
# Whatever waits for others goes on at last: an incident that is put on hold for ever is never called silent.
events = st.dictionaries(st.integers(0, WAITING), acts, max_size=6)


def eventful(
    policy: PolicySnapshot, roster: Roster, state: RunState, delays: list[int], happens: dict[int, Event]
) -> list[tuple[datetime, RunState, Decision]]:
    """Every pass of a run, with what people do before some of them; a run that ended can be ordered to go on."""
    passes, now, last = [], OPENED, max(happens, default=-1)
    for number in range(1200):
        now += timedelta(seconds=delays[number % len(delays)])
        state = happens[number].done_to(state, now) if number in happens else state
        state = state._replace(on_hold=False) if number > last else state
        decision = next_actions(policy, roster, state, now)
        passes.append((now, state, decision))
        # Whoever is alerted anew has to be answered anew.
        state = decision.state
        if decision.next_look is None and number >= last:
            return passes
        now = max(now, decision.next_look or now)
    raise AssertionError("the run does not end")


@settings(max_examples=20, deadline=None)
@given(policies, rosters, states, delays, st.integers(-1, 8))
def test_every_run_ends_in_ended_or_exhausted_and_a_live_one_always_has_a_next_look(
    policy: PolicySnapshot, roster: Roster, state: RunState, delays: list[int], acknowledge_at: int
) -> None:
    passes = course(policy, roster, state, delays, acknowledge_at)
    assert passes[-1][2].state.status in {Status.ENDED, Status.EXHAUSTED}
    assert all((decision.next_look is None) is not decision.state.status.is_live for _, _, decision in passes)


@settings(max_examples=20, deadline=None)
@given(policies, rosters, states, delays)
def test_nobody_is_alerted_twice_for_the_same_step_and_at_most_one_person_a_pass(
    policy: PolicySnapshot, roster: Roster, state: RunState, delays: list[int]
) -> None:
    passes = course(policy, roster, state, delays)
    pages = [[action for action in decision.actions if action.kind is Kind.PAGED] for _, _, decision in passes]
    assert all(len(page) <= 1 for page in pages)
    steps: set[tuple[int, int | None, int | None]] = set()
    people: set[tuple[int, int | None, int | None]] = set()
    round_ = 1
    for decision in (decision for _, _, decision in passes):
        for page in (action for action in decision.actions if action.kind is Kind.PAGED):
            round_ = decision.state.round
            for seen, what in ((steps, page.position), (people, page.person_id)):
                assert (round_, page.level, what) not in seen
                seen.add((round_, page.level, what))
    assert round_ <= policy.repeats + 1


@settings(max_examples=20, deadline=None)
@given(policies, rosters, states, delays, st.integers(-1, 8), st.integers(-1, 8))
def test_replaying_recorded_inputs_gives_the_same_actions(
    policy: PolicySnapshot, roster: Roster, state: RunState, delays: list[int], acknowledge_at: int, worse_at: int
) -> None:
    for now, before, decision in course(policy, roster, state, delays, acknowledge_at, worse_at):
        recorded_roster, recorded_state, recorded_now = from_recorded(as_recorded(roster, before, now))
        assert next_actions(policy, recorded_roster, recorded_state, recorded_now) == decision


@settings(max_examples=20, deadline=None)
@given(policies, rosters, states, delays)
def test_everybody_keeps_the_time_to_answer_however_late_the_engine_is(
    policy: PolicySnapshot, roster: Roster, state: RunState, delays: list[int]
) -> None:
    """After an alert that leaves no milestone, the next one comes no sooner than the shorter of window rest and backup time."""
    unhurried = replace(policy, resolve_within=None, levels=tuple(replace(level, reminders=()) for level in policy.levels))
    paged_at: datetime | None = None
    due: datetime | None = None
    for now, _, decision in course(unhurried, roster, state, delays):
        if any(action.kind is Kind.PAGED for action in decision.actions):
            assert paged_at is None or due is None or now >= due
            paged_at, due = now, decision.next_look
            assert due is not None
            assert due > now


@settings(max_examples=20, deadline=None)
@given(technical, rosters, states)
def test_reminders_change_no_alert_of_an_engine_that_is_on_time(policy: PolicySnapshot, roster: Roster, state: RunState) -> None:
    """Whoever is alerted, and when, is the same with and without reminders."""
    silent = replace(policy, levels=tuple(replace(level, reminders=()) for level in policy.levels))
    told, kept_silent = (
        [
            (now, action)
            for now, _, decision in course(rules, roster, state, [0])
            for action in decision.actions
            if action.kind is not Kind.REMINDED
        ]
        for rules in (policy, silent)
    )
    assert told == kept_silent


@settings(max_examples=20, deadline=None)
@given(policies, rosters, states, delays, st.integers(-1, 20))
def test_reminders_go_only_to_people_who_were_alerted_and_at_most_as_often_as_the_level_says(
    policy: PolicySnapshot, roster: Roster, state: RunState, delays: list[int], worse_at: int
) -> None:
    sent: dict[tuple[int, int | None], int] = {}
    levels_by_number = {level.number: level for level in policy.levels}
    for now, before, decision in course(policy, roster, state, delays, worse_at=worse_at):
        reminded = [action for action in decision.actions if action.kind is Kind.REMINDED]
        if not reminded:
            continue
        level = levels_by_number[before.level]
        assert {action.kind for action in decision.actions} == {Kind.REMINDED}
        assert {(action.person_id, action.person_name) for action in reminded} <= {
            (person.person_id, person.name) for person in before.alerted
        }
        assert before.level_entered_at is not None
        (paced,) = [one for one in policy.at_pace_of(before.severity).levels if one.number == level.number]
        assert now < before.level_entered_at + paced.window
        sent[before.round, before.level] = sent.get((before.round, before.level), 0) + 1
        assert sent[before.round, before.level] <= len(level.reminders)


@settings(max_examples=20, deadline=None)
@given(technical, severities)
def test_no_window_is_longer_at_a_severity_than_its_level_says(policy: PolicySnapshot, severity: str) -> None:
    for level, paced in zip(policy.levels, policy.at_pace_of(severity).levels, strict=True):
        assert timedelta(0) < paced.window <= level.window


some_moment = st.none() | st.integers(-5000, 50000).map(lambda after: OPENED + timedelta(seconds=after))
somebody = st.none() | st.builds(Alerted, st.none() | st.integers(1, 4), st.just("Ana"))
orders = st.none() | st.builds(
    Order, st.sampled_from(Kind), st.just(Alerted(2, "Tom")), st.sampled_from(["", "because"]), st.none() | st.integers(0, 9), some_moment
)


@settings(max_examples=20, deadline=None)
@given(
    policies,
    rosters,
    st.builds(
        RunState,
        status=st.sampled_from(Status),
        counts_from=st.just(OPENED),
        start_level=st.integers(0, 9),
        level=st.integers(0, 9),
        position=st.integers(0, 7),
        level_entered_at=some_moment,
        last_page_at=some_moment,
        alerted=st.just(()),
        milestone_done=st.booleans(),
        acknowledged_by=st.none() | st.just("Ana"),
        ended_as=st.none() | st.just("closed"),
        severity=severities,
        regraded=st.booleans(),
        round=st.integers(0, 5),
        reminded=st.integers(0, 5),
        track=st.sampled_from(Track),
        holder=somebody,
        last_sign_at=some_moment,
        on_hold=st.booleans(),
        held_at=some_moment,
        held_until=some_moment,
        start_level_answered=st.integers(0, 9),
        order=orders,
    ),
    st.integers(-5000, 50000),
)
def test_it_answers_for_every_state_even_an_impossible_one(policy: PolicySnapshot, roster: Roster, state: RunState, after: int) -> None:
    now = OPENED + timedelta(seconds=after)
    decision = next_actions(policy, roster, state, now)
    assert (decision.next_look is None) is not decision.state.status.is_live
    assert (decision.state.held_until is not None) is (decision.state.status is Status.HELD)
    assert (decision.state.order, decision.state.regraded) == (None, False)
    assert from_recorded(as_recorded(roster, state, now)) == (roster, state, now)


@settings(max_examples=20, deadline=None)
@given(policies, rosters, states, delays, events)
def test_whatever_people_order_a_run_never_stalls_and_ends(
    policy: PolicySnapshot, roster: Roster, state: RunState, delays: list[int], happens: dict[int, Event]
) -> None:
    passes = eventful(policy, roster, state, delays, happens)
    assert passes[-1][2].state.status in {Status.ENDED, Status.EXHAUSTED}
    assert all((decision.next_look is None) is not decision.state.status.is_live for _, _, decision in passes)
    assert all(sum(action.kind is Kind.PAGED for action in decision.actions) <= 1 for _, _, decision in passes)


@settings(max_examples=20, deadline=None)
@given(policies, rosters, states, delays, events)
def test_no_level_is_skipped_without_a_recorded_deviation(
    policy: PolicySnapshot, roster: Roster, state: RunState, delays: list[int], happens: dict[int, Event]
) -> None:
    """What is left out is passed over by name, or lies below where the incident's severity starts."""
    for _, before, decision in eventful(policy, roster, state, delays, happens):
        entered = [action.level for action in decision.actions if action.kind is Kind.LEVEL and action.level is not None]
        begin = start(policy, before.start_level)
        if not entered or begin is None:
            continue
        answered = before.status not in (Status.PAGING, Status.HELD)
        reached = before.level or (begin.number if answered else begin.number - 1)
        passed = {action.level: action for action in decision.actions if action.kind is Kind.PASSED_OVER and action.position is None}
        between = {level.number for level in policy.levels if max(reached, begin.number - 1) < level.number < entered[-1]}
        assert between <= set(passed)
        by_hand = any(action.kind is Kind.BYPASSED for action in decision.actions)
        assert all(action.deviation is by_hand for action in passed.values())
        assert by_hand is any(action.deviation for action in decision.actions)


@settings(max_examples=20, deadline=None)
@given(policies, rosters, states, delays, events)
def test_a_track_has_one_holder_at_a_time_and_every_change_of_it_is_recorded(
    policy: PolicySnapshot, roster: Roster, state: RunState, delays: list[int], happens: dict[int, Event]
) -> None:
    for _, before, decision in eventful(policy, roster, state, delays, happens):
        taken = [action for action in decision.actions if action.kind in (Kind.TAKEN_OVER, Kind.HANDED_OVER)]
        assert len(taken) <= 1
        expected = Alerted(taken[0].person_id, taken[0].person_name) if taken else before.holder
        assert decision.state.holder == expected


@settings(max_examples=20, deadline=None)
@given(policies, rosters, states, delays, events)
def test_recorded_orders_replay_to_the_same_actions(
    policy: PolicySnapshot, roster: Roster, state: RunState, delays: list[int], happens: dict[int, Event]
) -> None:
    for now, before, decision in eventful(policy, roster, state, delays, happens):
        assert next_actions(policy, *from_recorded(as_recorded(roster, before, now))) == decision


@settings(max_examples=20, deadline=None)
@given(policies, rosters, states, delays, events)
def test_nobody_is_alerted_while_the_alerting_is_on_hold_and_no_hold_lasts_for_ever(
    policy: PolicySnapshot, roster: Roster, state: RunState, delays: list[int], happens: dict[int, Event]
) -> None:
    for now, _, decision in eventful(policy, roster, state, delays, happens):
        if decision.state.status is Status.HELD:
            assert all(action.kind not in (Kind.PAGED, Kind.REMINDED) for action in decision.actions)
            assert decision.next_look is not None
            assert decision.state.held_until is not None
            assert decision.next_look <= decision.state.held_until
            assert decision.state.held_until <= now + LONGEST_HOLD
