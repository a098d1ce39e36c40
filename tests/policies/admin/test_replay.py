"""The panel 'What it would have done': asked for on either page, renewed while it runs, told in words."""

from datetime import datetime, timedelta

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse

from incidents.models import Incident
from policies.governance.services import submit_version
from policies.models import Level, PolicyVersion, ReplayRun
from policies.simulation.services import carry_out
from portal.foundation import clock
from tests.factories import policies as make
from tests.factories.portal import person
from tests.policies.admin.forms import undrawn
from tests.policies.simulation.test_services import past
from tests.shared import shared

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="session")
def now() -> datetime:
    """The doors read the clock, so these tests live now."""
    return clock.now()


@shared
def draft(now: datetime) -> PolicyVersion:
    version = make.draft(make.in_force(now=now - timedelta(days=200)).policy, now=now - timedelta(days=1))
    Level.objects.filter(version=version).update(window=timedelta(minutes=5))
    return version


def signed_in(user: object) -> Client:
    client = Client()
    client.force_login(user)  # type: ignore[arg-type]
    return client


def address(version: PolicyVersion) -> str:
    return reverse("admin:policies_policyversion_replay", args=[version.pk])


def page(version: PolicyVersion) -> str:
    return reverse("admin:policies_policyversion_change", args=[version.pk])


def ask(client: Client, version: PolicyVersion, now: datetime, **more: str) -> str:
    data = {"start": f"{now - timedelta(days=30):%Y-%m-%d}", "last": f"{now:%Y-%m-%d}", "population": "own", **more}
    return client.post(address(version), data, follow=True).content.decode()


def asked(client: Client, version: PolicyVersion, now: datetime, **more: str) -> None:
    """The same without looking at the page that follows."""
    with undrawn():
        ask(client, version, now, **more)


def test_a_replay_is_asked_for_and_its_figures_come_first(draft: PolicyVersion, now: datetime) -> None:
    incident = past(draft, now - timedelta(days=3))
    client = signed_in(draft.author)
    assert "Nothing was replayed yet" in client.get(page(draft)).content.decode()
    assert "The replay waits for a worker" in ask(client, draft, now)
    assert "data-replay-live" in client.get(address(draft)).content.decode()
    carry_out(ReplayRun.objects.get().pk, now=now)
    told = client.get(page(draft)).content.decode()
    assert "1 incident opened" in told
    assert (
        told.index("Severities changed") < told.index("newly missed") < told.index("Alerts by level") < told.index("Most changed incidents")
    )
    assert reverse("admin:incidents_incident_change", args=[incident.pk]) in told
    assert "newly exhausted" in told
    assert "data-replay-live" not in told


def test_the_approver_sees_it_where_the_decision_is_made(draft: PolicyVersion, now: datetime) -> None:
    past(draft, now - timedelta(days=3))
    submit_version(draft, actor=draft.author, now=now, accepted="Known")
    client = signed_in(person(roles=("approver",)))
    answer = client.post(address(draft), {"start": "2016-01-01", "last": f"{now:%Y-%m-%d}", "population": "all", "back": "decision"})
    assert answer["Location"] == reverse("admin:policies_policyversion_approve", args=[draft.pk]) + "#replay"
    assert not ReplayRun.objects.exists(), "ten years are too long"
    asked(client, draft, now, population="all", back="decision")
    carry_out(ReplayRun.objects.get().pk, now=now)
    told = client.get(reverse("admin:policies_policyversion_approve", args=[draft.pk])).content.decode()
    assert "of all services, as if the policy of" in told
    assert told.index("Most changed incidents") < told.index("Send back")


def test_an_edited_draft_says_that_its_replay_is_out_of_date(draft: PolicyVersion, now: datetime) -> None:
    client = signed_in(draft.author)
    asked(client, draft, now)
    carry_out(ReplayRun.objects.get().pk, now=now)
    assert "Out of date" not in client.get(page(draft)).content.decode()
    Level.objects.filter(version=draft).update(window=timedelta(minutes=6))
    assert "Out of date" in client.get(page(draft)).content.decode()


def test_a_failed_replay_says_why_and_can_be_repeated(draft: PolicyVersion, now: datetime) -> None:
    client = signed_in(draft.author)
    asked(client, draft, now)
    ReplayRun.objects.update(state="failed", failure="The content of it is <gone>.")
    told = client.get(page(draft)).content.decode()
    assert "failed: The content of it is &lt;gone&gt;." in told
    assert "The replay waits for a worker" in ask(client, draft, now)


NO_PERIODS = (
    {"start": "soon"},
    {"last": ""},
    {"population": "<script>"},
    {"start": "2040-01-01", "last": "2040-02-01"},
    {"start": "2020-01-02", "last": "2020-01-01"},
    {"start": "9999-12-31", "last": "9999-12-31"},
    {"start": "0001-01-01"},
)


def test_a_period_that_cannot_be_is_refused(draft: PolicyVersion, now: datetime) -> None:
    client = signed_in(draft.author)
    for choice in NO_PERIODS:
        asked(client, draft, now, **choice)
        assert not ReplayRun.objects.exists(), choice


def test_readers_see_a_result_but_cannot_ask(draft: PolicyVersion, now: datetime) -> None:
    reader = signed_in(person(roles=("auditor",)))
    assert 'id="replay"' not in reader.get(page(draft)).content.decode()
    asked(signed_in(draft.author), draft, now)
    carry_out(ReplayRun.objects.get().pk, now=now)
    told = reader.get(page(draft)).content.decode()
    assert "Severities changed" in told
    assert "Replay again" not in told
    assert "You may not replay" in ask(reader, draft, now)
    assert ReplayRun.objects.count() == 1
    assert signed_in(person(roles=("stakeholder",))).get(address(draft)).status_code == 404
    assert Client().post(address(draft)).status_code == 302


def test_an_approved_version_keeps_its_replay_without_the_button(draft: PolicyVersion, now: datetime) -> None:
    client = signed_in(draft.author)
    asked(client, draft, now)
    carry_out(ReplayRun.objects.get().pk, now=now)
    make.approve(draft, now=now)
    told = client.get(page(draft)).content.decode()
    assert "Severities changed" in told
    assert "Replay again" not in told


def test_incidents_are_never_touched(draft: PolicyVersion, now: datetime) -> None:
    incident = past(draft, now - timedelta(days=3))
    before = Incident.objects.filter(pk=incident.pk).values().get()
    asked(signed_in(draft.author), draft, now)
    carry_out(ReplayRun.objects.get().pk, now=now)
    assert Incident.objects.filter(pk=incident.pk).values().get() == before


def test_what_the_panel_needs_is_there() -> None:
    assert finders.find("portal/replay.js")
    assert finders.find("portal/replay.css")
