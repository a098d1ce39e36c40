"""What nobody can make the portal do by the ten thousand."""

from typing import Any

import pytest
from django.conf import settings
from django.contrib import admin
from django.test import Client

from incidents.models import Incident
from portal.foundation.apikit.paging import Pages
from tests.factories.portal import person

pytestmark = pytest.mark.django_db


@pytest.mark.the_same_on_any_database
def test_no_list_of_the_admin_acts_on_many_rows_at_once(rf: Any) -> None:
    request = rf.get("/admin/")
    request.user = person("Root", is_superuser=True)
    assert [str(each) for each in admin.site._registry.values() if each.get_actions(request)] == []


@pytest.mark.the_same_on_any_database
def test_a_form_of_more_fields_than_any_of_ours_is_refused_unread(client: Client) -> None:
    client.force_login(person("Root", is_superuser=True))
    many = {f"_selected_action_{number}": "1" for number in range(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1)}
    assert client.post("/admin/incidents/incident/", many).status_code == 400


@pytest.mark.the_same_on_any_database
@pytest.mark.parametrize(
    "asked", ["service__team__members__password__startswith=a", "timeline__incident__service__team__name=a", "owner__password=x"]
)
def test_a_filter_goes_no_deeper_than_the_list_offers(client: Client, asked: str) -> None:
    client.force_login(person("Root", is_superuser=True))
    answer = client.get(f"/admin/incidents/incident/?{asked}")
    assert answer.status_code in (302, 400)
    assert not Incident.objects.exists()


@pytest.mark.the_same_on_any_database
def test_a_page_of_the_api_is_never_longer_than_it_may_be(client: Client) -> None:
    assert Pages.max_page_size == 200
    client.force_login(person("Tom Berg", roles=("responder",)))
    assert client.get("/api/v1/incidents/?page_size=1000000").status_code in (200, 400)
