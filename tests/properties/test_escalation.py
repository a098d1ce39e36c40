"""What holds for every policy, every roster and every outage."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from policies.decisions.escalation import next_actions
from policies.decisions.escalation_facts import Decision, Kind, Passed, Roster, RunState, Seat, Somebody, Status, as_recorded, from_recorded
from policies.decisions.escalation_times import window_of
from policies.decisions.ruleset import LevelRule, PolicySnapshot, SeverityRule, TargetRule
from policies.decisions.vocabulary import Severity, Track

OPENED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
seconds = st.integers(1, 4000).map(lambda count: timedelta(seconds=count))
targets = st.lists(st.integers(1, 6), max_size=4, unique=True).map(
    lambda places: tuple(TargetRule(place, place, None, f"person {place}") for place in places)
)
reminders = st.lists(seconds, max_size=3).map(tuple)
levels = st.lists(st.integers(1, 8), max_size=5, unique=True).flatmap(
    lambda numbers: st.tuples(
        *(
            st.builds(LevelRule, st.just(number), st.just(f"level {number}"), st.just("functional"), seconds, seconds, targets, reminders)
            for number in numbers
        )
    )
)
paces = st.lists(
    st.builds(SeverityRule, st.sampled_from(Severity), st.none() | st.integers(1, 8), st.integers(1, 100)),
    max_size=4,
    unique_by=lambda rule: rule.severity,
).map(tuple)
technical = st.builds(PolicySnapshot, st.just(()), levels, st.none() | seconds, repeats=st.integers(0, 3), severity_rules=paces)
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
states = st.builds(RunState, st.just(Status.PAGING), st.just(OPENED), st.integers(0, 9), severity=severities)


def course(
    policy: PolicySnapshot, roster: Roster, state: RunState, delays: list[int], acknowledge_at: int = -1, worse_at: int = -1
) -> list[tuple[datetime, RunState, Decision]]:
    """Every pass of a run whose engine comes `delays` seconds after each due time; at one of them the severity may be worse."""
    passes, now = [], OPENED
    for number in range(800):
        now += timedelta(seconds=delays[number % len(delays)])
        if number == worse_at:
            state = replace(state, severity="SEV1", regraded=True)
        if number == acknowledge_at:
            state = replace(state, acknowledged_by="Somebody")
        decision = next_actions(policy, roster, state, now)
        passes.append((now, state, decision))
        state = decision.state
        if decision.next_look is None:
            return passes
        now = max(now, decision.next_look)
    raise AssertionError("the run does not end")


@settings(max_examples=150, deadline=None)
@given(policies, rosters, states, delays, st.integers(-1, 8))
def test_every_run_ends_in_ended_or_exhausted_and_a_live_one_always_has_a_next_look(
    policy: PolicySnapshot, roster: Roster, state: RunState, delays: list[int], acknowledge_at: int
) -> None:
    passes = course(policy, roster, state, delays, acknowledge_at)
    assert passes[-1][2].state.status in {Status.ENDED, Status.EXHAUSTED}
    assert all((decision.next_look is None) is not decision.state.status.is_live for _, _, decision in passes)


@settings(max_examples=150, deadline=None)
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


@settings(max_examples=150, deadline=None)
@given(policies, rosters, states, delays, st.integers(-1, 8), st.integers(-1, 8))
def test_replaying_recorded_inputs_gives_the_same_actions(
    policy: PolicySnapshot, roster: Roster, state: RunState, delays: list[int], acknowledge_at: int, worse_at: int
) -> None:
    for now, before, decision in course(policy, roster, state, delays, acknowledge_at, worse_at):
        recorded_roster, recorded_state, recorded_now = from_recorded(as_recorded(roster, before, now))
        assert next_actions(policy, recorded_roster, recorded_state, recorded_now) == decision


@settings(max_examples=150, deadline=None)
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


@settings(max_examples=150, deadline=None)
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


@settings(max_examples=150, deadline=None)
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
        assert now < before.level_entered_at + window_of(policy, level, before)
        sent[before.round, before.level] = sent.get((before.round, before.level), 0) + 1
        assert sent[before.round, before.level] <= len(level.reminders)


@settings(max_examples=150, deadline=None)
@given(technical, states)
def test_no_window_is_longer_at_a_severity_than_its_level_says(policy: PolicySnapshot, state: RunState) -> None:
    for level in policy.levels:
        assert timedelta(0) < window_of(policy, level, state) <= level.window


@settings(max_examples=150, deadline=None)
@given(
    policies,
    rosters,
    st.builds(
        RunState,
        st.sampled_from(Status),
        st.just(OPENED),
        st.integers(0, 9),
        st.integers(0, 9),
        st.integers(0, 7),
        st.none() | st.just(OPENED),
        st.none() | st.just(OPENED),
        st.just(()),
        st.booleans(),
        st.none() | st.just("Ana"),
        st.none() | st.just("closed"),
        severities,
        st.booleans(),
        st.integers(0, 5),
        st.integers(0, 5),
    ),
    st.integers(-5000, 50000),
)
def test_it_answers_for_every_state_even_an_impossible_one(policy: PolicySnapshot, roster: Roster, state: RunState, after: int) -> None:
    decision = next_actions(policy, roster, state, OPENED + timedelta(seconds=after))
    assert (decision.next_look is None) is not decision.state.status.is_live
