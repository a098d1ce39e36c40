"""What the engine does by itself is no deviation, whatever the policy, the roster and the people: the check never cries wolf."""

from hypothesis import given, settings
from hypothesis import strategies as st

from policies.decisions.escalation_facts import Roster, RunState
from policies.decisions.ruleset import PolicySnapshot
from reports.conformance.values import Kind
from tests.properties.test_escalation import Event, course, delays, eventful, events, policies, rosters, states

from .courses import story_of

PUNCTUAL = st.lists(st.sampled_from([0, 0, 1, 2]), min_size=40, max_size=40)


@settings(max_examples=60, deadline=None)
@given(policies, rosters, states, PUNCTUAL, events)
def test_a_punctual_engine_and_whatever_people_order_leave_no_deviation_but_bypasses(
    policy: PolicySnapshot, roster: Roster, state: RunState, delays: list[int], happens: dict[int, Event]
) -> None:
    passes = eventful(policy, roster, state, delays, happens)
    found = story_of(policy, roster, passes).found()
    ordered = sum(any(action.kind.value == "bypassed" for action in decision.actions) for _, _, decision in passes)
    assert [each for each in found if each.kind is not Kind.BYPASS] == []
    assert len(found) == ordered
    assert all(each.rationale == "They say so." for each in found)


@settings(max_examples=40, deadline=None)
@given(policies, rosters, states, delays, st.integers(-1, 8), st.integers(-1, 8))
def test_an_engine_that_comes_late_leaves_late_steps_and_nothing_else(
    policy: PolicySnapshot, roster: Roster, state: RunState, delays: list[int], acknowledge_at: int, worse_at: int
) -> None:
    found = story_of(policy, roster, course(policy, roster, state, delays, acknowledge_at, worse_at)).found()
    assert {each.kind for each in found} <= {Kind.LATE_STEP}
