"""Rules in force and drafts through the API: composed of several policies, made from files, changed one threshold at a time."""

import json
from datetime import timedelta
from typing import Any

import pytest
import yaml
from django.test import TestCase
from guardian.shortcuts import assign_perm

from policies.governance.services import submit_version
from policies.interchange.services import export_version
from policies.models import EscalationPolicy, PolicyVersion
from portal.foundation import clock
from portal.models import User
from tests.factories import policies as make
from tests.factories.full_policies import full_draft
from tests.factories.portal import person
from tests.shared import shared

from .test_policies import address, api_of

pytestmark = pytest.mark.django_db


@shared
def manager() -> User:
    return person("Mia Manager", roles=("manager",))


@shared
def auditor() -> User:
    return person("Ada", roles=("auditor",))


@shared
def wide() -> PolicyVersion:
    """The organisation's policy, in force for a day, with everything that a version can say."""
    made = full_draft(make.policy(scope="global", name="Everywhere"))
    return make.approve(made, now=clock.now() - timedelta(days=1))


def drafts(policy: EscalationPolicy) -> str:
    return f"/api/v1/policies/{policy.pk}/versions/"


def test_the_rules_of_a_service_say_who_supplies_each_part_and_why(wide: PolicyVersion, auditor: User) -> None:
    own = make.in_force(make.service("Cards", key="cards"), now=clock.now() - timedelta(hours=2))
    told = api_of(auditor).get("/api/v1/services/cards/rules/").json()
    parts = {part["part"]: part for part in told["parts"]}
    assert parts["technical track"]["supplier"] == {"version_id": own.pk, "name": str(own), "scope": "service"}
    assert parts["technical track"]["why"] == "the narrowest that says something: one service before the whole organisation"
    assert parts["compliance track"]["supplier"]["name"] == str(wide)
    assert [source["scope"] for source in told["speaking"]] == ["service", "global"]
    assert told["content"]["levels"] == own.content["levels"]  # type: ignore[index]
    assert told["content"]["compliance_levels"] == wide.content["compliance_levels"]  # type: ignore[index]
    assert told["content"]["messages"] == wide.content["messages"]  # type: ignore[index]


def test_the_rules_of_an_earlier_instant_are_those_of_then(wide: PolicyVersion, auditor: User) -> None:
    make.in_force(make.service("Cards", key="cards"), now=clock.now() - timedelta(hours=2))
    before = (clock.now() - timedelta(hours=3)).isoformat()
    told = api_of(auditor).get("/api/v1/services/cards/rules/", {"at": before}).json()
    assert [source["scope"] for source in told["speaking"]] == ["global"]
    assert told["content"]["levels"] == wide.content["levels"]  # type: ignore[index]
    nothing = api_of(auditor).get("/api/v1/services/cards/rules/", {"at": "2001-01-01T00:00:00Z"}).json()
    assert (nothing["parts"], nothing["content"]["levels"]) == ([], [])


def test_who_may_not_read_versions_reads_no_rules(wide: PolicyVersion, auditor: User) -> None:
    service = make.service("Cards", key="cards")
    guest = person("Gus")
    assert api_of(guest).get("/api/v1/services/cards/rules/").status_code == 404
    assign_perm("policies.see_service_incidents", guest, service)
    answer = api_of(guest).get("/api/v1/services/cards/rules/")
    assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")
    assert api_of(guest).get("/api/v1/policies/").json()["results"] == []
    for asked, status in (({"at": "soon"}, 400), ({"when": "now"}, 400)):
        assert api_of(auditor).get("/api/v1/services/cards/rules/", asked).status_code == status


def test_policies_say_what_they_speak_for(wide: PolicyVersion, auditor: User) -> None:
    (told,) = api_of(auditor).get("/api/v1/policies/").json()["results"]
    assert (told["scope"], told["speaks_for"], told["service"], told["tier"]) == ("global", "the whole organisation", None, None)
    assert told["time_zone"] == "UTC"


def test_a_draft_is_made_from_yaml_or_data(wide: PolicyVersion, manager: User) -> None:
    text = export_version(wide).replace("window: 1 h 5 s", "window: 30 min")
    assert text != export_version(wide)
    api = api_of(manager)
    tried = api.post(drafts(wide.policy), {"reason": "Faster", "yaml": text, "dry_run": True}, format="json")
    assert (tried.status_code, tried.json()["version"], tried.json()["against"]) == (200, None, 1)
    assert wide.policy.versions.count() == 1
    content = yaml.safe_load(text)
    made = api.post(drafts(wide.policy), {"reason": "Faster", "content": json.loads(json.dumps(content, default=str))}, format="json")
    assert made.status_code == 201, made.json()
    assert made.json()["changes"] == tried.json()["changes"]
    assert [change["words"] for change in made.json()["changes"]] == ["Level 2 window lowered from 1 h 5 s to 30 min."]
    assert (made.json()["version"]["state"], made.json()["version"]["author"]) == ("draft", "Mia Manager")
    assert made.json()["findings"]
    assert api.post(drafts(wide.policy), {"reason": "Again", "yaml": text}, format="json").status_code == 409


def test_without_content_a_draft_is_a_copy(wide: PolicyVersion, manager: User) -> None:
    made = api_of(manager).post(drafts(wide.policy), {"reason": "To work on"}, format="json").json()
    assert made["version"]["content"] == wide.content


