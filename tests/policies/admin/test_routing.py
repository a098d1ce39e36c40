"""Trying the routing, and seeing whom a policy would alert now, in the admin."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from policies.models import OnCallSchedule, Region, Team
from portal.foundation import clock
from portal.models import Availability, User
from tests.factories import policies as make
from tests.factories.portal import contact, person

from .forms import as_

pytestmark = pytest.mark.django_db

TRY = "/admin/policies/team/routing/"


def reachable(name: str, **fields: Any) -> User:
    someone = person(name, **fields)
    contact(someone)
    return someone


@pytest.fixture
def payments() -> OnCallSchedule:
    """Ana above, Tom under her; Kim is in the team and not on call."""
    ana, tom, kim = reachable("Ana Ruiz"), reachable("Tom Berg", skills="databases"), reachable("Kim Park", skills="databases")
    team = Team.objects.create(name="Payments")
    team.members.add(ana, tom, kim, person("Left Long ago", is_active=False))
    Region.objects.create(name="Spain").people.add(ana)
    return make.schedule(name="Payments line", team=team, layers=[{"people": [tom], "name": "Under"}, {"people": [ana], "name": "Above"}])


def test_the_form_asks_first_and_then_tells_everybody_in_order_with_reasons(payments: OnCallSchedule) -> None:
    client = as_(person("Ada", roles=("responder",)))
    assert "Say what is wanted" in client.get(TRY).content.decode()
    shown = client.get(TRY, {"team": str(payments.team_id), "skills": "databases"}).content.decode()
    assert "Tom Berg would be alerted first; 2 people stand behind." in shown
    assert shown.index("1. Tom Berg") < shown.index("2. Ana Ruiz") < shown.index("3. Kim Park")
    assert "Has nothing of what is wanted: databases." in shown
    assert "A member of Payments, not on call." in shown
    assert "Left Long ago is inactive." in shown


def test_what_cannot_be_understood_is_said_at_its_field(payments: OnCallSchedule) -> None:
    answer = as_(person("Ada", roles=("responder",))).get(
        TRY, {"team": "no", "languages": "German", "skills": "x" * 300, "region": "0\x00"}
    )
    assert answer.status_code == 400
    assert "&#x27;German&#x27; is no language code" in answer.content.decode()


def test_nobody_without_the_right_sees_who_is_on_call(payments: OnCallSchedule) -> None:
    assert as_(person("Sam", roles=("stakeholder",))).get(TRY).status_code == 403


def test_a_version_and_the_rules_of_a_service_say_whom_they_would_alert_now(payments: OnCallSchedule) -> None:
    now = clock.now()
    ana = User.objects.get(display_name="Ana Ruiz")
    Availability.objects.create(person=ana, state="busy", since=now - timedelta(minutes=1))
    levels = ([payments], [ana, reachable("Olga Nowak")])
    version = make.in_force(make.service("Card payments"), *levels, now=now - timedelta(days=1))
    client = as_(person("Ada", roles=("auditor",)))
    for address in (
        reverse("admin:policies_policyversion_change", args=[version.pk]),
        reverse("admin:policies_service_rules", args=[version.policy.service_id]),
    ):
        shown = client.get(address).content.decode()
        assert "Who would be alerted now" in shown
        assert "<strong>Tom Berg</strong>" in shown
        assert "Ana Ruiz is busy: said to be busy." in shown
        assert "Behind: Ana Ruiz." in shown
        assert "<td>Ana Ruiz, passed over<br>" in shown
        assert "<strong>Olga Nowak</strong>" in shown
