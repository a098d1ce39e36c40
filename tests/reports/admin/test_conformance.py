"""The page of conformance, as a browser gets it."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from guardian.shortcuts import assign_perm

from incidents.models import EscalationStep, Incident
from tests.factories.portal import person
from tests.incidents.escalation.conftest import Scene, make_scene

pytestmark = pytest.mark.django_db
PAGE = "admin:reports_conformance_changelist"


def signed_in(*roles: str) -> Client:
    client = Client()
    client.force_login(person("Cora Compliance", roles=roles))
    return client


def page(client: Client, **asked: str) -> str:
    answer = client.get(reverse(PAGE), {"quarter": "2026Q1", **asked})
    assert answer.status_code == 200
    return str(answer.content, "utf-8")


@pytest.fixture
def scene(now: Any) -> Scene:
    return make_scene(now)


def late(scene: Scene, **fields: object) -> Incident:
    opened = scene.open(**fields)
    scene.engine(0)
    scene.engine(9)
    return opened


def test_it_says_at_once_how_many_and_leads_to_the_timeline(scene: Scene) -> None:
    opened = late(scene)
    shown = page(signed_in("compliance"))
    assert "1 deviation in Q1 2026, 1 without a recorded rationale; 1 escalation checked." in shown
    assert f'href="/admin/incidents/incident/{opened.pk}/change/#inc-story-title"' in shown
    assert "The next person of level 1 was alerted 4 min late." in shown
    assert 'id="inc-story-title"' in str(signed_in("responder").get(f"/admin/incidents/incident/{opened.pk}/change/").content, "utf-8")


def test_a_quarter_in_which_all_went_well_says_so_and_what_would_stand_there(scene: Scene) -> None:
    scene.open()
    scene.engine(0)
    shown = page(signed_in("compliance"))
    assert "1 escalation of Q1 2026 went as their policies say." in shown
    assert "This quarter has none." in shown
    assert "No escalation ran for an incident of Q4 2019." in page(signed_in("compliance"), quarter="2019Q4")


def test_filters_leave_what_was_chosen(scene: Scene) -> None:
    late(scene)
    client = signed_in("compliance")
    assert "1 deviation chosen" in page(client, **{"class": "late_step", "rationale": "without", "service": str(scene.service.pk)})
    for asked in ({"class": "skipped_level"}, {"rationale": "with"}, {"service": "999999"}):
        assert "Nothing of this kind was found" in page(client, **asked)


@pytest.mark.parametrize(
    "asked", [{"class": "'; DROP TABLE"}, {"rationale": "both"}, {"service": "²"}, {"service": "=1"}, {"p": "99999"}, {"p": "x"}]
)
def test_what_does_not_exist_is_left_out(scene: Scene, asked: dict[str, str]) -> None:
    late(scene)
    assert "1 deviation" in page(signed_in("compliance"), **asked)
    assert signed_in("auditor").get(reverse(PAGE), {"quarter": "soon"}).status_code == 200


@pytest.mark.parametrize("quarter", ["2026Q5", "２０２６Q1", "x" * 5_000])
def test_a_quarter_that_is_none_is_said_and_not_answered_with_another_in_silence(scene: Scene, quarter: str) -> None:
    shown = page(signed_in("compliance"), quarter=quarter)
    assert "is not a quarter; write the year and Q1 to Q4, such as 2016Q1. This is 20" in shown
    assert "is not a quarter" not in page(signed_in("compliance"), quarter="")


@pytest.mark.parametrize("role", ["responder", "commander", "stakeholder", "administrator"])
def test_only_who_may_see_packs_opens_it(role: str) -> None:
    assert signed_in(role).get(reverse(PAGE)).status_code == 403


def test_deviations_of_incidents_out_of_reach_are_counted_and_not_shown(scene: Scene) -> None:
    opened = late(scene)
    client = Client()
    someone = person("Mona")
    assign_perm("reports.view_quarterlypack", someone)
    client.force_login(someone)
    shown = page(client)
    assert opened.number not in shown
    assert "1 deviation more belongs to incidents that you may not see." in shown


def test_hostile_words_stay_words(scene: Scene) -> None:
    late(scene)
    EscalationStep.objects.filter(action="paged").update(person=person("<b>Robert</b> \u202e\U0001f525"))
    shown = page(signed_in("compliance"))
    assert "Wrong person" in shown
    assert "&lt;b&gt;Robert" in shown
    assert "<b>Robert" not in shown


def test_pages_of_fifty_and_as_many_queries_for_all_of_them(scene: Scene) -> None:
    client = signed_in("compliance")
    late(scene)
    page(client)
    with CaptureQueriesContext(connection) as few:
        page(client)
    for number in range(60):
        scene.open(title=f"Number {number}")
    scene.engine(20)
    scene.engine(29)
    with CaptureQueriesContext(connection) as many:
        shown = page(client, p="2")
    assert "Page 2 of" in shown
    assert "Previous page" in shown
    assert len(many) <= len(few) + 1
