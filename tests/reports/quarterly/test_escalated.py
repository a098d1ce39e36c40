"""Figures of escalations beside those of incidents: picked out of the report, beside the quarter before."""

import json
from typing import Any

import pytest

from incidents.lifecycle import services as lifecycle
from reports.packs.kept import first_line
from reports.packs.quarters import Quarter
from reports.quarterly import escalated, figures
from tests.incidents.escalation.conftest import make_scene


def content(**measures: Any) -> dict[str, Any]:
    """A report as far as it tells of escalations."""
    found = {
        "runs": 19, "escalations": 8, "exhausted_runs": 1, "windows": {"missed": 7, "met": 19}, "premature": {"count": 2, "of": 8},
        "woken_for_nothing": {"count": 3, "of": 8}, "late_steps": {"count": 4, "of": 130},
        "time_to_escalate_seconds": {"p50": 120.0}, "time_to_acknowledge_level_seconds": {"p50": 49.0},
    }  # fmt: skip
    return {
        "escalations": {"measures": {**found, **measures}},
        "operations": {"hand_offs": {"unsigned": 5}},
        "conformance": {
            "classes": {"late_step": {"with_rationale": 1, "without_rationale": 4}, "bypass": {"with_rationale": 2, "without_rationale": 0}}
        },
    }


def test_each_figure_is_picked_from_where_the_report_has_it() -> None:
    assert escalated.picked(content()) == {
        "runs": 19, "escalations": 8, "time_to_escalate_seconds": 120.0, "time_to_acknowledge_level_seconds": 49.0, "windows": 7,
        "premature": 2, "woken_for_nothing": 3, "late_steps": 4, "exhausted_runs": 1, "unsigned_hand_offs": 5,
        "with_rationale": 3, "without_rationale": 4,
    }  # fmt: skip


def test_they_stand_beside_the_quarter_before_in_words() -> None:
    rows = escalated.compared(escalated.picked(content()), escalated.picked(content(runs=20, time_to_escalate_seconds={"p50": None})))
    told = {change.title: (change.now, change.before, change.words) for change, _ in rows}
    assert told["Escalations begun"] == ("19", "20", "1 less")
    assert told["Time to escalate, median"] == ("2 min", "–", "not comparable")
    assert told["Windows missed"] == ("7", "7", "the same")


@pytest.mark.parametrize(
    "nothing", [{}, {"escalations": {}}, {"escalations": None, "conformance": {"classes": {}}}, content() | {"escalations": 7}]
)
def test_a_report_that_lacks_them_is_no_failure(nothing: dict[str, Any]) -> None:
    assert set(escalated.picked(nothing)) <= {"unsigned_hand_offs", "with_rationale", "without_rationale"}
    assert escalated.compared({}, {}) == []


def test_a_quarter_in_which_nothing_was_escalated_has_none() -> None:
    quiet = content(
        runs=0, escalations=0, exhausted_runs=0, windows={"missed": 0}, premature={"count": 0}, woken_for_nothing={"count": 0},
        late_steps={"count": 0}, time_to_escalate_seconds={"p50": None}, time_to_acknowledge_level_seconds={"p50": None},
    )  # fmt: skip
    quiet |= {
        "operations": {"hand_offs": {"unsigned": 0}},
        "conformance": {"classes": {"bypass": {"with_rationale": 0, "without_rationale": 0}}},
    }
    assert escalated.picked(quiet) == {}


@pytest.mark.django_db
def test_the_report_of_a_running_portal_has_every_place(now: Any) -> None:
    scene = make_scene(now)
    incident = scene.open()
    for minute in (0, 5, 15):
        scene.engine(minute)
    lifecycle.acknowledge(incident, actor=scene.kim, now=scene.after(17), reason="Mine")
    scene.engine(17)
    read = figures.read(Quarter.of(now), None, scene.after(60))
    head = json.loads(first_line(read.packed))["document"]["content"]
    for figure in escalated.FIGURES:
        found: Any = head
        for name in figure.path:
            assert name in found, (figure.key, name)
            found = found[name]
    shown = read.shown["escalated"]
    assert (shown["runs"], shown["escalations"], shown["time_to_escalate_seconds"], shown["windows"]) == (1, 1, 900, 1)
    assert shown["time_to_acknowledge_level_seconds"] == 120
    assert read.shown["escalated_before"] == {}


@pytest.mark.django_db
def test_of_a_quarter_that_was_never_frozen_they_are_what_its_report_would_say_now(now: Any) -> None:
    scene = make_scene(now)
    incident = scene.open()
    for minute in (0, 5, 25):
        scene.engine(minute)
    lifecycle.acknowledge(incident, actor=scene.kim, now=scene.after(27), reason="Mine")
    scene.engine(27)
    own = figures.read(Quarter.of(now), None, scene.after(60)).shown["escalated"]
    after = figures.read(Quarter.of(now).next, None, scene.after(60)).shown
    assert own["late_steps"] >= 1
    assert own["without_rationale"] >= 1
    assert after["escalated_before"] == own
    assert after["before_is"].startswith("as known now")


@pytest.mark.django_db
def test_they_cost_less_than_reading_the_quarter_itself(now: Any, django_assert_max_num_queries: Any) -> None:
    scene = make_scene(now)
    scene.open()
    scene.engine(0)
    quarter = Quarter.of(now)
    counted = []
    for asked in (quarter, quarter.next):
        with django_assert_max_num_queries(400) as queries:
            figures.read(asked, None, scene.after(60))
        counted.append(len(queries))
    assert counted[1] <= 2 * counted[0]
