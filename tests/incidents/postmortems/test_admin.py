"""Post-mortems as pages: writing, publishing, following actions; and what a reader without the right sees."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from audit.ledger.models import LedgerEvent
from incidents.models import Incident, PostMortem, PostMortemAction
from portal.foundation import clock
from tests.factories.incidents import incident, service
from tests.factories.portal import person
from tests.shared import shared

pytestmark = pytest.mark.django_db
TEXTS = {"summary": "A certificate ran out.", "impact": "", "contributing": "Nobody watched.", "went_well": "", "lessons": "Watch them."}


@shared
def scene() -> Any:
    class Scene:
        def __init__(self) -> None:
            self.now = clock.now()
            self.commander = person("Cora Commander", roles=("commander",))
            subject: Incident = incident(self.now - timedelta(hours=3), service=service("Card payments"), title="<b>Certificate</b>")
            Incident.objects.filter(pk=subject.pk).update(resolved_at=self.now, state="resolved")
            self.incident = Incident.objects.get()
            self.made = PostMortem.objects.create(incident=self.incident, level=3, due=self.now.date(), opened_at=self.now, summary="x")

    return Scene()


@pytest.fixture
def commander(client: Client, scene: Any) -> Client:
    client.force_login(scene.commander)
    return client


def form(made: PostMortem, *actions: dict[str, Any], **changed: Any) -> dict[str, Any]:
    data = {**TEXTS, "owner": "", "due": made.due.isoformat(), "why": "Written.", **changed}
    data |= {"actions-TOTAL_FORMS": len(actions), "actions-INITIAL_FORMS": 0}
    for place, action in enumerate(actions):
        data |= {f"actions-{place}-{name}": value for name, value in action.items()}
    return data


def address(made: PostMortem, name: str = "change") -> str:
    return reverse(f"admin:incidents_postmortem_{name}", args=[made.pk])


def test_writing_it_is_an_act_with_its_actions(commander: Client, scene: Any) -> None:
    action = {"text": "Alarm 30 days before", "owner": scene.commander.pk, "due": "2027-01-31"}
    answer = commander.post(address(scene.made), form(scene.made, action))
    assert answer.status_code == 302, answer.content.decode()
    written = PostMortem.objects.get()
    assert (written.lessons, written.actions.get().text) == ("Watch them.", "Alarm 30 days before")
    assert LedgerEvent.objects.filter(type="postmortem.changed").count() == 1


def test_a_name_in_it_is_refused_beside_what_was_typed(commander: Client, scene: Any) -> None:
    scene.incident.timeline.create(kind="note", at=scene.now, recorded_at=scene.now, actor_name="Rolf Responder", text="Looked at it.")
    answer = commander.post(address(scene.made), form(scene.made, contributing="Rolf Responder slept."))
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "write the role instead" in page
    assert "Rolf Responder slept." in page
    assert PostMortem.objects.get().contributing == ""


def test_a_published_one_has_no_form_any_more(commander: Client, scene: Any) -> None:
    commander.post(address(scene.made), form(scene.made))
    answer = commander.post(reverse("admin:incidents_postmortem_do", args=[scene.made.pk, "publish"]), {"reason": ""})
    assert answer.status_code == 302
    assert PostMortem.objects.get().state == "published"
    page = commander.get(address(scene.made)).content.decode()
    assert "Published" in page
    assert "&lt;b&gt;Certificate" in page
    assert 'name="lessons"' not in page


def test_an_open_action_gets_another_day_and_is_settled(commander: Client, scene: Any) -> None:
    action = PostMortemAction.objects.create(post_mortem=scene.made, text="Alarm", owner=scene.commander, due=date(2027, 1, 31))
    page = reverse("admin:incidents_postmortemaction_change", args=[action.pk])
    answer = commander.post(page, {"text": "Alarm", "owner": scene.commander.pk, "due": "2027-02-28", "why": "The supplier is late."})
    assert answer.status_code == 302, answer.content.decode()
    assert LedgerEvent.objects.filter(type="postmortemaction.changed").count() == 1
    settle = reverse("admin:incidents_postmortemaction_do", args=[action.pk, "settle"])
    commander.post(settle, {"done": "yes", "reason": "It stands."})
    assert PostMortemAction.objects.get().state == "done"


def test_an_incident_offers_one_only_while_it_has_none(commander: Client, scene: Any) -> None:
    page = reverse("admin:incidents_incident_change", args=[scene.incident.pk])
    shown = commander.get(page).content.decode()
    assert "Open a post-mortem" not in shown
    assert address(scene.made) in shown


def test_lists_take_as_many_questions_for_many_as_for_one(commander: Client, scene: Any, django_assert_max_num_queries: Any) -> None:
    address_of_list = reverse("admin:incidents_postmortem_changelist")
    commander.get(address_of_list)
    for _ in range(5):
        other = incident(scene.now, service=scene.incident.service)
        made = PostMortem.objects.create(incident=other, level=3, due=scene.now.date(), opened_at=scene.now)
        PostMortemAction.objects.create(post_mortem=made, text="Alarm", owner=scene.commander, due=date(2027, 1, 31))
    with django_assert_max_num_queries(14):
        commander.get(address_of_list)
    with django_assert_max_num_queries(14):
        commander.get(reverse("admin:incidents_postmortemaction_changelist"))
