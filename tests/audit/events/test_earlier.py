"""What a row was before is read as the models would read it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from simple_history.signals import post_create_historical_record

from audit.events.earlier import earlier_values
from policies.models import Service
from portal.foundation.history_rows import BOOKKEEPING
from tests.factories.policies import service
from tests.factories.portal import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def written() -> Iterator[list[Any]]:
    """The rows of history as they are written."""
    rows: list[Any] = []

    def note(history_instance: Any, **kwargs: Any) -> None:
        rows.append(history_instance)

    post_create_historical_record.connect(note)
    yield rows
    post_create_historical_record.disconnect(note)


def by_the_models(history: Any) -> Any:
    earlier = type(history).objects.filter(id=history.id).exclude(pk=history.pk).order_by("-history_id").first()
    if earlier is None:
        return None
    return {
        field.attname: getattr(earlier, field.attname)
        for field in earlier._meta.concrete_fields
        if field.attname not in BOOKKEEPING and field.name not in BOOKKEEPING
    }


def test_the_first_row_of_history_has_none_before_it(written: list[Any]) -> None:
    service()
    assert earlier_values(written[-1]) is None


def test_a_change_of_what_was_stored_without_history_has_none_before_it(written: list[Any]) -> None:
    made = service()
    made.history.all().delete()
    made.save()
    assert earlier_values(written[-1]) is None


def test_every_kind_of_column_comes_back_as_it_was(written: list[Any]) -> None:
    made = service(
        name="Card payments", description="Größe", promised_response=timedelta(minutes=30), owner=person("Ana Ruiz"), regulated=True
    )
    for _ in range(2):
        made.description += "!"
        made.tier = Service.Tier.TIER_2
        made.save()
        assert earlier_values(written[-1]) == by_the_models(written[-1])
    assert earlier_values(written[-1])["promised_response"] == timedelta(minutes=30)  # type: ignore[index]


def test_dates_of_people_come_back_as_they_were(written: list[Any]) -> None:
    ana = person("Ana Ruiz")
    ana.display_name = "Ana Berg"
    ana.save()
    assert earlier_values(written[-1]) == by_the_models(written[-1])
