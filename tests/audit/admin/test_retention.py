"""Periods, holds and removals in the admin: looked at by compliance, decided by two people."""

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.events.services import act
from audit.models import LegalHold, Removal, RetentionPeriod
from audit.retention.carrying_out import carry_out_all
from audit.retention.erasure import ask_erasure
from audit.retention.holds import place_hold
from audit.retention.pruning import ask_pruning
from portal.foundation import clock
from tests.audit.retention.long_ago import happened
from tests.factories.portal import contact, person

pytestmark = pytest.mark.django_db
REMOVALS, HOLDS, PERIODS = ("/admin/audit/removal/", "/admin/audit/legalhold/", "/admin/audit/retentionperiod/")


@pytest.fixture(autouse=True)
def keys_folder(tmp_path: Path, settings: Any) -> None:
    settings.LEDGER_KEYS = str(tmp_path / "keys")


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def ana(db: None) -> Any:
    return person("Ana", roles=("compliance",))


@pytest.fixture
def tom(db: None) -> Any:
    return person("Tom", roles=("compliance",))


def asked(by: Any) -> Removal:
    happened(2)
    return ask_pruning(actor=by, now=clock.now(), reason="Over.")


def test_a_pruning_goes_from_the_question_to_the_end_on_pages(ana: Any, tom: Any) -> None:
    happened(3)
    hers, his = signed_in(ana), signed_in(tom)
    page = hers.get(f"{REMOVALS}prune/").content.decode()
    assert "3 entries are older than the class is kept" in page
    assert "Incidents and escalations" in page
    answer = hers.post(f"{REMOVALS}prune/", {"reason": "Seven years are over."}, follow=True).content.decode()
    assert "asks that 3 entries go" in answer
    assert "You asked for it yourself" in answer
    address = f"{REMOVALS}{Removal.objects.get().pk}/do/approve/"
    assert "cannot be undone" in his.get(address).content.decode()
    assert his.post(address, {"reason": "Looked."}).status_code == 400
    his.post(address, {"reason": "Looked.", "sure": "on"})
    assert carry_out_all(now=clock.now()) == 3
    assert "approved by Tom" in his.get(f"{REMOVALS}{Removal.objects.get().pk}/change/").content.decode()


@pytest.mark.parametrize("is_superuser", [False, True])
def test_who_asked_finds_no_way_to_approve(is_superuser: bool) -> None:
    sue = person("Sue", roles=("compliance",), is_superuser=is_superuser)
    removal, client = asked(sue), signed_in(sue)
    page = f"{REMOVALS}{removal.pk}/"
    assert "Approve: let it go" not in client.get(f"{page}change/").content.decode()
    assert client.post(f"{page}do/approve/", {"reason": "Fine.", "sure": "on"}).status_code == 403
    for path in ("change/", "delete/"):
        client.post(f"{page}{path}", {"approved_by": sue.pk, "approved_at_0": "2026-01-01", "post": "yes"})
    client.post(REMOVALS, {"action": "delete_selected", "_selected_action": [removal.pk], "post": "yes"})
    assert Removal.objects.get().approved_at is None


def test_who_asked_may_withdraw_it(ana: Any) -> None:
    removal = asked(ana)
    signed_in(ana).post(f"{REMOVALS}{removal.pk}/do/close/", {"reason": "Not yet."})
    assert Removal.objects.get().state() == "withdrawn"


def test_a_period_is_changed_on_its_page_and_never_to_less_than_a_year(ana: Any) -> None:
    client, address = signed_in(ana), f"{PERIODS}incidents/do/set/"
    assert "84" in client.get(address).content.decode()
    assert client.post(address, {"months": 11, "reason": "Space."}).status_code == 400
    client.post(address, {"months": 120, "reason": "The regulator asks for ten years."})
    assert RetentionPeriod.objects.get(key="incidents").months == 120
    assert "10 years" in client.get(PERIODS).content.decode()


def test_a_hold_is_placed_and_lifted_on_pages(ana: Any, tom: Any) -> None:
    hers, his = signed_in(ana), signed_in(tom)
    assert hers.post(f"{HOLDS}add/", {"reason": "Matter 7."}).status_code == 400
    assert hers.post(f"{HOLDS}add/", {"held": "nothing", "reason": "Matter 7."}).status_code == 400
    assert "names no object" in hers.post(f"{HOLDS}add/", {"held": "nothing", "reason": "x"}).content.decode()
    with act("user.described", actor=None, now=clock.now(), subject=tom):
        pass
    meant = signed_in(person("Sue", is_superuser=True, roles=("compliance",))).post(f"{HOLDS}add/", {"held": tom.username, "reason": "x"})
    assert f'name="held" value="portal.user:{tom.pk}"' in meant.content.decode()
    hers.post(f"{HOLDS}add/", {"held": f"portal.user:{tom.pk}", "reason": "Matter 7."})
    hold = LegalHold.objects.get()
    assert (hold.object_model, hold.object_pk) == ("portal.user", str(tom.pk))
    assert hers.post(f"{HOLDS}{hold.pk}/do/lift/", {"reason": "Settled."}).status_code == 403
    his.post(f"{HOLDS}{hold.pk}/do/lift/", {"reason": "Settled."})
    assert LegalHold.objects.get().lifted_by == tom


