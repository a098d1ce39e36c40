"""Who must not be cut off: whoever is on call now or within a day, as the exchange with the CMDB asks."""

from datetime import timedelta
from typing import Any

import pytest

from policies.oncall.soon import on_duty_soon
from portal.foundation.directory.on_duty import on_duty
from tests.factories import policies as make
from tests.factories.portal import person

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_whoever_is_on_call_now_or_within_a_day_is_known_with_the_reason(now: Any) -> None:
    ana, tom, omar, ida = person("Ana"), person("Tom"), person("Omar"), person("Ida")
    first = make.schedule(ana, name="First line")
    make.override(first, tom, now + 3 * HOUR, now + 5 * HOUR)
    make.override(first, omar, now + 30 * HOUR, now + 31 * HOUR)
    found = on_duty_soon(now)
    assert found == {ana.pk: "On call for First line", tom.pk: "On call for First line within a day"}
    assert ida.pk not in found
    assert on_duty(now) == found
