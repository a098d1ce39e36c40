"""Histories in the admin: what keeps none has no page of one, and no page leads to it."""

import pytest
from django.contrib import admin
from django.test import RequestFactory

from policies.models import Acceptance, Service
from tests.factories.policies import service
from tests.factories.portal import person
from tests.policies.admin.forms import as_

pytestmark = pytest.mark.django_db


def test_what_never_changes_has_no_history() -> None:
    assert as_(person("Root", is_superuser=True)).get("/admin/policies/acceptance/1/history/").status_code == 404


def test_only_the_page_of_what_keeps_a_history_leads_to_it(rf: RequestFactory) -> None:
    root = person("Root", is_superuser=True)
    request = rf.get("/")
    request.user = root
    assert not admin.site.get_model_admin(Acceptance).has_history(request)
    assert admin.site.get_model_admin(Service).has_history(request)
    client, payments = as_(root), service("Payments")
    assert (
        f"/admin/policies/service/{payments.pk}/history/" in client.get(f"/admin/policies/service/{payments.pk}/change/").content.decode()
    )
    group = root.groups.model.objects.create(name="Somebody")
    page = client.get(f"/admin/auth/group/{group.pk}/change/")
    assert page.status_code == 200
    assert "/history/" not in page.content.decode()
