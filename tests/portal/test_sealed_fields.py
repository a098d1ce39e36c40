"""Columns that hold secrets: encrypted where they lie, plain where they are used, sealed anew when the key changes."""

from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import FieldError
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from audit.events.stories import parsed
from audit.models import LedgerEvent
from policies.models import CalendarSource
from portal.foundation.front_door.resealing import reseal, sealed_columns, unreadable
from portal.foundation.many_rows import insert_all
from portal.foundation.outbox.services import queue
from portal.foundation.secrecy import is_old, is_sealed
from portal.models import ContactPoint, OutboxMessage
from tests.factories.portal import contact, person
from tests.untold import untold

pytestmark = pytest.mark.django_db
SECRET = "https://hooks.example.org/T0KEN/s3cret"


def stored(table: str = "portal_contactpoint", column: str = "address") -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table} ORDER BY id")  # noqa: S608
        return [value for (value,) in cursor.fetchall()]


def test_an_address_is_plain_to_us_and_to_nobody_who_reads_the_table() -> None:
    ana = person("Ana Ruiz")
    contact(ana, SECRET)
    insert_all([ContactPoint(person=ana, label="b", channel="webhook", address=SECRET, order=7)])
    ContactPoint.objects.bulk_create([ContactPoint(person=ana, label="c", channel="webhook", address=SECRET, order=8)])
    ContactPoint.objects.filter(order=8).update(address=SECRET)
    assert all(is_sealed(value) and "s3cret" not in value for value in stored())
    assert {point.address for point in ContactPoint.objects.all()} == {SECRET}
    assert ContactPoint.objects.values_list("address", flat=True).first() == SECRET


def test_it_is_found_by_equality_under_every_key_and_by_nothing_else(settings: Any) -> None:
    point = contact(person("Ana Ruiz"), SECRET)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another key " * 5
    assert ContactPoint.objects.get(address=SECRET) == point
    assert not ContactPoint.objects.filter(address="https://hooks.example.org/").exists()
    assert not ContactPoint.objects.filter(address="").exists()
    with pytest.raises(FieldError):
        ContactPoint.objects.filter(address__startswith="https://").exists()


def test_what_is_empty_stays_empty_and_is_found_so() -> None:
    contact(person("Ana Ruiz"), "")
    assert stored() == [""]
    assert ContactPoint.objects.filter(address="").count() == 1


def test_saving_the_same_again_is_no_change() -> None:
    point = contact(person("Ana Ruiz"), SECRET)
    before = stored()
    ContactPoint.objects.get(pk=point.pk).save()
    assert stored() == before


def test_the_columns_that_hold_secrets_are_these() -> None:
    assert {field.purpose for field in sealed_columns()} == {
        "portal.contactpoint.address",
        "policies.calendarsource.address",
        "policies.calendarsource.pending_address",
    }
    assert CalendarSource._meta.get_field("address").max_length == 500


@pytest.mark.django_db(transaction=True)
def test_with_another_key_everything_is_sealed_anew_by_one_command(settings: Any) -> None:
    contact(person("Ana Ruiz"), SECRET)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO portal_contactpoint (person_id, label, channel, address, \"order\", active) SELECT person_id, 'old', 'webhook', %s, 9, active FROM portal_contactpoint",
            [SECRET],
        )
    known = untold()
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another key " * 5
    settings.SECRET_KEY_FALLBACKS = [old]
    out = StringIO()
    call_command("rotate_secrets", stdout=out)
    assert "2 encrypted anew" in out.getvalue()
    assert not any(is_old(value) for value in stored())
    assert untold() == known
    settings.SECRET_KEY_FALLBACKS = []
    assert {point.address for point in ContactPoint.objects.all()} == {SECRET}
    call_command("rotate_secrets", stdout=StringIO())
    (told,) = LedgerEvent.objects.filter(type="secrets.resealed").values_list("payload", flat=True)
    assert parsed(told)["details"] == {"secrets": 2, "unreadable": 0}
    assert "s3cret" not in told


def test_without_the_key_it_is_said_and_nothing_is_lost(settings: Any, client: Client) -> None:
    contact(person("Ana Ruiz"), SECRET)
    assert not unreadable()
    right, settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = settings.SECRET_KEY, "another key " * 5, []
    assert client.get("/health/ready").json()["secrets"] == "failing"
    with pytest.raises(CommandError, match="SECRET_KEY_FALLBACKS"):
        call_command("rotate_secrets", stdout=StringIO())
    settings.SECRET_KEY = right
    assert ContactPoint.objects.get().address == SECRET


def test_a_code_on_its_way_is_sealed(now: Any) -> None:
    ana = person("Ana Ruiz")
    queue(
        kind="contact.code",
        person=ana,
        secret=True,
        subject_ref="x",
        title="t",
        body="Your code is 123456.",
        link="",
        idempotency_key="k",
        now=now,
    )
    message = OutboxMessage.objects.get()
    assert (is_sealed(message.body), message.text) == (True, "Your code is 123456.")
    assert reseal(now=now) == (0, 0)
