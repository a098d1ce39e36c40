"""Policies and their versions through the API: the same rules as everywhere, answered as problem documents."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import TestCase
from rest_framework.test import APIClient

from policies.governance.services import submit_version, withdraw_version
from policies.models import Approval, PolicyVersion
from portal.foundation import clock
from portal.models import User
from tests.factories import policies as make
from tests.factories.portal import person
from tests.shared import shared

pytestmark = pytest.mark.django_db


def api_of(who: User) -> APIClient:
    api = APIClient(raise_request_exception=False)
    api.force_authenticate(who)
    return api


def address(version: PolicyVersion, verb: str = "") -> str:
    return f"/api/v1/policies/{version.policy_id}/versions/{version.number}/{f'{verb}/' if verb else ''}"


@shared
def manager() -> User:
    return person("Mia Manager", roles=("manager",))


@shared
def approver() -> User:
    return person("Abe Approver", roles=("approver",))


@shared
def draft(manager: User) -> PolicyVersion:
    """Version 2 of a policy whose version 1 is in force; its window is longer."""
    first = make.in_force(make.service(key="card-payments"), now=clock.now() - timedelta(days=1))
    version = make.draft(first.policy, author=manager, reason="Longer windows", now=clock.now())
    version.levels.update(window=timedelta(minutes=30))
    return version


def test_policies_are_listed_with_where_they_stand(draft: PolicyVersion, approver: User) -> None:
    (told,) = api_of(approver).get("/api/v1/policies/").json()["results"]
    assert (told["service"], told["version_in_force"], told["open_version"]) == ("card-payments", 1, 2)
    assert api_of(approver).get(f"/api/v1/policies/{draft.policy_id}/").json() == told


def test_the_list_takes_the_same_few_queries_however_long_it_is(draft: PolicyVersion, approver: User) -> None:
    for _ in range(4):
        make.in_force(now=clock.now())
    with TestCase().assertNumQueries(3):
        assert api_of(approver).get("/api/v1/policies/").json()["count"] == 5


def test_versions_are_read_with_their_content_and_decisions(draft: PolicyVersion, approver: User) -> None:
    api = api_of(approver)
    second, first = api.get(f"/api/v1/policies/{draft.policy_id}/versions/").json()["results"]
    assert (second["phase"], first["phase"]) == ("draft", "in force")
    assert (second["author"], second["change_reason"], second["content_sha256"]) == ("Mia Manager", "Longer windows", "")
    assert (first["approvals"][0]["decided_by"], first["approvals"][0]["reason"]) == ("Approver", "Agreed")
    assert "content" not in first
    told = api.get(address(draft)).json()
    assert told["content"]["levels"][0]["window_seconds"] == 1800


def test_a_version_goes_its_way_through_the_api(draft: PolicyVersion, manager: User, approver: User) -> None:
    sent = api_of(manager).post(address(draft, "submit"), {"accepted": "Known"}, format="json").json()
    assert sent["warnings_accepted"] == "Known"
    assert (sent["state"], sent["submitted_by"]) == ("submitted", "Mia Manager")
    back = api_of(approver).post(address(draft, "send-back"), {"reason": "Why thirty?"}, format="json").json()
    assert (back["state"], back["approvals"][0]["reason"]) == ("draft", "Why thirty?")
    again = api_of(manager).post(address(draft, "submit"), {"reason": "Measured", "accepted": "Known"}, format="json").json()
    agreed = {"reason": "Agreed", "content_sha256": again["content_sha256"]}
    told = api_of(approver).post(address(draft, "approve"), agreed, format="json")
    assert (told.status_code, told.json()["phase"]) == (200, "in force")
    assert api_of(approver).get(f"/api/v1/policies/{draft.policy_id}/version-in-force/").json()["number"] == 2


@pytest.mark.parametrize("superuser", [False, True])
def test_an_author_cannot_decide(superuser: bool) -> None:
    both = person("Both", roles=("manager", "approver"), is_superuser=superuser)
    version = make.draft(author=both)
    make.level(version, 1, person("On call"))
    submit_version(version, actor=both, now=clock.now(), accepted="Known")
    for verb in ("approve", "send-back"):
        answer = api_of(both).post(address(version, verb), {"reason": "Mine"}, format="json")
        assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")
        assert "nobody approves their own change" in answer.json()["detail"]
    assert not Approval.objects.exists()


@pytest.mark.parametrize(
    "body", [{}, {"reason": ""}, {"reason": "  "}, {"reason": None}, {"reason": 5}, {"reason": "x" * 2_001}, [], "yes"]
)
@pytest.mark.parametrize("verb", ["approve", "send-back"])
def test_a_decision_needs_words(draft: PolicyVersion, manager: User, approver: User, verb: str, body: Any) -> None:
    submit_version(draft, actor=manager, now=clock.now(), accepted="Known")
    answer = api_of(approver).post(address(draft, verb), body, format="json")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert Approval.objects.count() == 1


@pytest.mark.parametrize("verb", ["submit", "approve", "send-back"])
def test_fields_that_are_results_are_refused(draft: PolicyVersion, manager: User, approver: User, verb: str) -> None:
    for extra in ({"state": "approved"}, {"author": 1}, {"effective_from": "2020-01-01T00:00:00Z"}, {"__proto__": 1}):
        answer = api_of(approver).post(address(draft, verb), {"reason": "x", **extra}, format="json")
        assert answer.status_code == 400
        assert "Unknown field" in answer.json()["errors"][0]["problem"]


@pytest.mark.parametrize("verb", ["approve", "send-back"])
def test_what_does_not_wait_cannot_be_decided(draft: PolicyVersion, approver: User, verb: str) -> None:
    answer = api_of(approver).post(address(draft, verb), {"reason": "Agreed"}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")


def test_what_is_submitted_cannot_be_submitted_again(draft: PolicyVersion, manager: User) -> None:
    assert api_of(manager).post(address(draft, "submit"), {"accepted": "Known"}, format="json").status_code == 200
    assert api_of(manager).post(address(draft, "submit"), {"accepted": "Known"}, format="json").status_code == 409


def test_warnings_need_a_word_here_too(draft: PolicyVersion, manager: User) -> None:
    answer = api_of(manager).post(address(draft, "submit"), {"accepted": " "}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
    assert "rests on one person" in answer.json()["detail"]
    assert PolicyVersion.objects.get(pk=draft.pk).state == "draft"


def test_an_approval_of_what_was_read_does_not_approve_what_came_after(draft: PolicyVersion, manager: User, approver: User) -> None:
    read = submit_version(draft, actor=manager, now=clock.now(), accepted="Known").content_sha256
    withdraw_version(draft, actor=manager, now=clock.now(), reason="One more thing")
    draft.levels.update(window=timedelta(hours=3))
    submit_version(draft, actor=manager, now=clock.now(), accepted="Known")
    answer = api_of(approver).post(address(draft, "approve"), {"reason": "Agreed", "content_sha256": read}, format="json")
    assert (answer.status_code, Approval.objects.count()) == (409, 1)


def test_an_incomplete_draft_is_refused_with_every_reason(manager: User) -> None:
    answer = api_of(manager).post(address(make.draft(author=manager), "submit"), {}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")


@pytest.mark.parametrize(
    ("role", "verb"), [("auditor", "approve"), ("responder", "submit"), ("manager", "approve"), ("approver", "submit")]
)
def test_reading_is_not_deciding(draft: PolicyVersion, role: str, verb: str) -> None:
    answer = api_of(person("Reader", roles=(role,))).post(address(draft, verb), {"reason": "x"}, format="json")
    assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")


def test_what_is_out_of_reach_does_not_exist(draft: PolicyVersion, approver: User) -> None:
    outsider, policy = api_of(person("Grace", roles=("stakeholder",))), f"/api/v1/policies/{draft.policy_id}/"
    assert outsider.get("/api/v1/policies/").json()["results"] == []
    for one in (policy, f"{policy}versions/", address(draft), f"{policy}compare/?from=1&to=2"):
        assert outsider.get(one).status_code == 404
    for verb in ("submit", "approve", "send-back"):
        assert outsider.post(address(draft, verb), {"reason": "x"}, format="json").status_code == 404
    for one in (
        "999999999999999/",
        f"{draft.policy_id}/versions/9/",
        f"{draft.policy_id}/versions/999999999/",
        "999999999999999/versions/1/",
    ):
        answer = api_of(approver).get(f"/api/v1/policies/{one}")
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert APIClient().get(address(draft)).status_code == 401


def test_two_versions_are_compared_in_words_with_who_decided(draft: PolicyVersion, approver: User) -> None:
    told = api_of(approver).get(f"/api/v1/policies/{draft.policy_id}/compare/", {"from": 1, "to": 2}).json()
    assert told["differences"] == ["Level 1 window raised from 15 min to 30 min."]
    (change,) = told["changes"]
    assert (change["section"], change["place"], change["field"]) == ("Technical track", "Level 1", "window")
    assert (change["before"], change["after"]) == ("15 min", "30 min")
    assert [deed["what"] for deed in told["before_deeds"]] == ["drafted", "submitted", "approved"]
    assert [deed["who"] for deed in told["after_deeds"]] == ["Mia Manager"]
    in_force = api_of(approver).get(f"/api/v1/policies/{draft.policy_id}/compare/", {"from": "in-force", "to": 2}).json()
    assert (in_force["before"]["number"], in_force["changes"]) == (1, told["changes"])
    assert (told["before"]["approvals"][0]["reason"], told["after"]["phase"]) == ("Agreed", "draft")
    assert api_of(approver).get(f"/api/v1/policies/{draft.policy_id}/compare/", {"from": 2, "to": 2}).json()["differences"] == []


@pytest.mark.parametrize(
    ("asked", "status"),
    [({}, 400), ({"from": 1}, 400), ({"from": "one", "to": 2}, 400), ({"from": 1, "to": "٢"}, 400), ({"from": 1, "to": "9" * 30}, 400),
     ({"from": 1, "to": 2, "with": 3}, 400), ({"from": 1, "to": 7}, 404), ({"from": "\x00", "to": 2}, 400)],
)  # fmt: skip
def test_a_comparison_that_means_nothing_is_refused(draft: PolicyVersion, approver: User, asked: dict[str, Any], status: int) -> None:
    answer = api_of(approver).get(f"/api/v1/policies/{draft.policy_id}/compare/", asked)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")


def test_the_same_approval_sent_again_acts_once(draft: PolicyVersion, manager: User, approver: User) -> None:
    submit_version(draft, actor=manager, now=clock.now(), accepted="Known")
    api, words = api_of(approver), {"reason": "Agreed"}
    first = api.post(address(draft, "approve"), words, format="json", headers={"Idempotency-Key": "one"})
    again = api.post(address(draft, "approve"), words, format="json", headers={"Idempotency-Key": "one"})
    assert (first.status_code, again.status_code, again["Idempotency-Replayed"]) == (200, 200, "true")
    assert Approval.objects.filter(version=draft).count() == 1
