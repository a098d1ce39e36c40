"""What holds for every policy, every roster and every outage."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from policies.decisions.escalation import next_actions
from policies.decisions.escalation_facts import Decision, Kind, Roster, RunState, Seat, Status, as_recorded, from_recorded
from policies.decisions.ruleset import LevelRule, PolicySnapshot, TargetRule

OPENED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
seconds = st.integers(1, 4000).map(lambda count: timedelta(seconds=count))
targets = st.lists(st.integers(1, 6), max_size=4, unique=True).map(
    lambda places: tuple(TargetRule(place, place, None, f"person {place}") for place in places)
)
levels = st.lists(st.integers(1, 8), max_size=5, unique=True).flatmap(
    lambda numbers: st.tuples(
        *(
            st.builds(LevelRule, st.just(number), st.just(f"level {number}"), st.just("functional"), seconds, seconds, targets)
            for number in numbers
        )
    )
)
policies = st.builds(PolicySnapshot, st.just(()), levels, st.none() | seconds)
seats = st.builds(
    Seat,
    st.integers(1, 8),
    st.integers(1, 6),
    st.none() | st.integers(1, 4),
    st.just("Somebody"),
    st.just("on call"),
    st.sampled_from(["", "", "away"]),
)
rosters = st.lists(seats, max_size=20, unique_by=lambda seat: (seat.level, seat.position)).map(lambda found: Roster(tuple(found)))
delays = st.lists(st.integers(0, 20000), min_size=40, max_size=40)
states = st.builds(RunState, st.just(Status.PAGING), st.just(OPENED), st.integers(0, 9))


def course(
    policy: PolicySnapshot, roster: Roster, state: RunState, delays: list[int], acknowledge_at: int = -1
) -> list[tuple[datetime, RunState, Decision]]:
    """Every pass of a run whose engine comes `delays` seconds after each due time."""
    passes, now = [], OPENED
    for number in range(400):
        now += timedelta(seconds=delays[number % len(delays)])
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
    pages = [
        [action for action in decision.actions if action.kind is Kind.PAGED] for _, _, decision in course(policy, roster, state, delays)
    ]
    assert all(len(page) <= 1 for page in pages)
    steps = [(page[0].level, page[0].position) for page in pages if page]
    people = [(page[0].level, page[0].person_id) for page in pages if page]
    assert len(steps) == len(set(steps))
    assert len(people) == len(set(people))


@settings(max_examples=150, deadline=None)
@given(policies, rosters, states, delays, st.integers(-1, 8))
def test_replaying_recorded_inputs_gives_the_same_actions(
    policy: PolicySnapshot, roster: Roster, state: RunState, delays: list[int], acknowledge_at: int
) -> None:
    for now, before, decision in course(policy, roster, state, delays, acknowledge_at):
        recorded_roster, recorded_state, recorded_now = from_recorded(as_recorded(roster, before, now))
        assert next_actions(policy, recorded_roster, recorded_state, recorded_now) == decision


@settings(max_examples=150, deadline=None)
@given(policies, rosters, states, delays)
def test_everybody_keeps_the_time_to_answer_however_late_the_engine_is(
    policy: PolicySnapshot, roster: Roster, state: RunState, delays: list[int]
) -> None:
    """After an alert that leaves no milestone, the next one comes no sooner than the shorter of window rest and backup time."""
    unhurried = replace(policy, resolve_within=None)
    paged_at: datetime | None = None
    due: datetime | None = None
    for now, _, decision in course(unhurried, roster, state, delays):
        if any(action.kind is Kind.PAGED for action in decision.actions):
            assert paged_at is None or due is None or now >= due
            paged_at, due = now, decision.next_look
            assert due is not None
            assert due > now


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
    ),
    st.integers(-5000, 50000),
)
def test_it_answers_for_every_state_even_an_impossible_one(policy: PolicySnapshot, roster: Roster, state: RunState, after: int) -> None:
    decision = next_actions(policy, roster, state, OPENED + timedelta(seconds=after))
    assert (decision.next_look is None) is not decision.state.status.is_live