def test_an_erasure_lists_who_names_the_person_and_is_asked_for(ana: Any) -> None:
    left = person("Zoe Marten", username="zoe", is_active=False)
    index = happened(1, years=0, why="<b>Zoe Marten</b> called.")[0]
    client = signed_in(ana)
    assert client.get(f"{REMOVALS}erase/").status_code == 200
    found = client.post(f"{REMOVALS}erase/", {"username": "zoe", "look": "1"}).content.decode()
    assert f"Entry {index:,}" in found
    assert "<b>Zoe" not in found
    sent = {"username": "zoe", "chosen": [index], "reason": "Request 12."}
    assert client.post(f"{REMOVALS}erase/", sent | {"chosen": [index + 1]}).status_code == 400
    assert "names the person" in client.post(f"{REMOVALS}erase/", sent | {"reason": "Zoe Marten asked."}).content.decode()
    answer = client.post(f"{REMOVALS}erase/", sent, follow=True).content.decode()
    assert (Removal.objects.get().subject, Removal.objects.get().entries) == (f"person:{left.pk}", 1)
    assert "called." in answer


@pytest.mark.parametrize("name", ["nobody", "", "x" * 500])
def test_an_account_that_is_not_there_is_said(name: str, ana: Any) -> None:
    assert signed_in(ana).post(f"{REMOVALS}erase/", {"username": name, "look": "1"}).status_code == 400


def test_empty_lists_say_what_belongs_there(ana: Any) -> None:
    client = signed_in(ana)
    assert "Nothing was ever removed" in client.get(REMOVALS).content.decode()
    assert "Nothing is held" in client.get(HOLDS).content.decode()
    assert "Nothing may go" in client.get(f"{REMOVALS}prune/").content.decode()


@pytest.mark.parametrize(("role", "status"), [("compliance", 200), ("auditor", 200), ("responder", 403), ("administrator", 403)])
def test_lists_are_for_compliance_and_auditors(role: str, status: int) -> None:
    client = signed_in(person("Rae", roles=(role,)))
    assert [client.get(address).status_code for address in (REMOVALS, HOLDS, PERIODS)] == [status] * 3


@pytest.mark.parametrize("path", [f"{REMOVALS}prune/", f"{REMOVALS}erase/", f"{HOLDS}add/"])
def test_auditors_ask_for_nothing(path: str) -> None:
    client = signed_in(person("Ida", roles=("auditor",)))
    assert (client.get(path).status_code, client.post(path, {"reason": "x"}).status_code) == (403, 403)


def test_a_hold_says_what_it_keeps_with_it(ana: Any) -> None:
    hold = place_hold(actor=ana, now=clock.now(), reason="Matter 7.", object_model="portal.user", object_pk=str(ana.pk))
    contact(ana)
    page = signed_in(ana).get(f"{HOLDS}{hold.pk}/change/").content.decode()
    assert f"nothing of user {ana.pk} and its parts is pruned" in page
    assert "1 contact point" in page


def test_pages_cost_the_same_however_much_there_is(ana: Any, tom: Any) -> None:
    client, removal = signed_in(ana), asked(tom)
    place_hold(actor=tom, now=clock.now(), reason="Matter 7.", object_model="incidents.incident", object_pk="1")
    pages = [REMOVALS, HOLDS, f"{REMOVALS}{removal.pk}/change/", f"{REMOVALS}prune/"]
    few = [_queries(client, page) for page in pages]
    for number in range(4):
        left = person(f"Left {number}", is_active=False)
        indexes = happened(2, years=0) if number else happened(1)
        ask_erasure(left, actor=tom, now=clock.now(), reason="Request.", chosen=indexes)
        place_hold(actor=tom, now=clock.now(), reason="Matter.", object_model="incidents.incident", object_pk=str(number + 2))
    assert [_queries(client, page) for page in pages] == few


def _queries(client: Client, page: str) -> int:
    client.get(page)
    with CaptureQueriesContext(
        connection,
    ) as counted:
        assert client.get(page).status_code == 200
    return len(counted)


def test_the_work_list_of_the_others_shows_what_waits_for_a_decision(ana: Any, tom: Any) -> None:
    asked(ana)
    assert "Pruning by age" in signed_in(tom).get("/admin/").content.decode()
    assert "Pruning by age" not in signed_in(ana).get("/admin/").content.decode()


def test_the_history_of_a_removal_is_what_the_trail_says_of_it(ana: Any, tom: Any) -> None:
    removal = asked(ana)
    page = signed_in(tom).get(f"{REMOVALS}{removal.pk}/history/", follow=True).content.decode()
    assert "pruning asked" in page
    assert signed_in(person("Abe", roles=("approver",))).get(f"{REMOVALS}{removal.pk}/history/").status_code == 403
