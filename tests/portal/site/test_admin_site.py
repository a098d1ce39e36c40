"""The admin site that is in use is the portal's own."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories.portal import person

pytestmark = pytest.mark.django_db


def test_it_opens_on_the_work_list_and_asks_for_no_list_of_all_models() -> None:
    client = Client()
    client.force_login(person("Ada", is_superuser=True))
    shown = client.get(reverse("admin:index")).context
    assert (shown["title"], shown["available_apps"]) == ("Work list", [])


def test_the_models_of_one_app_are_listed_for_who_may_see_them() -> None:
    client = Client()
    client.force_login(person("Ada", is_superuser=True))
    assert "On-call schedules" in client.get(reverse("admin:app_list", args=["policies"])).content.decode()
