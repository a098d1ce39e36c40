"""Remembering answers changes none: for every policy and every past, a replay that remembers tells what one that asks anew tells."""

from datetime import UTC

from hypothesis import given, settings
from hypothesis import strategies as st

from policies.decisions.ruleset import PolicySnapshot
from policies.simulation.compare import Comparison
from policies.simulation.replay import PastIncident, Replay
from tests.policies.simulation.contents import LATER, content, past

spans = st.one_of(st.none(), st.integers(0, 200), st.floats(0, 200, allow_nan=False))
thresholds = st.lists(
    st.tuples(st.sampled_from(["SEV1", "SEV2", "SEV3", "SEV4"]), st.integers(1, 9).map(str), st.integers(1, 5)), max_size=3
).map(tuple)
contents = st.builds(
    lambda windows, people, milestone, rules: content(*windows, people=people, milestone=milestone, thresholds=rules),
    st.lists(st.integers(0, 40), max_size=4),
    st.integers(1, 3),
    st.one_of(st.none(), st.integers(1, 120)),
    thresholds,
)
pasts = st.builds(
    lambda answered, ended, readings, declared: past(answered=answered, ended=ended, readings=tuple(readings), declared=declared),
    spans,
    spans,
    st.lists(st.tuples(st.integers(-20, 60), st.integers(0, 12).map(str)), max_size=5),
    st.booleans(),
)


@settings(max_examples=60, deadline=None)
@given(contents, st.lists(pasts, min_size=1, max_size=8))
def test_remembered_equals_asked_anew(rules: PolicySnapshot, incidents: list[PastIncident]) -> None:
    remembering = Replay(rules)
    for incident in incidents:
        assert remembering.course(incident, LATER) == Replay(rules, remember=False).course(incident, LATER)


@settings(max_examples=50, deadline=None)
@given(contents, pasts)
def test_a_course_makes_sense(rules: PolicySnapshot, incident: PastIncident) -> None:
    course = Replay(rules).course(incident, LATER)
    assert list(course.levels) == sorted(set(course.levels))
    assert {page.level for page in course.pages} <= set(course.levels)
    assert all(page.after <= (incident.ended_at or LATER) - incident.opened_at for page in course.pages if incident.ended_at)
    assert course.windows_missed <= len(course.levels)


@settings(max_examples=50, deadline=None)
@given(contents, pasts)
def test_a_version_against_itself_changes_nothing(rules: PolicySnapshot, incident: PastIncident) -> None:
    comparison = Comparison(UTC)
    comparison.add(incident, Replay(rules).course(incident, LATER), Replay(rules).course(incident, LATER))
    result = comparison.result()
    assert (result["changed"], result["severities_changed"], result["most_changed"]) == (0, 0, [])
    assert all(before == after for before, after in (result["pages"], result["escalations"], result["windows_missed"]))
