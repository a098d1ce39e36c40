"""Separation of duties on pages: found, decided by others than the person, refused at the People page."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.duties.checking import check_duties
from audit.duties.models import DutyException, DutyFinding, DutyPair, day_of
from portal.foundation import clock
from portal.models import User
from tests.factories.portal import person
from tests.policies.admin.forms import as_, form_of, undrawn

pytestmark = pytest.mark.django_db
FINDINGS, PAIRS, EXCEPTIONS = "/admin/audit/dutyfinding/", "/admin/audit/dutypair/", "/admin/audit/dutyexception/"


@pytest.fixture
def ana(db: None) -> User:
    return person("Ana Ruiz", roles=("compliance",))


@pytest.fixture
def finding(db: None) -> DutyFinding:
    person("Tom Berg", roles=("administrator", "approver"))
    check_duties(now=clock.now())
    return DutyFinding.objects.get(pair__right_b="policies.approve_policyversion")


def test_a_finding_goes_from_the_list_to_its_end(ana: User, finding: DutyFinding) -> None:
    client, page = as_(ana), f"{FINDINGS}{finding.pk}/"
    assert "2 open findings" in client.get(FINDINGS).content.decode()
    shown = client.get(f"{page}change/").content.decode()
    assert "Tom Berg may change accounts and give roles (by the role Administrators)" in shown
    assert "Duties that must not meet" in client.get("/admin/").content.decode()
    until = (day_of(clock.now()) + timedelta(days=20)).isoformat()
    client.post(f"{page}do/cover/", {"until": until, "reason": "Until May."})
    assert "Passes until" in client.get(f"{page}change/").content.decode()
    assert "by the role Approvers" in client.get(f"{page}do/remove/").content.decode()
    assert client.post(f"{page}do/remove/", {"which": "7", "reason": "So."}).status_code == 400
    client.post(f"{page}do/remove/", {"which": "1", "reason": "He administers."})
    finding.refresh_from_db()
    assert finding.state == DutyFinding.State.REMOVED


def test_the_person_finds_no_way_to_decide(finding: DutyFinding) -> None:
    tom = finding.person
    tom.groups.add(Group.objects.get(name="Compliance"))
    client, page = as_(tom), f"{FINDINGS}{finding.pk}/"
    shown = client.get(f"{page}change/").content.decode()
    assert "This is about you" in shown
    assert "do/remove" not in shown
    for verb in ("remove", "cover", "judge"):
        assert client.post(f"{page}do/{verb}/", {"which": "0", "until": "2030-01-01", "reason": "Mine."}).status_code == 403


def test_a_pair_is_added_changed_and_retired_on_pages(ana: User) -> None:
    client = as_(ana)
    said = {"right_a": "portal.change_user", "right_b": "incidents.run_drill", "reach": "everywhere", "severity": "low", "why": "So."}
    assert client.post(f"{PAIRS}add/", {**said, "right_a": "no.right", "reason": "Asked."}).status_code == 400
    client.post(f"{PAIRS}add/", {**said, "reason": "Asked by the board."})
    pair = DutyPair.objects.get(right_b="incidents.run_drill")
    assert "Asked" not in client.get(f"{PAIRS}{pair.pk}/change/").content.decode()
    assert "portal.change_user" in client.get(f"{PAIRS}{pair.pk}/do/change/").content.decode()
    client.post(f"{PAIRS}{pair.pk}/do/change/", {**said, "words_a": "give roles", "reason": "Plainer."})
    client.post(f"{PAIRS}{pair.pk}/do/retire/", {"reason": "Over."})
    pair.refresh_from_db()
    assert (pair.words_a, pair.retired_at is None) == ("give roles", False)


def test_an_exception_is_given_before_a_grant_and_ended(ana: User) -> None:
    tom, client = person("Tom Berg"), as_(ana)
    pair = DutyPair.objects.get(right_b="policies.approve_policyversion", reach="everywhere")
    asked = {"person": tom.pk, "pair": pair.pk, "until": day_of(clock.now()).isoformat(), "reason": "A holiday."}
    assert client.post(f"{EXCEPTIONS}add/", asked | {"person": ana.pk}).status_code == 400
    client.post(f"{EXCEPTIONS}add/", asked)
    one = DutyException.objects.get()
    assert "passes up to" in client.get(f"{EXCEPTIONS}{one.pk}/change/").content.decode()
    client.post(f"{EXCEPTIONS}{one.pk}/do/end/", {"reason": "Back."})
    assert DutyException.objects.get().ended_by == ana


def test_the_page_of_a_person_refuses_a_second_duty_in_words_and_keeps_what_was_typed() -> None:
    root = User.objects.create_superuser("root")
    tom = person("Tom Berg", roles=("administrator",))
    client, page = as_(root), f"/admin/portal/user/{tom.pk}/change/"
    groups = list(Group.objects.filter(name__in=["Administrators", "Approvers"]).values_list("pk", flat=True))
    answer = client.post(page, {**form_of(client, page), "groups": groups, "why": "He asked."})
    assert "which must not meet in one person" in answer.content.decode()
    assert {group.name for group in tom.groups.all()} == {"Administrators"}


@pytest.mark.parametrize(("role", "status"), [("compliance", 200), ("auditor", 200), ("administrator", 403), ("manager", 403)])
def test_lists_are_for_compliance_and_auditors(role: str, status: int) -> None:
    client = as_(person("Rae", roles=(role,)))
    with undrawn():
        assert [client.get(address).status_code for address in (FINDINGS, PAIRS, EXCEPTIONS)] == [status] * 3


def test_lists_cost_the_same_however_much_there_is(ana: User, finding: DutyFinding) -> None:
    client = as_(ana)
    few = _queries(client, FINDINGS)
    for number in range(4):
        person(f"More {number}", roles=("administrator", "approver"))
    check_duties(now=clock.now())
    assert _queries(client, FINDINGS) == few


def _queries(client: Client, page: str) -> int:
    client.get(page)
    with CaptureQueriesContext(connection) as counted:
        assert client.get(page).status_code == 200
    return len(counted)
