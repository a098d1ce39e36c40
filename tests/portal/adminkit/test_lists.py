"""Lists whose address says what no list can mean."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories.portal import person

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("model", ["policies_coveragefinding", "policies_dutyabsence", "policies_oncallschedule", "incidents_incident"])
@pytest.mark.parametrize("field", ["person", "team", "service", "id"])
def test_a_number_that_no_row_can_have_leads_back_to_the_list(model: str, field: str) -> None:
    client = Client()
    client.force_login(person("Mia Manager", roles=("manager",)))
    page = reverse(f"admin:{model}_changelist")
    answer = client.get(page, {field: "9" * 25}, follow=True)
    assert answer.status_code == 200
    assert "result_count" in answer.context or "cl" in answer.context
