"""People keep the ways to themselves true, and cannot lose the last one on duty without saying that they mean it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from audit.models import LedgerEvent
from portal.foundation.contacts import add_contact, change_contact, losing, move, refuse_to_lose, set_rules, switch_off, switch_on
from portal.foundation.directory.on_duty import duties
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.models import ContactPoint, ContactRule, User
from tests.factories.portal import contact, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana() -> User:
    return person("Ana")


@pytest.fixture
def on_call(ana: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(duties._entries, "policies", lambda at: {ana.pk: "On call for Payments"})


def labels(user: User) -> list[str]:
    return [point.label for point in user.contact_points.order_by("order")]


def test_somebody_adds_a_number_as_they_type_it_and_no_trail_holds_it(ana: User, now: datetime) -> None:
    point = add_contact(ana, channel="sms", address="0034 600 123-456", label=" my  telephone ", actor=ana, now=now)
    assert (point.address, point.label, point.order, point.verified_until) == ("+34600123456", "my telephone", 1, None)
    assert LedgerEvent.objects.filter(type="contactpoint.created").count() == 1
    assert "600123456" not in "".join(LedgerEvent.objects.values_list("payload", flat=True))


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"channel": "sms", "address": "600"}, "country code"),
        ({"channel": "pigeon"}, "not known"),
        ({"label": " "}, "name"),
        ({"label": "x" * 81}, "name"),
        ({"address": f"https://example.com/{'x' * 500}"}, "longer than 500"),
        ({"address": "http://127.0.0.1:9/"}, "already"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words(ana: User, now: datetime, given: dict[str, str], problem: str) -> None:
    contact(ana)
    values: dict[str, Any] = {"channel": "webhook", "address": "https://example.com/", "label": "hook", **given}
    with pytest.raises(InvalidInput, match=problem):
        add_contact(ana, **values, actor=ana, now=now)
    assert ana.contact_points.count() == 1


def test_a_list_does_not_grow_without_end(ana: User, now: datetime) -> None:
    ContactPoint.objects.bulk_create(ContactPoint(person=ana, label="x", channel="webhook", address="x", order=n) for n in range(12))
    with pytest.raises(InvalidInput, match="12 contact points already"):
        add_contact(ana, channel="webhook", address="https://example.com/", label="more", actor=ana, now=now)


def test_a_new_address_is_verified_anew_and_a_new_label_is_not(ana: User, now: datetime) -> None:
    point = contact(ana)
    assert change_contact(point, label="pager", actor=ana, now=now).verified(now)
    assert not change_contact(point, label="pager", address="https://example.com/", actor=ana, now=now).verified(now)


def test_contact_points_change_places(ana: User, now: datetime) -> None:
    points = [contact(ana, label=label) for label in "abc"]
    move(points[2], earlier=True, actor=ana, now=now)
    assert labels(ana) == ["a", "c", "b"]
    move(points[0], earlier=False, actor=ana, now=now)
    move(points[1], earlier=False, actor=ana, now=now)
    assert labels(ana) == ["c", "a", "b"]


def test_others_need_the_right(ana: User, now: datetime) -> None:
    point, tom = contact(ana), person("Tom", roles=("manager",))
    for attempt in (
        lambda: add_contact(ana, channel="webhook", address="https://example.com/", label="x", actor=tom, now=now),
        lambda: change_contact(point, label="x", actor=tom, now=now),
        lambda: switch_off(point, actor=tom, now=now),
        lambda: switch_on(point, actor=tom, now=now),
        lambda: move(point, earlier=True, actor=tom, now=now),
        lambda: set_rules(ana, "urgent", [point.pk], actor=tom, now=now),
    ):
        with pytest.raises(NotAllowed):
            attempt()
    ada = person("Ada", roles=("administrator",))
    assert not switch_off(point, actor=ada, now=now, reason="Lost").active


@pytest.mark.usefixtures("on_call")
def test_the_last_verified_way_to_somebody_on_duty_goes_only_when_it_is_meant(ana: User, now: datetime) -> None:
    point = contact(ana)
    contact(ana, verified=False)
    contact(ana, "ana@example.com", channel="email")
    assert losing(point, now).startswith("On call for Payments: this is the last verified contact point of Ana")
    with pytest.raises(WrongState, match="confirm that you mean it"):
        switch_off(point, actor=ana, now=now)
    with pytest.raises(WrongState, match="confirm"):
        change_contact(point, label="phone", address="https://example.com/", actor=ana, now=now)
    assert change_contact(point, label="pager", actor=ana, now=now).active
    assert not switch_off(point, actor=ana, now=now, anyway=True).active
    assert switch_on(point, actor=ana, now=now).active


@pytest.mark.usefixtures("on_call")
@pytest.mark.parametrize("becomes", [{"active": False}, {"address": "https://example.com/"}, {"channel": "apprise"}, {"person": "Tom"}])
def test_a_form_that_saves_by_itself_is_held_to_the_same(ana: User, now: datetime, becomes: dict[str, Any]) -> None:
    point = contact(ana)
    refuse_to_lose(point, now=now)
    for name, value in becomes.items():
        setattr(point, name, person(value) if name == "person" else value)
    with pytest.raises(WrongState, match=r"last verified contact point of Ana.*confirm that you mean it"):
        refuse_to_lose(point, now=now)
    refuse_to_lose(point, now=now, anyway=True)
    refuse_to_lose(ContactPoint(person=ana), now=now)


@pytest.mark.usefixtures("on_call")
def test_with_another_verified_way_nothing_is_lost(ana: User, now: datetime) -> None:
    point = contact(ana)
    contact(ana)
    assert losing(point, now) == ""


def test_off_duty_nothing_is_lost(ana: User, now: datetime) -> None:
    assert losing(contact(ana), now) == ""


def rules(user: User) -> list[tuple[str, str]]:
    return [(rule.urgency, rule.contact.label) for rule in ContactRule.objects.filter(person=user)]


def test_rules_are_set_as_a_whole_and_told_once(ana: User, now: datetime) -> None:
    push, call = contact(ana, label="push"), contact(ana, label="call")
    set_rules(ana, "urgent", [call.pk, push.pk], actor=ana, now=now)
    set_rules(ana, "urgent", [call.pk, push.pk], actor=ana, now=now)
    assert rules(ana) == [("urgent", "call"), ("urgent", "push")]
    set_rules(ana, "urgent", [push.pk], actor=ana, now=now + timedelta(hours=1), reason="Calls woke the children")
    set_rules(ana, "normal", [call.pk], actor=ana, now=now + timedelta(hours=1))
    assert rules(ana) == [("normal", "call"), ("urgent", "push")]
    assert LedgerEvent.objects.filter(type="contactrules.set").count() == 3
    set_rules(ana, "urgent", [], actor=ana, now=now)
    assert rules(ana) == [("normal", "call")]


@pytest.fixture
def ways(ana: User) -> dict[str, int]:
    points = {
        "own": contact(ana),
        "off": contact(ana, active=False),
        "mail": contact(ana, "ana@example.com", channel="email"),
        "strange": contact(person("Tom")),
    }
    return {name: point.pk for name, point in points.items()} | {"gone": 0}


@pytest.mark.parametrize(
    ("urgency", "chosen", "problem"),
    [
        ("urgent", ["strange"], "somebody else"),
        ("urgent", ["gone"], "gone"),
        ("urgent", ["off"], "switched off"),
        ("urgent", ["own", "own"], "twice"),
        ("urgent", ["mail"], "not e-mail"),
        ("soon", ["own"], "urgent or normal"),
    ],
)
def test_rules_that_reach_nobody_are_refused(ana: User, ways: Any, now: datetime, urgency: str, chosen: list[str], problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem):
        set_rules(ana, urgency, [ways[name] for name in chosen], actor=ana, now=now)
    assert not ContactRule.objects.exists()


def test_information_may_go_by_email_alone(ana: User, ways: Any, now: datetime) -> None:
    set_rules(ana, "normal", [ways["mail"]], actor=ana, now=now)
    assert rules(ana) == [("normal", "phone")]
