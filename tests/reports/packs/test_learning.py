"""The pack's chapter on learning, held against counting by hand."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from incidents.models import EscalationRun, EscalationStep, Incident, PostMortem, PostMortemAction
from reports.metrics.population import Population
from reports.packs.learning import MEASURES, chapter_of, read
from tests.factories.incidents import incident, service
from tests.factories.policies import approve, draft, level, policy
from tests.factories.portal import person
from tests.shared import shared

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
QUARTER = Population(datetime(2026, 10, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
END = datetime(2026, 12, 20, tzinfo=UTC)


@shared
def scene() -> Any:
    class Scene:
        def __init__(self) -> None:
            self.person = person("Ana Ruiz")
            self.service = service("Card payments")
            version = draft(policy(self.service))
            level(version, 1, self.person)
            approve(version, now=NOW - timedelta(days=1))

        def resolved(self, reached: int, **fields: Any) -> Incident:
            subject = incident(NOW, service=self.service)
            Incident.objects.filter(pk=subject.pk).update(state="resolved", resolved_at=NOW + timedelta(hours=1), **fields)
            run = EscalationRun.objects.create(
                incident=subject, policy_version=subject.policy_version, content_sha256="0" * 64, state="ended", alerting_since=NOW,
                started_at=NOW, ended_at=NOW,
            )  # fmt: skip
            for each in range(1, reached + 1):
                EscalationStep.objects.create(run=run, sequence=each, action="level", at=NOW, level=each, reason="The window ended.")
            return subject

        def written(self, of: Incident, state: str = "draft", ended: datetime | None = None, **fields: Any) -> PostMortem:
            given = {"incident": of, "level": 3, "due": date(2026, 12, 4), "opened_at": NOW, "state": state, "ended_at": ended}
            whole = {"summary": "A", "contributing": "B", "lessons": "Watch certificates."}
            return PostMortem.objects.create(**given, **whole, ended_by=self.person if ended else None, **fields)

        def action(self, of: PostMortem, due: date, state: str = "open") -> None:
            how = {} if state == "open" else {"settled_at": NOW, "settled_by": self.person, "outcome": "It stands."}
            PostMortemAction.objects.create(post_mortem=of, text="Alarm", owner=self.person, due=due, state=state, **how)

    return Scene()


def test_each_figure_counts_what_its_definition_says(scene: Any) -> None:
    in_time, late, waived, overdue = (scene.resolved(3) for _ in range(4))
    scene.resolved(4)
    scene.resolved(2)
    first = scene.written(in_time, "published", datetime(2026, 12, 4, 23, tzinfo=UTC))
    scene.written(late, "published", datetime(2026, 12, 5, tzinfo=UTC))
    scene.written(waived, "waived", NOW, waiver="Known.")
    fourth = scene.written(overdue)
    scene.action(first, date(2026, 12, 19))
    scene.action(first, date(2026, 12, 20))
    scene.action(fourth, date(2026, 11, 1), "done")
    found = chapter_of(QUARTER, END).content
    assert found == {
        "post_mortems_owed": 5,
        "post_mortems_published": {"count": 2, "in_time": 1, "share": 50.0},
        "post_mortems_waived": 1,
        "post_mortems_overdue": 1,
        "post_mortem_actions": {"settled": 1, "open": 2, "overdue": 1},
    }


def test_a_quarter_in_which_nothing_went_that_far_has_no_such_chapter(scene: Any) -> None:
    scene.resolved(2)
    assert chapter_of(QUARTER, END).sections == ()


def test_what_is_learned_from_a_confidential_incident_or_not_published_stays_out(scene: Any) -> None:
    scene.written(scene.resolved(3, confidential=True), "published", NOW)
    scene.written(scene.resolved(3))
    assert [each.lessons for each in read(QUARTER, END).lessons] == ["", ""]


def test_drills_other_periods_and_other_units_are_left_out(scene: Any) -> None:
    scene.written(scene.resolved(3, origin="drill"))
    scene.written(scene.resolved(3))
    assert read(Population(QUARTER.end, QUARTER.end + timedelta(days=90)), END).lessons == []
    assert read(Population(QUARTER.start, QUARTER.end, units=(987,)), END).lessons == []
    assert len(read(QUARTER, END).lessons) == 1


def test_it_takes_three_questions_however_many_there_are(scene: Any, django_assert_num_queries: Any) -> None:
    for _ in range(4):
        scene.action(scene.written(scene.resolved(3)), date(2026, 12, 1))
    with django_assert_num_queries(3):
        read(QUARTER, END)


def test_each_figure_has_its_definition_in_the_pack(scene: Any) -> None:
    scene.written(scene.resolved(3))
    assert {each.name for each in chapter_of(QUARTER, END).definitions} == {function.__name__ for function, _, _ in MEASURES}
