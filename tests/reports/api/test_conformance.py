"""A quarter's deviations over the API: those of the page, narrowed like there, for those who may see it."""

from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.foundation import clock
from tests.factories.portal import person
from tests.incidents.escalation.conftest import Scene, make_scene

pytestmark = pytest.mark.django_db
DOOR = "/api/v1/conformance/"


@pytest.fixture(autouse=True)
def today(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: now)


@pytest.fixture
def scene(now: datetime) -> Scene:
    """Two escalations, to which the engine came four minutes late."""
    made = make_scene(now)
    for number in range(2):
        made.open(title=f"Late {number}")
    made.engine(0)
    made.engine(9)
    return made


def told(user: Any, query: str = "?quarter=2026Q1", status: int = 200) -> Any:
    client = Client()
    client.force_login(user)
    answer = client.get(f"{DOOR}{query}")
    assert answer.status_code == status, answer.content
    return answer.json()


def test_it_says_what_was_checked_and_where_the_course_departed(scene: Scene) -> None:
    found = told(person("Ora", roles=("compliance",)))
    assert (found["quarter"], found["provisional"], found["escalations_checked"], found["hidden"]) == ("2026Q1", True, 2, 0)
    late = [each for each in found["results"] if each["deviation"] == "late_step"]
    assert [each["title"] for each in late] == ["Late step"] * 2
    assert all(each["incident"] and each["at"].endswith("Z") and each["expected"] and not each["rationale"] for each in late)
    assert "4 min late" in late[0]["happened"]
    assert "people" not in found["results"][0]


def test_it_is_narrowed_like_the_page(scene: Scene) -> None:
    ora = person("Ora", roles=("compliance",))
    everything = told(ora)["count"]
    assert told(ora, "?quarter=2026Q1&class=late_step")["count"] == 2
    both = [told(ora, f"?quarter=2026Q1&rationale={each}")["count"] for each in ("with", "without")]
    assert sum(both) == everything
    assert told(ora, "?quarter=2026Q1&service=Nothing")["count"] == 0
    assert len(told(ora, "?quarter=2026Q1&page_size=1")["results"]) == 1


@pytest.mark.parametrize("query", ["", "?quarter=2026Q5", "?quarter=2026Q2", "?quarter==1+1", "?quarter=2026Q1&class=x", "?quarter=2026Q1&rationale=perhaps", "?quarter=2026Q1&unit=1"])  # fmt: skip
def test_nonsense_is_refused_in_words(query: str) -> None:
    assert told(person("Ora", roles=("compliance",)), query, 400)["errors"]


def test_whoever_sees_no_packs_sees_none_of_it(scene: Scene) -> None:
    told(person("Resi", roles=("responder",)), status=403)
    assert Client().get(f"{DOOR}?quarter=2026Q1").status_code == 401


def test_the_number_of_queries_does_not_depend_on_what_is_found(scene: Scene) -> None:
    client = Client()
    client.force_login(person("Ora", roles=("compliance",)))

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"{DOOR}?quarter=2026Q1").status_code == 200
        return len(queries)

    asked()
    before = asked()
    for number in range(4):
        scene.open(title=f"More {number}")
    scene.engine(9)
    assert asked() == before
