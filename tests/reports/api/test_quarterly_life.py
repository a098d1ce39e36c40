"""The life of a quarterly review over the API, from its opening to its restatement: what each role may, and how the others are refused."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.ledger.models import LedgerEvent
from portal.foundation import clock
from portal.foundation.front_door.tokens.services import make_token
from reports.models import QuarterlyAction, QuarterlyReview
from reports.quarterly import proposing, runs
from tests.factories import quarterly as make
from tests.factories.portal import person
from tests.factories.quarterly import AFTER, LATER

pytestmark = pytest.mark.django_db
LIST = "/api/v1/quarterly-reviews/"


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: AFTER)


@pytest.fixture
def cora(db: None) -> Any:
    return make.compliance(username="cora")


@pytest.fixture
def mona(db: None) -> Any:
    return make.manager(username="mona")


@pytest.fixture
def review(cora: Any) -> QuarterlyReview:
    payments = make.unit("Payments")
    make.incidents(payments, 2)
    made = make.opened(payments, by=cora)
    proposing.propose(made, {"patterns": {"found": [make.pattern("a"), make.pattern("b", rank=2)]}}, now=AFTER)
    return made


def sent(user: Any, address: str, content: Any = None, status: int = 200, *, method: str = "POST", **headers: str) -> Any:
    client = Client()
    client.force_login(user)
    answer = client.generic(method, address, json.dumps(content or {}), content_type="application/json", headers=headers)
    assert answer.status_code == status, answer.content
    return answer.json()


def told(user: Any, address: str, status: int = 200) -> Any:
    client = Client()
    client.force_login(user)
    answer = client.get(address)
    assert answer.status_code == status, answer.content
    return answer.json()


def done() -> int:
    """How often something was done to a quarterly review."""
    return LedgerEvent.objects.filter(type__startswith="quarterly_review.").count()


def of(review: Any) -> str:
    return f"{LIST}{review.pk if isinstance(review, QuarterlyReview) else review['id']}/"


def test_a_quarter_is_run_from_its_opening_to_the_signed_restatement(cora: Any, mona: Any) -> None:
    make.incidents(make.unit("Payments"), 2)
    rolf = make.committee(username="rolf")
    olga = make.compliance("Olga Other", username="olga")
    new = sent(cora, LIST, {"quarter": "2026Q1", "unit": "Payments", "reason": "The meeting is tomorrow."}, 201)
    assert (new["unit"], new["state"], new["url"]) == ("Payments", "preparing", f"{LIST}{new['id']}/")
    at = of(new)
    wrote = sent(cora, at, {"summary": "A quiet quarter.", "agenda": ["Findings", "Signatures"]}, method="PATCH")
    assert (wrote["summary"], wrote["agenda"]) == ("A quiet quarter.", ["Findings", "Signatures"])
    finding = sent(cora, f"{at}findings/", {"headline": "Late at night"}, 201)
    decision = sent(cora, f"{at}decisions/", {"question": "More people at night?", "finding": finding["id"]}, 201)
    waiting = sent(cora, f"{at}submit/", {"reason": "Looked at."}, 409)
    assert "decision is not taken" in waiting["detail"]
    taken = sent(mona, f"{at}decisions/{decision['id']}/take/", {"reason": "Two more, from May on."})
    assert [(each["state"], each["outcome"]) for each in taken["decisions"]] == [("taken", "Two more, from May on.")]
    agreed = {"title": "Hire two", "owner": "mona", "due_on": LATER.isoformat(), "finding": finding["id"], "decision": decision["id"]}
    action = sent(cora, f"{at}actions/", agreed, 201)
    assert action["url"] == f"{LIST}actions/{action['id']}/"
    assert sent(cora, f"{at}submit/", {"reason": "Looked at."})["state"] == "signing"
    refused = sent(rolf, f"{at}sign/", {"reason": "Agreed."}, 403)
    assert "Signatures are given in order" in refused["detail"]
    for who in (olga, mona, rolf):
        last = sent(who, f"{at}sign/", {"reason": "Agreed."})
    assert (last["state"], [each["by"] for each in last["signatures"]]) == ("signed", ["olga", "mona", "rolf"])
    assert sent(cora, f"{at}check/")["is_the_same"] is True
    assert sent(mona, f"{LIST}actions/{action['id']}/finish/", {"reason": "Both began."})["state"] == "done"
    sent(cora, f"{at}restate/", {"reason": " "}, 400)
    again = sent(cora, f"{at}restate/", {"reason": "A log was late."}, 201)
    assert (again["number"], again["restates"], again["reason"]) == (2, new["id"], "A log was late.")
    assert "restated already" in sent(cora, f"{at}restate/", {"reason": "Again."}, 409)["detail"]


def test_proposals_are_accepted_reworded_or_dismissed_with_a_reason(review: QuarterlyReview, cora: Any) -> None:
    one, other = review.findings.order_by("rank")
    found = sent(cora, f"{of(review)}findings/{one.pk}/accept/", {"headline": "Slow at night"})["findings"][0]
    assert (found["state"], found["headline"], found["proposed_headline"]) == ("accepted", "Slow at night", "Headline of a")
    sent(cora, f"{of(review)}findings/{other.pk}/dismiss/", {}, 400)
    sent(cora, f"{of(review)}findings/{other.pk}/dismiss/", {"reason": " "}, 400)
    dismissed = sent(cora, f"{of(review)}findings/{other.pk}/dismiss/", {"reason": "One bad week."})["findings"][1]
    assert (dismissed["state"], dismissed["reason"]) == ("dismissed", "One bad week.")


def test_a_dropped_question_is_put_again_and_one_that_is_taken_is_not(review: QuarterlyReview, cora: Any, mona: Any) -> None:
    asked = sent(cora, f"{of(review)}decisions/", {"question": "=1+1?"}, 201)
    at = f"{of(review)}decisions/{asked['id']}/"
    assert sent(mona, f"{at}drop/", {"reason": "Settled."})["decisions"][0]["state"] == "dropped"
    assert sent(cora, f"{at}ask-again/")["decisions"][0]["state"] == "to_take"
    sent(mona, f"{at}take/", {"reason": "Yes."})
    assert "already" in sent(mona, f"{at}drop/", {"reason": "No."}, 409)["detail"]


def test_an_action_gets_another_owner_or_day_and_is_settled_by_whoever_has_it(review: QuarterlyReview, cora: Any, mona: Any) -> None:
    resi = person("Resi", roles=("responder",), username="resi")
    action = make.action(review, cora, mona)
    at = f"{LIST}actions/{action.pk}/"
    told(resi, at, 404)
    assert told(resi, f"{LIST}actions/")["results"] == []
    changed = sent(cora, at, {"owner": "resi", "reason": "Mona is away."}, method="PATCH")
    assert (changed["owner"], changed["due_on"]) == ("resi", LATER.isoformat())
    assert [each["id"] for each in told(resi, f"{LIST}actions/?owner=me&state=open")["results"]] == [action.pk]
    told(resi, of(review), 404)
    sent(resi, f"{at}cancel/", {"reason": "No time."}, 403)
    assert sent(resi, f"{at}finish/", {"reason": "‫תם 🔥‬"})["outcome"] == "‫תם 🔥‬"
    assert "already" in sent(cora, f"{at}cancel/", {"reason": "Late."}, 409)["detail"]


@pytest.mark.parametrize(
    ("path", "content", "field"),
    [
        ("", {"quarter": "2026Q5", "unit": None, "reason": "x"}, "quarter"),
        ("", {"quarter": "9999Q1", "unit": None, "reason": "x"}, "quarter"),
        ("", {"quarter": "2026Q1", "unit": "Nowhere", "reason": "x"}, "unit"),
        ("", {"quarter": "2026Q1", "reason": "x", "state": "signed"}, "state"),
        ("{id}/findings/", {"headline": ""}, "headline"),
        ("{id}/findings/", {"headline": "x" * 201}, "headline"),
        ("{id}/findings/", {"headline": "x", "incidents": ["INC9999999"]}, "incidents"),
        ("{id}/decisions/", {"question": "x", "finding": 999999}, "finding"),
        ("{id}/decisions/", {"question": "x", "finding": "=cmd"}, "finding"),
        ("{id}/actions/", {"title": "x", "owner": "nobody.here", "due_on": "2026-05-01"}, "owner"),
        ("{id}/actions/", {"title": "x", "owner": "cora", "due_on": "2026-01-01"}, "due_on"),
        ("{id}/actions/", {"title": "x", "owner": "cora", "due_on": "soon"}, "due_on"),
        ("{id}/submit/", {}, "reason"),
        ("{id}/sign/", {"reason": 7}, "reason"),
    ],
)
def test_what_cannot_be_taken_is_named_with_its_field(review: QuarterlyReview, cora: Any, path: str, content: Any, field: str) -> None:
    before = done()
    problem = sent(cora, LIST + path.format(id=review.pk), content, 400)
    assert field in [each["field"] for each in problem["errors"]]
    assert done() == before


def test_rows_of_another_review_are_not_there(review: QuarterlyReview, cora: Any, mona: Any) -> None:
    other = make.opened(make.unit("Cards"), by=cora)
    finding = review.findings.get(rank=1)
    sent(cora, f"{of(other)}findings/{finding.pk}/accept/", {}, 404)
    assert finding.state == "proposed"
    asked = sent(cora, f"{of(review)}decisions/", {"question": "x"}, 201)
    sent(mona, f"{of(other)}decisions/{asked['id']}/take/", {"reason": "x"}, 404)
    sent(cora, f"{of(other)}findings/999999999999999/accept/", {}, 404)


def test_each_verb_is_for_its_roles_alone(review: QuarterlyReview, cora: Any, mona: Any) -> None:
    auditor, resi = person("Xavi", roles=("auditor",)), person("Resi", roles=("responder",))
    rows: dict[str, Any] = {
        "findings/": {"headline": "x"}, "decisions/": {"question": "x"}, "submit/": {"reason": "x"}, "restate/": {"reason": "x"},
        "actions/": {"title": "x", "owner": "mona", "due_on": LATER.isoformat()},
    }  # fmt: skip
    asked = sent(cora, f"{of(review)}decisions/", {"question": "x"}, 201)
    before = done()
    for path, content in rows.items():
        for who in (mona, auditor):
            sent(who, f"{of(review)}{path}", content, 403)
        sent(resi, f"{of(review)}{path}", content, 404)
    sent(cora, f"{of(review)}decisions/{asked['id']}/take/", {"reason": "x"}, 403)
    sent(mona, LIST, {"quarter": "2025Q4", "reason": "x"}, 403)
    sent(auditor, f"{of(review)}send-back/", {"reason": "x"}, 403)
    assert done() == before


def test_the_same_key_acts_once(review: QuarterlyReview, cora: Any) -> None:
    for _ in range(2):
        sent(cora, f"{of(review)}findings/", {"headline": "Once"}, 201, **{"Idempotency-Key": "k1"})
    assert review.findings.filter(headline="Once").count() == 1


def test_opening_twice_is_harmless(review: QuarterlyReview, cora: Any) -> None:
    assert "open already" in sent(cora, LIST, {"quarter": "2026Q1", "unit": "Payments", "reason": "x"}, 409)["detail"]
    assert QuarterlyReview.objects.count() == 1


def test_a_review_of_many_incidents_is_opened_by_a_worker_and_found_again(cora: Any, mona: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    make.incidents(make.unit("Payments"), 2)
    monkeypatch.setattr(runs, "READ_AT_ONCE", 1)
    asked = sent(cora, LIST, {"quarter": "2026Q1", "unit": "Payments", "reason": "The meeting is tomorrow."}, 202)
    assert (asked["state"], asked["unit"], asked["review"]) == ("queued", "Payments", None)
    assert "asked for it already" in sent(cora, LIST, {"quarter": "2026Q1", "unit": "Payments", "reason": "x"}, 409)["detail"]
    told(mona, asked["url"], 403)
    runs.carry_out(asked["id"], clock=lambda: AFTER)
    done = told(cora, asked["url"])
    assert (done["state"], done["review"]) == ("done", QuarterlyReview.objects.get().pk)
    told(cora, f"{LIST}runs/999999999999999/", 404)


def test_a_token_prepares_and_neither_decides_nor_signs(review: QuarterlyReview, cora: Any) -> None:
    client = Client(headers={"Authorization": f"Bearer {token_of(cora, ['quarterly.read', 'quarterly.work'])}"})

    def post(path: str, content: Any) -> Any:
        return client.post(f"{of(review)}{path}", json.dumps(content), content_type="application/json")

    assert post("findings/", {"headline": "By a program"}).status_code == 201
    for path in ("submit/", "sign/", "send-back/", "restate/", "decisions/1/take/", "decisions/1/drop/"):
        answer = post(path, {"reason": "x"})
        assert (answer.status_code, answer.json()["code"]) == (403, "person_needed"), path
    reads = Client(headers={"Authorization": f"Bearer {token_of(cora, ['quarterly.read'])}"})
    answer = reads.post(f"{of(review)}findings/", json.dumps({"headline": "x"}), content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    assert reads.get("/api/v1/conformance/?quarter=2026Q1").status_code == 200


def token_of(owner: Any, scopes: list[str]) -> str:
    return make_token(owner, name="Program", scopes=scopes, actor=owner, now=AFTER)[1]


def test_reading_actions_takes_as_many_queries_however_many_there_are(review: QuarterlyReview, cora: Any, mona: Any) -> None:
    make.action(review, cora, mona)
    client = Client()
    client.force_login(cora)
    for address in (f"{LIST}actions/", of(review)):
        client.get(address)
        with CaptureQueriesContext(connection) as few:
            client.get(address)
        for number in range(5):
            make.action(review, cora, mona, title=f"Action {number}")
        with CaptureQueriesContext(connection) as many:
            assert client.get(address).status_code == 200
        assert len(many) == len(few), address
    assert QuarterlyAction.objects.count() == 11


def test_the_lists_filters_are_refused_in_words(cora: Any) -> None:
    for query in ("state=nonsense", "owner=cora", "unit=1"):
        assert told(cora, f"{LIST}actions/?{query}", 400)["errors"]
