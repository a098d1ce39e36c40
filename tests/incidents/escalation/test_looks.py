"""Every save of a live incident wakes the engine; a wish is never lost, and one that was lost costs a minute."""

from datetime import timedelta

import pytest

from incidents.escalation import looks
from incidents.lifecycle import services as lifecycle
from incidents.models import EscalationLook, Incident

from .conftest import Scene

pytestmark = pytest.mark.django_db


def test_opening_and_changing_an_incident_each_ask_for_one_look(scene: Scene) -> None:
    opened = scene.open()
    assert EscalationLook.objects.get().incident == opened
    EscalationLook.objects.all().delete()
    lifecycle.resolve(opened, actor=None, now=scene.after(1), reason="restarted")
    assert EscalationLook.objects.get().asked_at == scene.after(1)
    lifecycle.reopen(opened, actor=None, now=scene.after(2), reason="it is back")
    assert EscalationLook.objects.get().asked_at == scene.after(2)


def test_what_other_systems_tell_asks_for_none(scene: Scene) -> None:
    Incident.objects.create(number="OLD-1", title="Old", service=scene.service, opened_at=scene.now, origin="imported")
    assert not looks.any_wanted()


def test_the_oldest_wish_comes_first_and_stays_until_it_is_let_go(scene: Scene) -> None:
    late, early = scene.open(), scene.open()
    looks.ask([early.pk], now=scene.now - timedelta(minutes=1))
    assert looks.taken() == [early.pk, late.pk]
    looks.done([early.pk])
    assert looks.taken() == [late.pk]
