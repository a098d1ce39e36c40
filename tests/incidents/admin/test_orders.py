"""Orders to an escalation on an incident's page: who sees which button, what each asks for, and what the page then says."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from incidents.escalation.engine import run_cycle
from incidents.models import EscalationStep, Incident
from policies.models import Runbook
from portal.foundation import clock
from tests.factories import policies as factory
from tests.factories.incidents import incident as opened
from tests.factories.portal import contact, person
from tests.shared import shared

pytestmark = pytest.mark.django_db


def signed_in(role: str, name: str = "Bea Boss") -> Client:
    client = Client()
    client.force_login(person(name, roles=(role,)))
    return client


@shared
def incident() -> Incident:
    """Level 1 is alerted; levels 2 and 3 are above it."""
    now = clock.now()
    people = [person(name, roles=("responder",)) for name in ("Ana Ruiz", "Tom Berg", "Kim Park")]
    for someone in people:
        contact(someone)
    version = factory.in_force(None, [people[0]], [people[1]], [people[2]], now=now - timedelta(days=1))
    made = opened(now, service=version.policy.service)
    run_cycle(now=now)
    return made


def page(of: Incident) -> str:
    return f"/admin/incidents/incident/{of.pk}/change/"


def do(client: Client, of: Incident, verb: str, **data: Any) -> Any:
    return client.post(f"/admin/incidents/incident/{of.pk}/do/{verb}/", data)


def test_a_responder_can_escalate_and_a_commander_can_do_all_of_it(incident: Incident) -> None:
    buttons = ("escalate", "bypass", "hold-alerting")
    shown = signed_in("responder", "Rita").get(page(incident)).content.decode()
    assert [f"/do/{verb}/" in shown for verb in buttons] == [True, False, False]
    shown = signed_in("commander").get(page(incident)).content.decode()
    assert [f"/do/{verb}/" in shown for verb in buttons] == [True, True, True]


def test_a_hold_says_until_when_and_can_be_ended(incident: Incident) -> None:
    client = signed_in("commander")
    asked = client.get(f"/admin/incidents/incident/{incident.pk}/do/hold-alerting/").content.decode()
    assert "Nobody is alerted meanwhile" in asked
    assert do(client, incident, "hold-alerting", minutes="30", reason="").status_code == 400
    assert do(client, incident, "hold-alerting", minutes="30", reason="Ana is at it.").status_code == 302
    shown = client.get(page(incident)).content.decode()
    assert "The alerting is on hold. It goes on" in shown
    assert 'data-until="' in shown
    assert do(client, incident, "resume-alerting", reason="").status_code == 302
    assert incident.runs.get().state == "paging"


def test_escalating_takes_no_words_and_alerts_the_next_level(incident: Incident) -> None:
    assert do(signed_in("responder", "Rita"), incident, "escalate", reason="").status_code == 302
    assert EscalationStep.objects.filter(action="paged", level=2, actor__display_name="Rita").count() == 1


def test_a_bypass_offers_the_levels_beyond_the_next_and_needs_words(incident: Incident) -> None:
    client = signed_in("commander")
    asked = client.get(f"/admin/incidents/incident/{incident.pk}/do/bypass/").content.decode()
    assert "Level 3, " in asked
    assert "Level 2, " not in asked
    assert do(client, incident, "bypass", level="2", reason="Fire.").status_code == 400
    assert do(client, incident, "bypass", level="3", reason="Fire.").status_code == 302
    assert EscalationStep.objects.filter(deviation=True, level=3).count() == 1


def test_the_runbooks_of_level_and_service_are_put_before_the_responder(incident: Incident) -> None:
    runbook = Runbook.objects.create(title="Restart payments", steps="1. Stop\n2. Start")
    incident.service.runbooks.add(runbook)
    shown = signed_in("responder", "Rita").get(page(incident)).content.decode()
    assert "Restart payments" in shown
    assert f"For {incident.service}" in shown
    assert "2. Start" in shown
