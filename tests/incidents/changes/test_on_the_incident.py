"""While changes to an incident's service are frozen, its page says so."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from incidents.changes.freezing import lift_freeze
from incidents.escalation.services import resolve
from policies.models import BusinessUnit
from portal.foundation import clock
from portal.foundation.access.grants import grant
from tests.factories.changes import freeze
from tests.factories.incidents import incident, service
from tests.factories.portal import person

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def signed_in(actor: Any) -> Client:
    client = Client()
    client.force_login(actor)
    return client


def lines(client: Client, down: Any, door: str = "change") -> list[str]:
    shown = client.get(reverse(f"admin:incidents_incident_{door}", args=[down.pk])).content.decode()
    return [part.partition("</p>")[0] for part in shown.split('class="inc-frozen">')[1:]]


def test_a_freeze_of_the_service_its_unit_or_everything_stands_there_until_it_is_over() -> None:
    now, bank = clock.now(), BusinessUnit.objects.create(name="Bank")
    shop = service("<b>Shop</b>", business_unit=BusinessUnit.objects.create(name="Retail", part_of=bank))
    other = service("Other", business_unit=BusinessUnit.objects.create(name="Elsewhere"))
    down, client = incident(now, service=shop), signed_in(person("Ana", roles=("responder",)))
    freeze(other, now=now, ends_at=now + HOUR)
    freeze(now=now, covers="unit", unit=other.business_unit, ends_at=now + HOUR)
    assert lines(client, down) == []
    mine = freeze(shop, other, now=now, ends_at=now + HOUR)
    freeze(now=now, covers="unit", unit=bank, ends_at=now + HOUR)
    freeze(now=now, covers="everything", ends_at=now + HOUR)
    freeze(shop, now=now, begins_at=now + HOUR, ends_at=now + 2 * HOUR)
    shown = lines(client, down)
    assert len(shown) == 3
    assert f'Changes to &lt;b&gt;Shop&lt;/b&gt; are <a href="/admin/incidents/changefreeze/{mine.pk}/change/">frozen</a> until ' in shown[0]
    lift_freeze(mine, actor=person("Lia", roles=("commander",)), now=clock.now(), reason="It is stable.")
    assert len(lines(client, down)) == 2
    resolve(down, actor=person("Rob", roles=("responder",)), now=clock.now(), reason="Restarted.")
    assert lines(client, down) == []


def test_the_part_of_the_page_that_keeps_itself_current_changes_when_a_freeze_does() -> None:
    now, shop = clock.now(), service("Shop")
    down, client = incident(now, service=shop), signed_in(person("Ana", roles=("responder",)))
    live = reverse("admin:incidents_incident_live", args=[down.pk])
    before = client.get(live).headers["ETag"]
    assert client.get(live, headers={"If-None-Match": before}).status_code == 304
    freeze(shop, now=now, ends_at=now + HOUR)
    assert client.get(live, headers={"If-None-Match": before}).status_code == 200
    assert len(lines(client, down, "live")) == 1


def test_whoever_may_not_see_freezes_reads_nothing_of_them() -> None:
    now, shop, guest = clock.now(), service("Shop"), person("Guest", is_staff=True)
    down = incident(now, service=shop)
    grant("incidents.view_incident", guest, down)
    freeze(shop, now=now, ends_at=now + HOUR)
    assert lines(signed_in(guest), down) == []


def test_the_page_asks_as_often_however_many_freezes_hold() -> None:
    now, unit = clock.now(), BusinessUnit.objects.create(name="Bank")
    shop = service("Shop", business_unit=unit)
    down, client = incident(now, service=shop), signed_in(person("Ana", roles=("responder",)))

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            lines(client, down)
        return len(caught)

    freeze(now=now, covers="unit", unit=unit, ends_at=now + HOUR)
    queries()
    few = queries()
    for _ in range(5):
        freeze(now=now, covers="unit", unit=unit, ends_at=now + HOUR)
        freeze(shop, now=now, ends_at=now + HOUR)
    assert queries() == few
