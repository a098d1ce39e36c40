"""The check of a running portal: what the engine did by itself, and each planted deviation."""

from datetime import timedelta
from typing import Any

import pytest

from incidents.lifecycle import services as lifecycle
from reports.conformance.checking import Conformance, conformance_of
from reports.metrics.population import Population
from tests.incidents.escalation.conftest import Scene, make_scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(now: Any) -> Scene:
    return make_scene(now)


def check(scene: Scene, minutes: float = 60) -> Conformance:
    return conformance_of(Population(scene.now, scene.now + timedelta(days=1)), scene.after(minutes))


def test_what_the_engine_does_by_itself_is_no_deviation(scene: Scene) -> None:
    opened = scene.open()
    for minute in (0, 5, 15, 16):
        scene.engine(minute)
    lifecycle.acknowledge(opened, actor=scene.kim, now=scene.after(17), reason="Mine")
    scene.engine(17)
    lifecycle.resolve(opened, actor=scene.kim, now=scene.after(40), reason="Restarted")
    scene.engine(40)
    found = check(scene)
    assert found.deviations == ()
    assert (found.runs, found.unreadable, found.unrecorded) == (1, 0, 0)
    assert found.passes > 4
