"""A policy speaks for a service, a tier, a business unit or everywhere; its page asks for exactly that."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from policies.models import BusinessUnit, EscalationPolicy
from tests.factories import policies as make
from tests.factories.portal import person

from .forms import as_

pytestmark = pytest.mark.django_db
ADD = "admin:policies_escalationpolicy_add"


@pytest.fixture
def manager() -> Any:
    return person("Mia Manager", roles=("manager",))


@pytest.fixture
def client(manager: Any) -> Client:
    return as_(manager)


def filled(owner: Any, **more: Any) -> dict[str, Any]:
    return {"name": "New", "scope": "service", "time_zone": "Europe/Madrid", "owner": owner.pk, "why": "Needed", **more}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"scope": "service"}, "Choose the service that it speaks for."),
        ({"scope": "tier"}, "Choose the tier that it speaks for."),
        ({"scope": "business_unit"}, "Choose the business unit that it speaks for."),
        ({"scope": "global", "tier": 1}, "A policy for the whole organisation names none here."),
        ({"scope": "everything"}, "Select a valid choice"),
        ({"scope": "tier", "tier": 9}, "Select a valid choice"),
        ({"scope": "global", "time_zone": "Mars/Olympus"}, "Mars/Olympus"),
    ],
)
def test_what_the_scope_misses_or_has_too_much_is_said_at_the_field(
    client: Client, manager: Any, values: dict[str, Any], said: str
) -> None:
    answer = client.post(reverse(ADD), filled(manager, **values))
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert 'value="New"' in answer.content.decode()
    assert not EscalationPolicy.objects.exists()


def test_there_is_one_policy_for_everything(client: Client, manager: Any) -> None:
    assert client.post(reverse(ADD), filled(manager, scope="global")).status_code == 302
    again = client.post(reverse(ADD), filled(manager, scope="global", name="Another"))
    assert "There is a policy for the whole organisation already." in again.content.decode()


def test_lists_and_pages_of_policies_without_a_service_answer(client: Client) -> None:
    unit = BusinessUnit.objects.create(name="Payments")
    for fields in ({"scope": "global"}, {"scope": "tier", "tier": 1}, {"scope": "business_unit", "business_unit": unit}):
        version = make.draft(make.policy(**fields))
        make.level(version, 1, person("Ana"))
        make.threshold(version)
        make.approve(version)
        for name in ("escalationpolicy", "policyversion"):
            thing = version if name == "policyversion" else version.policy
            assert client.get(reverse(f"admin:policies_{name}_change", args=[thing.pk])).status_code == 200
        for page in ("approve", "compare", "messages"):
            assert client.get(reverse(f"admin:policies_policyversion_{page}", args=[version.pk])).status_code == 200
    listed = client.get(reverse("admin:policies_escalationpolicy_changelist")).content.decode()
    for words in ("the whole organisation", "Tier 1: critical", "Payments (business unit)"):
        assert words in listed
    assert client.get(reverse("admin:policies_escalationpolicy_changelist"), {"scope": "tier"}).status_code == 200
    for name in ("threshold", "policyversion", "service"):
        assert client.get(reverse(f"admin:policies_{name}_changelist")).status_code == 200


def test_what_it_speaks_for_stays_once_a_version_was_submitted(client: Client, manager: Any) -> None:
    version = make.in_force(make.service("Card payments"))
    other = make.service("Ledger")
    address = reverse("admin:policies_escalationpolicy_change", args=[version.policy_id])
    assert 'name="scope"' not in client.get(address).content.decode()
    moved = filled(manager, service=other.pk, scope="service", name="Renamed")
    assert client.post(address, moved).status_code == 302
    policy = EscalationPolicy.objects.get()
    assert (policy.name, str(policy.service)) == ("Renamed", "Card payments")
