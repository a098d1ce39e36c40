"""The quick way to the versions in force finds what the whole way finds."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from policies.governance.acting import acting_versions
from policies.governance.queries import rules_in_force, versions_in_force
from policies.models import BusinessUnit
from tests.factories import policies as factory
from tests.factories.policies import NOW

pytestmark = pytest.mark.django_db
UNIT = "unit"


@pytest.mark.parametrize("fields", [{}, {"tier": 1}, {"business_unit": UNIT}, {"tier": 1, "business_unit": UNIT}, {"tier": 2}])
def test_of_every_scope_that_speaks_for_the_service(fields: dict[str, Any]) -> None:
    unit = BusinessUnit.objects.create(name="Payments")
    fields = {name: unit if value == UNIT else value for name, value in fields.items()}
    service = factory.service(**fields)
    drafts = [
        factory.draft(factory.policy(service)),
        factory.draft(factory.policy(scope="tier", tier=1)),
        factory.draft(factory.policy(scope="business_unit", business_unit=unit)),
        factory.draft(factory.policy(scope="global")),
    ]
    for draft in drafts:
        factory.level(draft, 1, draft.policy.owner)
        factory.approve(draft)
    for at in (NOW - timedelta(days=1), NOW, NOW + timedelta(days=9)):
        whole = versions_in_force(service, at)
        assert acting_versions(service, at) == whole
        assert [str(version) for version in acting_versions(service, at)] == [str(version) for version in whole]
    rules_in_force(service, NOW)
    with CaptureQueriesContext(connection) as seen:
        rules_in_force(service, NOW)
    assert len(seen) == 1
