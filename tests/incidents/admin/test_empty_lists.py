"""An empty list says what belongs there, and asks nobody to do what only others may."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories.portal import person

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("model", ["incident", "impactreading", "changerequest", "feedback", "problem"])
def test_an_auditor_is_not_asked_to_add_what_others_add(model: str, client: Client) -> None:
    client.force_login(person("Otto", roles=("auditor",)))
    page = client.get(reverse(f"admin:incidents_{model}_changelist")).content.decode()
    said = page.partition('class="ak-empty"')[2].partition("</div>")[0]
    assert "yet. " in said
    assert "<a " not in said
    for asked in ("record one here", "Record what", "or add one", "Open one", "write it down"):
        assert asked not in said


@pytest.mark.parametrize(("model", "role"), [("changerequest", "manager"), ("feedback", "responder"), ("incident", "responder")])
def test_whoever_may_add_one_is_shown_the_way(model: str, role: str, client: Client) -> None:
    client.force_login(person("Ana", roles=(role,)))
    page = client.get(reverse(f"admin:incidents_{model}_changelist")).content.decode()
    assert reverse(f"admin:incidents_{model}_add") in page.partition('class="ak-empty"')[2].partition("</div>")[0]
