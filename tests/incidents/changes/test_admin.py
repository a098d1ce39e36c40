"""Freezes and changes as pages: declared, lifted, planned, begun and approved, and what a reader is told."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from audit.ledger.models import LedgerEvent
from incidents.changes.services import begin_change
from incidents.models import ChangeFreeze, ChangeRequest
from portal.foundation import clock
from tests.factories.changes import change, freeze
from tests.factories.incidents import incident, service
from tests.factories.portal import person
from tests.shared import shared

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@shared
def scene() -> Any:
    class Scene:
        def __init__(self) -> None:
            self.now = clock.now()
            self.commander = person("Cora Commander", roles=("commander",))
            self.manager = person("Mara Manager", roles=("manager",))
            self.service = service("<b>Card payments</b>")
            self.incident = incident(self.now - HOUR, service=self.service)
            self.change = change(self.service, now=self.now, actor=self.manager, number="CHG-7")

    return Scene()


@pytest.fixture
def commander(client: Client, scene: Any) -> Client:
    client.force_login(scene.commander)
    return client


def page(thing: Any, name: str = "change", *more: str) -> str:
    return reverse(f"admin:incidents_{thing._meta.model_name}_{name}", args=[thing.pk, *more])


def freeze_form(**fields: Any) -> dict[str, Any]:
    data = {"covers": "services", "services": [], "unit": "", "incident": "", "reason": "The close of the year."}
    for name in ("begins_at", "ends_at"):
        at = fields.pop(name, None)
        data |= {f"{name}_0": f"{at:%Y-%m-%d}" if at else "", f"{name}_1": f"{at:%H:%M:%S}" if at else ""}
    return {**data, **fields}


def test_a_freeze_is_declared_on_its_page_and_begins_now(commander: Client, scene: Any) -> None:
    data = freeze_form(services=[scene.service.pk], ends_at=scene.now + HOUR)
    answer = commander.post(reverse("admin:incidents_changefreeze_add"), data)
    made = ChangeFreeze.objects.get()
    assert answer.status_code == 302, answer.content.decode()
    assert (made.declared_by, list(made.services.all()), made.begins_at) == (scene.commander, [scene.service], made.declared_at)
    assert LedgerEvent.objects.filter(type__startswith="changefreeze").count() == 0
    assert LedgerEvent.objects.filter(type="change_freeze.declared").count() == 1
    shown = commander.get(page(made)).content.decode()
    assert "Changes to &lt;b&gt;Card payments&lt;/b&gt; are frozen." in shown
    assert 'name="reason"' not in shown


def test_what_cannot_be_is_said_beside_what_was_typed(commander: Client, scene: Any) -> None:
    data = freeze_form(services=[scene.service.pk], begins_at=scene.now - 9 * HOUR, ends_at=scene.now + HOUR)
    answer = commander.post(reverse("admin:incidents_changefreeze_add"), data).content.decode()
    assert "This time is past" in answer
    assert "The close of the year." in answer
    answer = commander.post(reverse("admin:incidents_changefreeze_add"), freeze_form(ends_at=scene.now + HOUR)).content.decode()
    assert "Choose the services." in answer
    answer = commander.post(reverse("admin:incidents_changefreeze_add"), freeze_form(covers="everything")).content.decode()
    assert "Give an end." in answer
    assert not ChangeFreeze.objects.exists()


def test_a_freeze_is_declared_on_its_incident_and_lifted_with_words(commander: Client, scene: Any) -> None:
    commander.post(page(scene.incident, "do", "freeze"), {"hours": "4", "reason": "The core is unstable."})
    made = ChangeFreeze.objects.get()
    assert (made.incident, made.ends_at) == (scene.incident, made.declared_at + 4 * HOUR)
    assert "froze changes to &lt;b&gt;Card payments" in commander.get(page(scene.incident)).content.decode()
    lift = page(made, "do", "lift")
    assert "To freeze again is a new freeze" in commander.get(lift).content.decode()
    commander.post(lift, {"reason": ""})
    assert ChangeFreeze.objects.get().lifted_at is None
    commander.post(lift, {"reason": "It is calm."})
    assert ChangeFreeze.objects.get().lift_reason == "It is calm."
    assert "Lift the freeze" not in commander.get(page(made)).content.decode()


def test_without_an_escalation_a_freeze_of_an_incident_needs_an_end(commander: Client, scene: Any) -> None:
    answer = commander.post(page(scene.incident, "do", "freeze"), {"hours": "", "reason": "The core is unstable."})
    assert "Give an end." in answer.content.decode()
    assert not ChangeFreeze.objects.exists()


def test_whether_a_change_may_begin_is_the_first_thing_its_page_says(commander: Client, scene: Any) -> None:
    assert "No freeze covers it" in commander.get(page(scene.change)).content.decode()
    freeze(scene.service, now=scene.now, ends_at=scene.now + HOUR, actor=scene.commander, reason="<i>Calm</i> down.")
    shown = commander.get(page(scene.change)).content.decode()
    assert "are frozen from" in shown
    assert "&lt;i&gt;Calm&lt;/i&gt; down." in shown


def test_a_change_is_planned_begun_and_ended_on_its_page(commander: Client, scene: Any) -> None:
    data = {
        "number": "CHG-8", "title": "Release", "kind": "normal", "services": [scene.service.pk], "why": "Planned.", "planned_start_0": "",
        "planned_start_1": "", "planned_end_0": "", "planned_end_1": "",
    }  # fmt: skip
    assert commander.post(reverse("admin:incidents_changerequest_add"), data).status_code == 302
    made = ChangeRequest.objects.get(number="CHG-8")
    assert (made.requested_by, list(made.services.all())) == (scene.commander, [scene.service])
    assert LedgerEvent.objects.filter(type="changerequest.created").count() == 2
    answer = commander.post(page(made), {**data, "title": "Another release", "services": [], "why": "Smaller."})
    assert answer.status_code == 302, answer.content.decode()
    made.refresh_from_db()
    assert (made.title, made.services.count()) == ("Another release", 0)
    assert LedgerEvent.objects.filter(type="changerequest.changed").count() == 1
    commander.post(page(made, "do", "begin"), {"at": "", "reason": ""})
    assert 'name="title"' not in commander.get(page(made)).content.decode()
    commander.post(page(made, "do", "end"), {"at": "", "reason": "Done."})
    assert ChangeRequest.objects.get(number="CHG-8").ended_at is not None
    assert "It is over." in commander.get(page(made)).content.decode()


def test_nobody_is_led_to_approve_their_own_emergency(commander: Client, scene: Any) -> None:
    own = change(scene.service, now=scene.now, actor=scene.commander)
    assert "Approve as an emergency" not in commander.get(page(own)).content.decode()
    assert commander.post(page(own, "do", "approve"), {"reason": "Mine."}).status_code == 403
    assert "Approve as an emergency" in commander.get(page(scene.change)).content.decode()
    commander.post(page(scene.change, "do", "approve"), {"reason": "It is the fix."})
    assert ChangeRequest.objects.get(number="CHG-7").approved_by == scene.commander


def test_what_began_during_a_freeze_stands_on_both_pages(commander: Client, scene: Any) -> None:
    made = freeze(scene.service, now=scene.now, ends_at=scene.now + HOUR, actor=scene.commander)
    begin_change(scene.change, actor=scene.manager, now=scene.now, reason="It could not wait.")
    shown = commander.get(page(made)).content.decode()
    assert "CHG-7 New release" in shown
    assert "without an emergency approval: It could not wait." in shown
    shown = commander.get(page(scene.change)).content.decode()
    assert "It began during a freeze" in shown
    assert page(made) in shown


@pytest.mark.parametrize("standing", ["holding", "coming", "over", "nonsense"])
def test_the_calendar_takes_as_many_questions_for_many_as_for_one(
    commander: Client, scene: Any, standing: str, django_assert_max_num_queries: Any
) -> None:
    address = reverse("admin:incidents_changefreeze_changelist") + f"?is={standing}"
    commander.get(address)
    for _ in range(6):
        freeze(scene.service, service(), now=scene.now, ends_at=scene.now + HOUR, actor=scene.commander, incident=scene.incident)
    with django_assert_max_num_queries(15):
        commander.get(address)


def test_the_list_of_changes_takes_as_many_questions_for_many_as_for_one(
    commander: Client, scene: Any, django_assert_max_num_queries: Any
) -> None:
    for _ in range(6):
        change(scene.service, now=scene.now, actor=scene.manager)
    address = reverse("admin:incidents_changerequest_changelist")
    commander.get(address)
    with django_assert_max_num_queries(14):
        for_all = commander.get(address)
    assert "CHG-7" in for_all.content.decode()


def test_each_filter_finds_its_own(commander: Client, scene: Any) -> None:
    begin_change(scene.change, actor=scene.manager, now=scene.now)
    address = reverse("admin:incidents_changerequest_changelist")
    assert "CHG-7" in commander.get(address + "?is=running").content.decode()
    assert "CHG-7" not in commander.get(address + "?is=planned").content.decode()
    assert "CHG-7" not in commander.get(address + "?is=over").content.decode()
    assert "CHG-7" not in commander.get(address + "?is=approved").content.decode()
