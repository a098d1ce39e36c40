"""The demo organisation: seeded once, through the services, with a past and something going on."""

import socket
from io import StringIO

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from audit.models import LedgerEvent
from incidents.models import ChangeFreeze, EscalationRun, EscalationStep, Feedback, Incident
from policies.models import CoverageFinding, CoverageRun, PolicyVersion, Service
from portal.demo import past
from portal.demo.organisation import SIGN_INS
from portal.foundation import clock
from portal.foundation.errors import Conflict
from portal.models import ContactPoint, OutboxMessage, User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def phone_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def test_the_demo_shows_the_whole_job(phone_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a short past, and a password of its own; the whole one, with a password given: tests/journeys/test_one_command.py."""
    monkeypatch.setattr(past, "INCIDENTS", 2)
    Group.objects.all().delete()  # as after a bare migrate
    said = StringIO()
    call_command("demo", phone_port=phone_port, stdout=said)

    password = said.getvalue().split("Password")[1].split()[0]
    assert said.getvalue().count(password) == 1
    assert [name for name in SIGN_INS if authenticate(username=name, password=password) is None] == []
    assert Service.objects.filter(regulated=True).count() == 4
    assert sorted(PolicyVersion.objects.values_list("state", flat=True)) == ["approved", "approved", "approved", "submitted"]
    assert Incident.objects.filter(state__in=["new", "in_progress"]).count() == 2
    assert Incident.objects.filter(state__in=["resolved", "closed"]).count() == 2
    assert EscalationStep.objects.filter(action="paged").exists()
    assert set(OutboxMessage.objects.values_list("state", flat=True)) <= {"delivered", "cancelled"}
    assert LedgerEvent.objects.filter(type="policy_version.approved").count() == 3
    assert not EscalationRun.objects.filter(state="exhausted").exists()
    assert {heard.incident.is_live for heard in Feedback.objects.select_related("incident")} == {False}
    assert Feedback.objects.filter(satisfaction__isnull=False).exists()
    assert [freeze.over_at < clock.now() for freeze in ChangeFreeze.objects.filter(covers="everything")] == [True]
    assert [run.state for run in CoverageRun.objects.all()] == ["done"]
    assert CoverageFinding.objects.exists(), "the leave without a stand-in"

    the_phones_move_with_their_port(phone_port + 1)
    a_second_seed_is_refused()


def test_phones_that_cannot_listen_are_said_and_nothing_is_seeded(phone_port: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", phone_port))
        taken.listen()
        with pytest.raises(Conflict, match=f"cannot listen on port {phone_port}"):
            call_command("demo", phone_port=phone_port, stdout=StringIO())
    assert not User.objects.exists()
    with pytest.raises(Conflict, match="cannot listen on port 65536"):
        past.live_through(clock.now(), 65_536)


def the_phones_move_with_their_port(port: int) -> None:
    mine = ContactPoint.objects.create(
        person=User.objects.get(username="admin"), label="own", channel="webhook", address="http://127.0.0.1:9/my/phone", order=9
    )
    call_command("demo", phone_port=port, only_phones=True)
    mine.refresh_from_db()
    assert mine.address == "http://127.0.0.1:9/my/phone"
    assert ContactPoint.objects.get(person__username="responder").address == f"http://127.0.0.1:{port}/phones/responder"


def a_second_seed_is_refused() -> None:
    people = User.objects.count()
    with pytest.raises(CommandError, match="only for an empty one"):
        call_command("demo")
    assert User.objects.count() == people
