"""What a row was before is read as the models would read it."""

from datetime import timedelta
from typing import Any

import pytest

from audit.events.earlier import earlier_values
from policies.models import Service
from portal.foundation.history_rows import BOOKKEEPING
from tests.factories.policies import service
from tests.factories.portal import person

pytestmark = pytest.mark.django_db


def by_the_models(history: Any) -> Any:
    earlier = type(history).objects.filter(id=history.id).exclude(pk=history.pk).order_by("-history_id").first()
    if earlier is None:
        return None
    return {
        field.attname: getattr(earlier, field.attname)
        for field in earlier._meta.concrete_fields
        if field.attname not in BOOKKEEPING and field.name not in BOOKKEEPING
    }


def test_the_first_row_of_history_has_none_before_it() -> None:
    assert earlier_values(service().history.latest()) is None


def test_every_kind_of_column_comes_back_as_it_was() -> None:
    made = service(
        name="Card payments", description="Größe", promised_response=timedelta(minutes=30), owner=person("Ana Ruiz"), regulated=True
    )
    for _ in range(2):
        made.description += "!"
        made.tier = Service.Tier.TIER_2
        made.save()
        newest = made.history.latest()
        assert earlier_values(newest) == by_the_models(newest)
    assert earlier_values(newest)["promised_response"] == timedelta(minutes=30)  # type: ignore[index]


def test_dates_of_people_come_back_as_they_were() -> None:
    ana = person("Ana Ruiz")
    ana.display_name = "Ana Berg"
    ana.save()
    newest = ana.history.latest()
    assert earlier_values(newest) == by_the_models(newest)
