"""What a governed page tells of whom it names."""

import json
from typing import Any

import pytest
from django.urls import reverse

from audit.models import LedgerEvent
from policies.models import Team
from tests.factories.portal import person
from tests.policies.admin.forms import as_, form_of

pytestmark = pytest.mark.django_db


def test_whom_a_list_names_is_told_by_key_before_and_after(now: Any) -> None:
    """So that the names can be erased; those that are no people's stay in words."""
    ana, ben = person("Ana Admin", roles=("manager",)), person("Ben Beaumont")
    team = Team.objects.create(name="Payments")
    team.members.set([ben])
    client, where = as_(ana), reverse("admin:policies_team_change", args=[team.pk])
    answer = client.post(where, {**form_of(client, where), "members": [ana.pk], "why": "Ben moved on"})
    assert (answer.status_code, list(team.members.all())) == (302, [ana])
    told = LedgerEvent.objects.filter(type="team.changed").latest("id").payload
    assert json.loads(told)["details"]["members"] == {"before": [f"{{person:{ben.pk}}}"], "after": [f"{{person:{ana.pk}}}"]}
    assert "Beaumont" not in told
