"""Plans of log reviews over the API: made, changed and retired by the services of their page, by whoever may there."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from rest_framework.test import APIClient

from audit.models import LedgerEvent, ReviewPlan, SavedView
from portal.foundation import clock
from tests.factories import log_reviews as make
from tests.factories.log_reviews import MONDAY
from tests.factories.portal import person
from tests.factories.tokens import token_of
from tests.policies.admin.forms import as_

pytestmark = pytest.mark.django_db
PLANS, VIEWS = "/api/v1/log-reviews/plans/", "/api/v1/log-reviews/views/"


@pytest.fixture
def rita(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Any) -> Any:
    settings.LEDGER_KEYS = str(tmp_path / "keys")
    monkeypatch.setattr(clock, "now", lambda: MONDAY)
    return make.reviewer("Rita", username="rita")


def body(of: SavedView, **more: Any) -> dict[str, Any]:
    return {"name": "Daily", "view": of.pk, "first_day": "2026-03-01", "reason": "PCI DSS 10.4", **more}


def post(client: Client, asked: Any, address: str = PLANS, **headers: str) -> Any:
    return client.post(address, asked, content_type="application/json", headers=headers)


def patch(client: Client, plan: Any, **asked: Any) -> Any:
    return client.patch(f"{PLANS}{plan}/", {"reason": "As agreed", **asked}, content_type="application/json")


def wrong(answer: Any) -> dict[str, str]:
    assert answer.status_code == 400, answer.content
    return {each["field"]: each["problem"] for each in answer.json()["errors"]}


def test_a_plan_is_made_for_a_shared_view_changed_and_retired(rita: Any) -> None:
    make.reviewer("Sam", username="sam")
    client, view = as_(rita), make.of_incidents(rita)
    [listed] = client.get(VIEWS).json()["results"]
    assert listed == {"id": view.pk, "name": view.name, "purpose": "", "owner": "rita", "version": 1}

    sampled = {"selection": "random", "number": 20, "always": ["access.denied"], "rationale": "By the risk analysis"}
    answer = post(client, body(view, rhythm="weekly", reviewers=["sam"], group="Compliance", tell=["rita"], **sampled))
    made = answer.json()
    plan = ReviewPlan.objects.get()
    assert (answer.status_code, answer["Location"]) == (201, f"{PLANS}{plan.pk}/")
    assert made == client.get(answer["Location"]).json()
    assert made["how_much"] == "20 entries at random, and every entry of type access.denied"
    told = {name: made[name] for name in ("rhythm", "time_zone", "reviewers", "group", "tell", "owner", "second_signature", "due_within")}
    assert told == {
        "rhythm": "weekly",
        "time_zone": "UTC",
        "reviewers": ["sam"],
        "group": "Compliance",
        "tell": ["rita"],
        "owner": "rita",
        "second_signature": True,
        "due_within": 1,
    }
    # What is read can be sent back but for what it is by itself.
    kept = {name: value for name, value in made.items() if name not in ("id", "url", "state", "view_name", "how_much")}
    events = LedgerEvent.objects.filter(type__startswith="log_review.plan").count()
    assert (patch(client, plan.pk, **kept).json(), LedgerEvent.objects.filter(type__startswith="log_review.plan").count()) == (made, events)

    changed = patch(client, plan.pk, selection="all", number=0, always=[], reviewers=[], group=None, owner="sam").json()
    assert (changed["how_much"], changed["reviewers"], changed["group"], changed["owner"]) == ("every entry", [], None, "sam")
    assert changed["tell"] == ["rita"]
    assert plan.history.first().history_change_reason == "As agreed"
    assert post(client, {"reason": "Another"}, f"{PLANS}{plan.pk}/retire/").json()["state"] == "retired"
    assert patch(client, plan.pk, due_within=3).status_code == 409


def test_the_same_sent_again_makes_one_plan(rita: Any) -> None:
    client, asked = as_(rita), body(make.view(rita))
    first, again = (post(client, asked, **{"Idempotency-Key": "k1"}) for _ in range(2))
    assert (first.status_code, again.status_code, again["Location"], ReviewPlan.objects.count()) == (201, 201, first["Location"], 1)
    assert "already exists" in wrong(post(client, asked))["name"]


@pytest.mark.parametrize("role", ["responder", "commander", "manager", "approver", "auditor", "stakeholder", "administrator", ""])
def test_nobody_but_compliance_makes_changes_or_retires_one(role: str, rita: Any) -> None:
    plan, view = make.plan(rita), make.view(rita)
    client, refused = as_(person("Other", roles=(role,) if role else ())), 403 if role == "auditor" else 404
    asked = (post(client, body(view)), patch(client, plan.pk, due_within=9), post(client, {"reason": "x"}, f"{PLANS}{plan.pk}/retire/"))
    assert [answer.status_code for answer in asked] == [refused] * 3
    assert client.get(VIEWS).status_code == (200 if role == "auditor" else 404)
    plan.refresh_from_db()
    assert (plan.due_within, plan.is_in_force, ReviewPlan.objects.count()) == (1, True, 1)


def test_who_left_and_who_does_not_sign_in_reaches_nothing(rita: Any) -> None:
    gone = make.reviewer("Gone", is_active=False)
    for client in (as_(gone), Client()):
        assert post(client, body(make.view(rita))).status_code == 401


def test_no_token_says_what_is_reviewed(rita: Any) -> None:
    plan, view, client = make.plan(rita), make.view(rita), APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token_of(rita)}")
    for answer in (
        client.post(PLANS, body(view), format="json"),
        client.patch(f"{PLANS}{plan.pk}/", {"reason": "x", "due_within": 90}, format="json"),
        client.post(f"{PLANS}{plan.pk}/retire/", {"reason": "x"}, format="json"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "person_needed")
    assert client.get(VIEWS).status_code == client.get(PLANS).status_code == 200


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": 7}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\u0000b"}, "name"),
        ({"name": "Daily\u202egnp.exe"}, "name"),
        ({"view": 0}, "view"),
        ({"view": 2**63}, "view"),
        ({"view": "1 OR 1=1"}, "view"),
        ({"view": 10**12}, "view"),
        ({"view": None}, "view"),
        ({"rhythm": "hourly"}, "rhythm"),
        ({"time_zone": "../../etc/passwd"}, "time_zone"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": ""}, "time_zone"),
        ({"first_day": "9999-12-31"}, "first_day"),
        ({"first_day": "0001-01-01", "time_zone": "Asia/Tokyo"}, "first_day"),
        ({"first_day": "2026-02-30"}, "first_day"),
        ({"first_day": "2020-01-01"}, "first_day"),
        ({"due_within": 0}, "due_within"),
        ({"due_within": 2**40}, "due_within"),
        ({"selection": "some"}, "selection"),
        ({"selection": "random", "number": 20}, ""),
        ({"selection": "every", "rationale": "x"}, ""),
        ({"number": 10_001}, "number"),
        ({"number": -1}, "number"),
        ({"number": 5}, ""),
        ({"always": ["no.such"]}, "always"),
        ({"always": "access.denied"}, "always"),
        ({"always": ["access.denied"] * 101}, "always"),
        ({"always": [{"type": "x"}]}, "always.0"),
        ({"reviewers": ["nobody-here"]}, "reviewers"),
        ({"reviewers": ["rita"] * 201}, "reviewers"),
        ({"reviewers": ["gone"]}, "reviewers"),
        ({"reviewers": ["imported"]}, "reviewers"),
        ({"tell": ["=cmd|' /C calc'!A0"]}, "tell"),
        ({"owner": "gone"}, "owner"),
        ({"owner": ""}, "owner"),
        ({"group": "No such role"}, "group"),
        ({"second_signature": "perhaps"}, "second_signature"),
        ({"reason": " "}, "reason"),
        ({"reason": None}, "reason"),
        ({"state": "retired"}, "state"),
        ({"id": 1}, "id"),
    ],
)
def test_what_cannot_be_read_or_carried_out_is_refused_by_its_field(asked: dict[str, Any], field: str, rita: Any) -> None:
    person("Gone", username="gone", is_active=False)
    person("Imported", username="imported", origin="imported")
    client, view, plan = as_(rita), make.view(rita), make.plan(rita, name="There")
    assert field in wrong(post(client, body(view, **asked)))
    assert field in wrong(patch(client, plan.pk, **asked))
    assert [row["history_type"] for row in plan.history.values("history_type")] == ["+"]
    assert ReviewPlan.objects.count() == 1


def test_a_view_of_one_person_is_not_there_for_a_plan(rita: Any) -> None:
    own = make.view(make.reviewer("Sam"))
    SavedView.objects.filter(pk=own.pk).update(is_shared=False)
    client = as_(rita)
    assert wrong(post(client, body(own))) == {"view": f"There is no shared view {own.pk}. Choose one of views/."}
    assert client.get(VIEWS).json()["count"] == 0


def test_words_of_any_script_stay_as_they_were_sent(rita: Any) -> None:
    name = "مراجعة يومية 🚨 =SUM(A1)"
    made = post(as_(rita), body(make.view(rita), name=name, selection="every", number=2, rationale="كافية")).json()
    assert (made["name"], made["rationale"]) == (name, "كافية")
    told = json.loads(LedgerEvent.objects.get(type="log_review.plan_made").payload)
    assert told["obj"]["repr"] == name


def test_a_plan_that_is_not_there_is_not_found(rita: Any) -> None:
    client = as_(rita)
    for key in ("0", "999999999999999", "9" * 16, "x", "1%20OR%201"):
        assert patch(client, key, due_within=2).status_code == 404


def test_the_queries_of_making_listing_and_changing_do_not_grow(rita: Any, django_assert_max_num_queries: Any) -> None:
    people = [make.reviewer(f"P{number}", username=f"p{number}") for number in range(20)]
    client, view = as_(rita), make.view(rita)
    post(client, body(view, name="First"))
    counts = []
    for number in (1, 20):
        names = [one.username for one in people[:number]]
        with django_assert_max_num_queries(60) as made:
            plan = post(client, body(view, name=f"With {number}", reviewers=names, tell=names)).json()["id"]
        with django_assert_max_num_queries(60) as changed:
            patch(client, plan, reviewers=[], tell=[], due_within=2)
        with django_assert_max_num_queries(12) as listed:
            client.get(PLANS)
        with django_assert_max_num_queries(8) as views:
            client.get(VIEWS)
        counts.append([len(each.captured_queries) for each in (made, changed, listed, views)])
        make.view(rita)
    assert counts[0] == counts[1]


def test_reviews_open_by_a_plan_that_was_made_here(rita: Any) -> None:
    client, view = as_(rita), make.of_incidents(rita)
    make.happened(3)
    plan = ReviewPlan.objects.get(pk=post(client, body(view)).json()["id"])
    assert (make.opened(plan).entries, Group.objects.filter(name="Compliance").exists()) == (3, True)
    assert make.opened(plan, now=MONDAY + timedelta(days=1)).entries == 0