BAD: list[dict[str, Any]] = [
    {},
    {"reason": ""},
    {"reason": "x", "content": []},
    {"reason": "x", "content": None},
    {"reason": "x", "content": {}},
    {"reason": "x", "content": {"format": "escalation-policy/1", "policy": "Other", "scope": "global"}},
    {"reason": "x", "content": {"format": "escalation-policy/1", "policy": "Everywhere", "service": "card-payments"}},
    {"reason": "x", "content": {"a": [[[[[[[[[[[[[[]]]]]]]]]]]]]]}},
    {"reason": "x", "yaml": "a: &x 1\nb: *x"},
    {"reason": "x", "yaml": "\u0000"},
    {"reason": "x", "yaml": "format: escalation-policy/1", "content": {}},
    {"reason": "x", "dry_run": True},
    {"reason": "x", "state": "approved"},
]


@pytest.mark.parametrize("body", BAD, ids=[json.dumps(body)[:50] for body in BAD])
def test_what_is_no_draft_is_refused_in_words(wide: PolicyVersion, manager: User, body: dict[str, Any]) -> None:
    answer = api_of(manager).post(drafts(wide.policy), body, format="json")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert wide.policy.versions.count() == 1


@pytest.mark.parametrize("role", ["responder", "approver", "auditor"])
def test_readers_make_no_drafts(wide: PolicyVersion, role: str) -> None:
    api = api_of(person("Reader", roles=(role,)))
    for body in ({"reason": "x"}, {"reason": "x", "yaml": export_version(wide)}):
        assert api.post(drafts(wide.policy), body, format="json").status_code == 403


def test_one_threshold_of_a_draft_is_changed(wide: PolicyVersion, manager: User) -> None:
    draft = make.draft(wide.policy, author=manager)
    change = {"name": "Orders pile up", "reason": "Too late", "severity": "SEV1", "conditions": [{"place": 1, "value": "400"}]}
    told = api_of(manager).patch(address(draft, "thresholds"), change, format="json")
    assert told.status_code == 200, told.json()
    (rule,) = [rule for rule in told.json()["content"]["thresholds"] if rule["name"] == "Orders pile up"]
    assert (rule["severity"], rule["criteria"][0]["value"], rule["criteria"][0]["window_seconds"]) == ("SEV1", "400", 600)
    assert draft.policy.versions.count() == 2


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, 400),
        ({"name": "Orders pile up"}, 400),
        ({"name": "None", "reason": "x"}, 404),
        ({"name": "Orders pile up", "reason": "x"}, 400),
        ({"name": "Orders pile up", "reason": "x", "severity": "SEV9"}, 400),
        ({"name": "Orders pile up", "reason": "x", "conditions": [{"place": 9, "value": 1}]}, 404),
        ({"name": "Orders pile up", "reason": "x", "conditions": [{"place": 1, "value": "NaN"}]}, 400),
        ({"name": "Orders pile up", "reason": "x", "conditions": [{"place": 1, "measure": "latency_ms"}]}, 400),
    ],
)
def test_a_change_that_cannot_be_is_refused(wide: PolicyVersion, manager: User, change: dict[str, Any], status: int) -> None:
    draft = make.draft(wide.policy, author=manager)
    answer = api_of(manager).patch(address(draft, "thresholds"), change, format="json")
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")


def test_nothing_of_a_frozen_version_is_changed(wide: PolicyVersion, manager: User) -> None:
    change = {"name": "Orders pile up", "reason": "Too late", "severity": "SEV1"}
    assert api_of(manager).patch(address(wide, "thresholds"), change, format="json").status_code == 409
    assert wide.policy.versions.count() == 1
    draft = make.draft(wide.policy, author=manager)
    submit_version(draft, actor=manager, now=clock.now(), accepted="Known")
    assert api_of(manager).patch(address(draft, "thresholds"), change, format="json").status_code == 409
    for reader in ("approver", "auditor"):
        assert api_of(person("Reader", roles=(reader,))).patch(address(draft, "thresholds"), change, format="json").status_code in (
            403,
            409,
        )


def test_the_answer_says_how_many_approvals_are_missing(manager: User) -> None:
    first = make.in_force(make.service("Critical", key="critical", tier=None), now=clock.now() - timedelta(days=1))
    draft = make.draft(first.policy, author=manager, now=clock.now())
    draft.levels.update(window=timedelta(minutes=30))
    for name in ("Abe", "Bea"):
        person(name, roles=("approver",), date_joined=clock.now() - timedelta(days=30))
    first.policy.service.tier = 1  # type: ignore[union-attr]
    first.policy.service.save()  # type: ignore[union-attr]
    sent = api_of(manager).post(address(draft, "submit"), {"accepted": "Known"}, format="json").json()
    assert (sent["approvals_needed"], sent["approvals_missing"]) == (2, 2)
    one, two = User.objects.filter(display_name__in=("Abe", "Bea")).order_by("pk")
    half = api_of(one).post(address(draft, "approve"), {"reason": "Agreed"}, format="json").json()
    assert (half["state"], half["approvals_missing"]) == ("submitted", 1)
    assert api_of(one).post(address(draft, "approve"), {"reason": "Twice"}, format="json").status_code == 409
    done = api_of(two).post(address(draft, "approve"), {"reason": "Agreed"}, format="json").json()
    assert (done["state"], done["approvals_missing"]) == ("approved", 0)


def test_the_rules_take_the_same_queries_however_much_they_say(wide: PolicyVersion, auditor: User) -> None:
    make.service("Cards", key="cards")
    api = api_of(auditor)
    api.get("/api/v1/services/cards/rules/")
    with TestCase().assertNumQueries(2):
        api.get("/api/v1/services/cards/rules/")
