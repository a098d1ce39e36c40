"""The other tracks on the page of an incident and in the API: shown as they stand, acknowledged by themselves."""

from datetime import timedelta

import pytest
from django.test import Client

from incidents.escalation.engine import run_cycle
from incidents.models import EscalationRun, Incident
from portal.foundation import clock
from tests.factories import incidents as make
from tests.factories import policies
from tests.factories.portal import contact, person
from tests.shared import shared

pytestmark = pytest.mark.django_db


@shared
def incident() -> Incident:
    """Marked, SEV1; legal have a level, and Eva is the only stakeholder."""
    now = clock.now()
    lara, eva, ana = (person(name, roles=("responder",)) for name in ("Lara Law", "Eva Lind", "Ana Ruiz"))
    for someone in (lara, eva, ana):
        contact(someone)
    draft = policies.draft(now=now - timedelta(minutes=1))
    policies.level(draft, 1, ana)
    policies.level(draft, 1, lara, track="compliance")
    policies.level(draft, 1, eva, track="stakeholder")
    subject = make.incident(now, service=policies.approve(draft, now=now - timedelta(minutes=1)).policy.service, personal_data=True)
    Incident.objects.filter(pk=subject.pk).update(severity="SEV1")
    run_cycle(now=now)
    return Incident.objects.get(pk=subject.pk)


def signed_in(*roles: str) -> Client:
    client = Client(raise_request_exception=True)
    client.force_login(person("Tom Berg", roles=roles))
    return client


def page(of: Incident) -> str:
    return f"/admin/incidents/incident/{of.pk}/change/"


def test_the_page_shows_each_track_with_its_own_button(incident: Incident) -> None:
    shown = signed_in("responder").get(page(incident)).content.decode()
    for label in ("Legal and compliance", "Stakeholder"):
        assert f"<strong>{label}</strong>: alerting, level 1" in shown
    for track in ("compliance", "stakeholder"):
        assert f"/do/acknowledge-{track}/" in shown
    assert "Nobody is left to alert in" in shown


def test_one_press_answers_for_the_track_and_for_nothing_else(incident: Incident) -> None:
    client = signed_in("responder")
    client.post(f"/admin/incidents/incident/{incident.pk}/do/acknowledge-compliance/")
    states = dict(EscalationRun.objects.values_list("track", "state"))
    assert states == {"technical": "paging", "stakeholder": "paging", "compliance": "ended"}
    shown = client.get(page(incident)).content.decode()
    assert "acknowledged by Tom Berg" in shown
    assert "/do/acknowledge-compliance/" not in shown
    assert "/do/acknowledge-stakeholder/" in shown


def test_whoever_may_only_look_has_no_button_and_no_road(incident: Incident) -> None:
    client = signed_in("auditor")
    assert "/do/acknowledge-compliance/" not in client.get(page(incident)).content.decode()
    assert client.post(f"/admin/incidents/incident/{incident.pk}/do/acknowledge-compliance/").status_code == 403
    assert EscalationRun.objects.get(track="compliance").acknowledged_at is None


def test_an_incident_without_other_tracks_shows_none() -> None:
    subject = make.incident(clock.now())
    assert "Other tracks" not in signed_in("responder").get(page(subject)).content.decode()
