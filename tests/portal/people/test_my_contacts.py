"""Everybody keeps their own ways to be reached on one page; others only as far as their rights go."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from portal.foundation import clock
from portal.foundation.directory.on_duty import duties
from portal.models import Availability, ContactCode, ContactPoint, ContactRule, OutboxMessage, User
from tests.factories.portal import contact, person

pytestmark = pytest.mark.django_db
MINE = "/admin/portal/contactpoint/mine/"


@pytest.fixture
def ana() -> User:
    return person("Ana", roles=("stakeholder",), time_zone="Europe/Madrid")


@pytest.fixture
def page(ana: User) -> Any:
    client = Client()
    client.force_login(ana)

    def ask(do: str = "", **data: Any) -> Any:
        return client.post(MINE, {"do": do, **data}, follow=True) if do else client.get(MINE)

    return ask


def words(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_somebody_without_any_right_adds_verifies_and_orders_their_ways(page: Any, ana: User) -> None:
    assert "No alert can reach you." in words(page())
    assert "Added." in words(page("add", channel="webhook", address="http://127.0.0.1:9/s3cret", label="push"))
    page("add", channel="webhook", address="http://127.0.0.1:9/other", label="chat")
    push, chat = ana.contact_points.order_by("order")
    sent = page("send", contact=push.pk)
    assert "The six digits that arrived" in words(sent)
    code = "".join(letter for letter in OutboxMessage.objects.get().text.split(".")[0] if letter.isdigit())
    assert "Verified: messages arrive here." in words(page("confirm", contact=push.pk, code=code))
    page("later", contact=push.pk)
    page("rules", **{"urgent-0": push.pk, "urgent-1": chat.pk})
    assert [rule.contact for rule in ContactRule.objects.all()] == [push, chat]
    shown = words(page())
    assert "Alerts reach you: chat and push. 1 of 2 verified." in shown
    assert "s3cret" not in shown
    assert "Saved." in words(page("about", skills="databases, , cards", languages="en, pt-BR"))
    ana.refresh_from_db()
    assert (ana.skills, ana.languages) == ("databases, cards", "en, pt-BR")


@pytest.mark.parametrize(
    ("do", "data", "status", "problem"),
    [
        ("add", {"channel": "sms", "address": "600123456", "label": "phone"}, 400, "The country code is missing."),
        ("add", {"channel": "pigeon", "address": "x", "label": "x"}, 400, "Select a valid choice"),
        ("add", {}, 400, "This field is required"),
        ("send", {"contact": "999999"}, 400, "not there any more"),
        ("send", {"contact": "1e9"}, 400, "not there any more"),
        ("confirm", {"contact": "own", "code": "000000"}, 409, "No code is waiting"),
        ("rules", {"urgent-0": "own", "urgent-1": "own"}, 400, "twice"),
        ("busy", {"spell": "at"}, 400, "Give the time"),
        ("busy", {"until": "2020-01-01T00:00"}, 400, "already over"),
        ("busy", {"until": "soon"}, 400, "valid date"),
        ("about", {"languages": "Klingon"}, 400, "no language code"),
        ("delete", {}, 404, ""),
        ("change", {"contact": "own", "label": "x", "address": "\x00"}, 400, "Null characters"),
    ],
)
def test_what_cannot_be_done_is_said_beside_what_was_typed(
    page: Any, ana: User, do: str, data: dict[str, str], status: int, problem: str
) -> None:
    own = contact(ana)
    contact(ana, label="second")
    typed = {name: str(own.pk) if value == "own" else value for name, value in data.items()}
    answer = page(do, **typed)
    assert (answer.status_code, problem in answer.content.decode()) == (status, True)
    assert not ContactRule.objects.exists()
    assert not Availability.objects.exists()
    own.refresh_from_db()
    assert (own.label, own.address) == ("phone", "http://127.0.0.1:9/")


def test_what_is_said_of_oneself_counts_in_ones_own_time_zone_and_is_taken_back(page: Any, ana: User) -> None:
    tomorrow = clock.now() + timedelta(days=1)
    assert "You are away now." in words(page("away", until=f"{tomorrow:%Y-%m-%d}T12:00"))
    until: Any = Availability.objects.get().until
    assert until.utcoffset() == timedelta(0)
    assert until.hour in {10, 11}
    assert "You are <strong>away</strong> until" in words(page())
    assert "You are <strong>busy</strong> until" in words(page("busy", spell="60"))
    assert "You are <strong>available</strong>" in words(page("clear"))


def test_nobody_touches_the_contact_points_of_others_without_the_right(page: Any, ana: User) -> None:
    theirs = contact(person("Tom"))
    assert page("off", contact=theirs.pk).status_code == 400
    client = Client()
    client.force_login(ana)
    assert client.get(f"/admin/portal/contactpoint/of/{theirs.person_id}/").status_code == 403
    theirs.refresh_from_db()
    assert theirs.active


def test_a_manager_says_that_somebody_is_away_and_sees_no_address(ana: User) -> None:
    point = contact(ana, "https://receiver.example/s3cret")
    client = Client()
    client.force_login(person("Max", roles=("manager",)))
    address = f"/admin/portal/contactpoint/of/{ana.pk}/"
    shown = words(client.get(address))
    assert "receiver.example" not in shown
    assert "Switch off" not in shown
    assert client.post(address, {"do": "off", "contact": point.pk}).status_code == 403
    assert client.post(address, {"do": "away", "spell": "60", "reason": "Ill"}).status_code == 302
    assert Availability.objects.get().made_by.display_name == "Max"  # type: ignore[union-attr]
    assert client.get("/admin/portal/contactpoint/of/999999/").status_code == 404


def test_the_last_verified_way_on_duty_asks_twice(page: Any, ana: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(duties._entries, "policies", lambda at: {ana.pk: "On call for Payments"})
    point = contact(ana)
    assert "On call for Payments: this is the last verified contact point" in words(page())
    assert page("off", contact=point.pk).status_code == 409
    assert ContactPoint.objects.get().active
    assert page("off", contact=point.pk, anyway="yes").status_code == 200
    assert not ContactPoint.objects.get().active


def test_a_telephone_that_cannot_be_called_says_so(page: Any, ana: User) -> None:
    contact(ana, "+34600123456", channel="sms", label="telephone")
    shown = words(page())
    assert "+34 *** ** 56" in shown
    assert "not set up on this installation" in shown
    assert "No alert can reach you." in shown


def test_more_contact_points_cost_no_more_queries(page: Any, ana: User, django_assert_max_num_queries: Any) -> None:
    for number in range(2):
        ContactCode.objects.create(contact=contact(ana, label=str(number)), code_hash="x", sent_at=clock.now(), expires_at=clock.now())
    page()
    with django_assert_max_num_queries(40) as few:
        page()
    for number in range(4):
        contact(ana, label=str(number))
    with django_assert_max_num_queries(len(few.captured_queries)):
        page()
