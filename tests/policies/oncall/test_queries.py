"""Who is on call, from the rows."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from policies.models import OnCallOverride
from policies.oncall.queries import now_and_next, on_call, rotas
from tests.factories import policies as make
from tests.factories.portal import person

pytestmark = pytest.mark.django_db


def test_the_rotation_and_the_override_made_last_decide(now: Any) -> None:
    ana, tom, sofia, omar = (person(name) for name in ("Ana", "Tom", "Sofia", "Omar"))
    rota = make.schedule(ana, tom)
    assert on_call(rota, now).person_name == "Ana"  # type: ignore[union-attr]
    for who, reason in ((sofia, "first"), (omar, "second")):
        make.override(rota, who, now, now + timedelta(hours=2), reason=reason)
    duty = on_call(rota, now + timedelta(hours=1))
    assert duty is not None
    assert (duty.person_id, duty.person_name, duty.until) == (omar.pk, "Omar", now + timedelta(hours=2))
    assert duty.reason == "Takes over."


def test_a_schedule_without_people_has_nobody_now_or_next(now: Any) -> None:
    assert now_and_next(make.schedule(), now) == (None, [])


def test_many_schedules_take_four_queries(now: Any) -> None:
    schedules = [make.schedule(person("Ana"), person("Tom")) for _ in range(5)]
    with CaptureQueriesContext(connection) as captured:
        assert len(rotas(schedules, now)) == 5
    assert len(captured) == 4


def test_an_override_that_ends_before_it_starts_is_refused_by_the_database(now: Any) -> None:
    rota = make.schedule()
    with pytest.raises(IntegrityError), transaction.atomic():
        OnCallOverride.objects.create(schedule=rota, person=person("Ana"), starts_at=now, ends_at=now, made_at=now, reason="x")
