"""What a reader may see of a check, and how long one is kept."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache

from reports.conformance import queries
from reports.conformance.queries import conformance_for, names_of
from reports.metrics.population import Population
from tests.factories.portal import person
from tests.incidents.escalation.conftest import Scene, make_scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(now: Any) -> Iterator[Scene]:
    scene = make_scene(now)
    scene.open()
    scene.engine(0)
    scene.engine(9)
    yield scene
    cache.clear()


def test_a_dear_check_is_kept_for_a_minute_and_says_of_when_it_is(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "DEAR", timedelta(0))
    whole, reader = Population(scene.now, scene.after(60)), person("Cora", roles=("compliance",))
    assert len(conformance_for(reader, whole, scene.after(10)).found.deviations) == 1
    scene.engine(20)
    kept = conformance_for(reader, whole, scene.after(21))
    assert (len(kept.found.deviations), kept.as_of) == (1, scene.after(10))
    other = conformance_for(reader, Population(scene.now, scene.after(61)), scene.after(21))
    assert (len(other.found.deviations), other.as_of) == (2, scene.after(21))
    assert conformance_for(reader, Population(scene.now, scene.after(60), ()), scene.after(21)).found.runs == 0


def test_what_is_kept_is_shown_to_nobody_who_may_not_see_it(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "DEAR", timedelta(0))
    whole = Population(scene.now, scene.after(60))
    assert conformance_for(person("Cora", roles=("compliance",)), whole, scene.after(10)).hidden == 0
    seen = conformance_for(person("Nemo"), whole, scene.after(10))
    assert (seen.found.deviations, seen.hidden) == ((), 1)


def test_a_cheap_check_is_always_made_anew(scene: Scene) -> None:
    whole, reader = Population(scene.now, scene.after(60)), person("Cora", roles=("compliance",))
    assert len(conformance_for(reader, whole, scene.after(10)).found.deviations) == 1
    scene.engine(20)
    assert len(conformance_for(reader, whole, scene.after(21)).found.deviations) == 2
    assert names_of(()) == {}
