"""Whatever stands in the columns: the check answers, and what it answers names a class and a run."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.models import EscalationRun, EscalationStep
from policies.decisions.ruleset import PolicySnapshot
from reports.conformance import reading
from reports.conformance.checking import conformance_of
from reports.conformance.values import GRAVITY
from reports.metrics.levels import Action
from reports.metrics.population import Population
from tests.incidents.escalation.conftest import make_scene
from tests.properties.test_escalation import policies

from .courses import Row, Story

HOUR = 3_600_000_000
rows = st.lists(
    st.builds(
        Row, st.integers(0, 6), st.sampled_from(Action), st.integers(-HOUR, 9 * HOUR), st.integers(0, 12), st.integers(-1, 7),
        st.integers(0, 5), st.integers(0, HOUR), st.integers(0, 4),
    ),
    max_size=25,
)  # fmt: skip
records = st.dictionaries(
    st.integers(0, 8), st.tuples(st.sampled_from(["", "SEV1", "SEV4"]), st.integers(0, 12), st.booleans()), max_size=6
)


class AnyRoster(dict[int, Any]):
    """Nobody stands on it."""

    def __missing__(self, key: int) -> Any:
        return type("Nobody", (), {"seats": ()})()


@settings(max_examples=300, deadline=None)
@given(policies, rows, records, st.booleans(), st.integers(-HOUR, HOUR))
def test_it_answers_for_every_record_even_an_impossible_one(
    policy: PolicySnapshot, told: list[Row], record: dict[int, tuple[str, int, bool]], technical: bool, counts_from: int
) -> None:
    story = Story(policy, told, record, AnyRoster(), {}, counts_from, technical=technical, known_until=9 * HOUR)
    for each in story.found():
        assert each.kind in GRAVITY
        assert (each.incident, each.run) == (9, 7)
        assert each.expected
        assert each.happened


@pytest.mark.django_db
def test_a_run_that_begins_while_the_check_reads_is_left_out(now: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = make_scene(now)
    scene.open()
    scene.open()
    scene.engine(0)
    scene.engine(9)
    whole = Population(scene.now, scene.after(60 * 24))
    assert len(conformance_of(whole, scene.after(60)).deviations) == 2
    first = EscalationRun.objects.order_by("pk").first()
    assert first is not None
    steps = reading._steps
    record = reading._record
    monkeypatch.setattr(reading, "_steps", lambda population, runs: steps(population, np.array([first.pk])))
    monkeypatch.setattr(reading, "_record", lambda population, runs, found: record(population, np.array([first.pk]), found))
    assert [each.run for each in conformance_of(whole, scene.after(60)).deviations] == [first.pk]


@pytest.mark.django_db
def test_times_that_contradict_each_other_are_told_and_not_stumbled_over(now: Any) -> None:
    scene = make_scene(now)
    opened = scene.open()
    scene.engine(0)
    scene.engine(5)
    EscalationStep.objects.filter(sequence=2).update(at=scene.after(-600))
    EscalationRun.objects.filter(incident=opened).update(ended_at=scene.after(-700), state="ended")
    found = conformance_of(Population(scene.now, scene.after(60 * 24)), scene.after(60)).deviations
    assert [each.kind.value for each in found] == ["level_early"]
    assert conformance_of(Population(scene.after(60), scene.now), scene.now).deviations == ()
