"""A replay says of an incident what the engine did to it."""

from datetime import datetime, timedelta

import pytest

from incidents.escalation.engine import run_cycle
from incidents.escalation.services import acknowledge
from incidents.lifecycle.replay_columns import SOURCE
from incidents.models import EscalationStep
from policies.governance.queries import snapshot_of
from policies.simulation.replay import Replay
from tests.factories import policies as make
from tests.factories.incidents import incident as opened
from tests.factories.incidents import reading
from tests.factories.portal import contact, person

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize("answered", [0, 3, 14, 22, None])
def test_the_same_people_at_the_same_minutes(now: datetime, answered: int | None) -> None:
    people = [person(name, roles=("responder",)) for name in ("Ana", "Tom", "Kim")]
    for someone in people:
        contact(someone)
    version = make.in_force(None, people[:2], people[2:], now=now, backup_after=timedelta(minutes=5))
    subject = opened(now, service=version.policy.service, readings=[reading("7", now)])
    # Each minute in which something may happen, the one before it and the one after.
    for minute in (0, 1, 3, 4, 5, 6, 13, 14, 15, 16, 21, 22, 29, 30, 31, 39):
        if minute == answered:
            acknowledge(subject, actor=people[0], now=now + minute * MINUTE)
        run_cycle(now=now + minute * MINUTE)
        subject.refresh_from_db()
    steps = EscalationStep.objects.filter(run__incident=subject, action=EscalationStep.Action.PAGED).order_by("pk")
    did = [(step.level, (step.at - now) / MINUTE) for step in steps]
    (past,) = SOURCE.incidents([version.policy.service_id], now, now + MINUTE)
    course = Replay(snapshot_of(version)).course(past, now + 40 * MINUTE)
    assert [(page.level, page.after / MINUTE) for page in course.pages] == did
    assert (course.severity, course.start_level) == (subject.severity, subject.start_level)
    assert course.exhausted == EscalationStep.objects.filter(run__incident=subject, action="exhausted").exists()
