"""The main job, end to end: a policy two people approved, an incident that breaks a threshold, the person on call and then the next
level alerted on time, every step in the trail, and the quarter's pack exported."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from audit.models import LedgerEvent
from incidents.escalation.engine import run_cycle
from incidents.models import EscalationRun, Incident
from policies.models import PolicyVersion
from portal.foundation import clock
from portal.foundation.front_door.tokens.services import make_token
from portal.foundation.outbox.dispatch import deliver_due
from tests.factories import policies as rules
from tests.factories.portal import contact, person
from tests.receiver import Receiver, receiver
from tests.untold import untold

pytestmark = pytest.mark.django_db(transaction=True)


class Time:
    """What every door reads as the time, moved by hand."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def passes(self, **parts: float) -> None:
        """Time goes on; the engine looks and a worker delivers."""
        self.at += timedelta(**parts)
        run_cycle(now=self.at)
        deliver_due(now=self.at)


@pytest.fixture
def time(now: datetime, monkeypatch: pytest.MonkeyPatch) -> Time:
    time = Time(now)
    monkeypatch.setattr(clock, "now", lambda: time.at)
    return time


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_from_an_approved_policy_to_the_exported_quarter(time: Time, tmp_path: Path) -> None:
    manager, approver = person("Marta", roles=("manager",)), person("Daniel", roles=("approver",))
    ana, ben, chief = person("Ana", roles=("responder",)), person("Ben", roles=("responder",)), person("Chief", roles=("commander",))
    with receiver() as phone:
        for somebody in (ana, ben, chief):
            contact(somebody, phone.url)
        version = a_submitted_policy(manager, ana, ben, chief, time.at)
        the_author_may_not_approve(version, manager)
        the_approver_approves_on_the_page(version, approver)
        call = api(chief)
        number = monitoring_reports_failing_payments(version, call)
        silence_moves_to_the_backup_and_then_to_the_next_level(phone, time)
        the_chief_acknowledges_and_paging_stops(number, call, phone, time)
        chief_resolves(number, chief, call, time)
    the_trail_tells_it_all(number)
    the_quarter_comes_out(tmp_path)
    assert untold() == []


def a_submitted_policy(manager: Any, ana: Any, ben: Any, chief: Any, now: datetime) -> PolicyVersion:
    version = rules.draft(rules.policy(rules.service("Card payments", key="card-payments"), owner=manager), author=manager, now=now)
    window = {"window": timedelta(minutes=15), "backup_after": timedelta(minutes=5)}
    rules.level(version, 1, rules.schedule(ana), ben, **window)
    rules.level(version, 2, chief, **window)
    rules.threshold(version, severity="SEV2")
    response = signed_in(manager).get(reverse("admin:policies_policyversion_change", args=[version.pk]))
    assert response.status_code == 200
    rules.submit_version(version, actor=manager, now=now, accepted="Known")
    return version


def the_author_may_not_approve(version: PolicyVersion, manager: Any) -> None:
    manager.groups.add(*person("Both", roles=("approver",)).groups.all())
    url = reverse("admin:policies_policyversion_approve", args=[version.pk])
    signed_in(manager).post(url, {"reason": "Mine", "decision": "approve"})
    version.refresh_from_db()
    assert version.state == "submitted"


def the_approver_approves_on_the_page(version: PolicyVersion, approver: Any) -> None:
    url = reverse("admin:policies_policyversion_approve", args=[version.pk])
    client = signed_in(approver)
    assert "Failed transactions is at least 5 %" in client.get(url).content.decode()
    client.post(url, {"reason": "Agreed in the committee", "decision": "approve"})
    version.refresh_from_db()
    assert version.state == "approved"


def api(user: Any) -> Callable[..., Any]:
    _, token = make_token(user, name="Monitoring", scopes=("incidents.report", "incidents.work"), actor=None, now=clock.now())
    client = Client(headers={"Authorization": f"Bearer {token}"})

    def post(path: str, body: dict[str, Any], **headers: str) -> Any:
        return client.post(f"/api/v1/{path}", body, content_type="application/json", headers=headers)

    return post


def monitoring_reports_failing_payments(version: PolicyVersion, call: Callable[..., Any]) -> str:
    body = {
        "title": "Card payments fail",
        "service": "card-payments",
        "impact": 1,
        "urgency": 2,
        "description": "Two acquirers time out.",
        "readings": [{"measure": "transaction_failure_percent", "value": "7.5"}],
    }
    first, again = (call("incidents/", body, **{"Idempotency-Key": "alarm-1"}) for _ in range(2))
    assert first.status_code == 201
    assert again.json()["number"] == first.json()["number"]
    incident = Incident.objects.get()
    assert (incident.severity, incident.priority, incident.policy_version) == ("SEV2", 2, version)
    return incident.number


def alerts(phone: Receiver) -> list[Any]:
    """What the telephone got, without the notice that a token was made."""
    return [each for each in phone.got if "API token" not in json.dumps(each)]


def silence_moves_to_the_backup_and_then_to_the_next_level(phone: Receiver, time: Time) -> None:
    alerted = []
    for minutes in (0, 5, 4, 6):
        time.passes(minutes=minutes)
        alerted.append(len(alerts(phone)))
    assert alerted == [1, 2, 2, 3]
    assert len(set(phone.keys)) == len(phone.got)


def the_chief_acknowledges_and_paging_stops(number: str, call: Callable[..., Any], phone: Receiver, time: Time) -> None:
    assert call(f"incidents/{number}/acknowledge/", {}).status_code == 200
    time.passes(hours=3)
    assert len(alerts(phone)) == 3
    assert not EscalationRun.objects.filter(state__in=["paging", "exhausted"]).exists()


def chief_resolves(number: str, chief: Any, call: Callable[..., Any], time: Time) -> None:
    assert call(f"incidents/{number}/resolve/", {"reason": "Failed over to the second acquirer."}).status_code == 200
    time.passes(minutes=1)
    page = signed_in(chief).get(reverse("admin:incidents_incident_change", args=[Incident.objects.get().pk])).content.decode()
    assert page.index("Chief resolved it") < page.index("Chief acknowledged") < page.index("Ana is alerted")


def the_trail_tells_it_all(number: str) -> None:
    told = list(LedgerEvent.objects.order_by("id").values_list("type", flat=True))
    for verb in ("policy_version.submitted", "policy_version.approved", "incident.opened", "incident.acknowledged", "incident.resolved"):
        assert told.count(verb) == 1, (verb, told)


def the_quarter_comes_out(tmp_path: Path) -> None:
    call_command("build_pack", "2026Q1", "--out", str(tmp_path), "--format", "json", "--format", "csv")
    metrics = json.loads((tmp_path / "pack-2026Q1.json").read_text())["metrics"]
    assert metrics["incidents_opened"] == 1
    assert metrics["time_to_acknowledge_seconds"]["p50"] == 15 * 60
