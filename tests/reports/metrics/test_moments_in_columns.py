"""Times read as numbers, to the microsecond, on either database."""

from datetime import UTC, datetime, timedelta

import pytest

from incidents.models import Incident
from reports.metrics.columns import Microseconds, microseconds, read
from tests.factories.reports import fact, stored

pytestmark = pytest.mark.django_db
START = datetime(2016, 3, 31, 23, 59, 59, tzinfo=UTC)
FRACTIONS = (0, 1, 499, 500, 499_999, 500_000, 999_499, 999_500, 999_501, 999_999)


def test_a_time_is_the_same_to_the_microsecond_however_near_the_next_second_it_is() -> None:
    moments = [START + timedelta(microseconds=each) for each in FRACTIONS]
    stored(*(fact(number=f"INC-{place}", opened_at=moment) for place, moment in enumerate(moments)))
    [found] = read(Incident.objects.order_by("opened_at"), Microseconds("opened_at"))
    assert found.tolist() == [microseconds(moment) for moment in moments]
