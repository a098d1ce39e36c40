"""Log reviews in the admin: the plan, the workspace with and without its script, findings, the signature."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.models import ReviewFinding, ReviewItem, ReviewPeriod, ReviewPlan
from portal.foundation import clock
from tests.factories import log_reviews as make
from tests.factories.log_reviews import MONDAY
from tests.factories.portal import person

pytestmark = pytest.mark.django_db
PERIODS = "/admin/audit/reviewperiod/"


@pytest.fixture(autouse=True)
def keys_folder(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.LEDGER_KEYS = str(tmp_path / "keys")
    monkeypatch.setattr(clock, "now", lambda: MONDAY)


@pytest.fixture
def rita(db: None) -> Any:
    return make.reviewer("Rita Reviewer")


@pytest.fixture
def period(rita: Any) -> ReviewPeriod:
    make.happened(3, by=person("Ana Ruiz"))
    return make.opened(make.plan(rita, of=make.of_incidents(rita)))


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(period: ReviewPeriod, *rest: str) -> str:
    return f"{PERIODS}{period.pk}/{'/'.join(rest)}{'/' if rest else ''}"


def sent(client: Client, period: ReviewPeriod, marks: list[dict[str, Any]]) -> Any:
    return client.post(page(period, "work", "marks"), json.dumps({"marks": marks}), content_type="application/json")


def test_a_plan_is_made_on_its_page_and_refused_in_words(rita: Any) -> None:
    client, view = signed_in(rita), make.view(rita)
    asked = {
        "name": "Daily",
        "view": view.pk,
        "rhythm": "daily",
        "time_zone": "Europe/Madrid",
        "first_day": "2026-03-01",
        "due_within": 1,
        "selection": "random",
        "number": 20,
        "always": "access.denied, hold.lifted",
        "owner": rita.pk,
        "why": "PCI DSS 10.4",
    }
    add = reverse("admin:audit_reviewplan_add")
    assert "the reason why it is enough" in client.post(add, asked).content.decode()
    assert "no type called no.such" in client.post(add, {**asked, "rationale": "x", "always": "no.such"}).content.decode()
    assert "every stretch since then" in client.post(add, {**asked, "rationale": "x", "first_day": "2020-01-01"}).content.decode()
    assert client.post(add, {**asked, "rationale": "By the risk analysis."}).status_code == 302
    plan = ReviewPlan.objects.get()
    assert plan.rule.in_words() == "20 entries at random, and every entry of type access.denied and hold.lifted"
    shown = client.get(f"/admin/audit/reviewplan/{plan.pk}/change/").content.decode()
    assert "None has opened yet" in shown


def test_the_workspace_judges_by_forms_alone(period: ReviewPeriod, rita: Any) -> None:
    client, work = signed_in(rita), page(period, "work")
    shown = client.get(work).content.decode()
    assert "3 of 3 entries are left." in shown
    assert "Somebody" in shown
    assert "The first entry of this person." in shown
    first = make.items_of(period)[0]
    assert client.post(work, {"item": first.pk, "mark": "reviewed", "note": ""}).status_code == 302
    answer = client.post(work, {"item": first.pk + 1, "mark": "follow_up", "note": ""})
    assert (answer.status_code, "what is to be followed up" in answer.content.decode()) == (409, True)
    assert [item.mark for item in make.items_of(period)] == ["reviewed", "", ""]


def test_marks_are_saved_without_loading_a_page_and_may_be_sent_twice(period: ReviewPeriod, rita: Any) -> None:
    client = signed_in(rita)
    told = client.get(page(period, "work", "entries")).json()
    assert [entry["mark"] for entry in told["entries"]] == ["", "", ""]
    marks = [{"item": entry["id"], "mark": "reviewed", "note": ""} for entry in told["entries"]]
    for _ in range(2):
        assert sent(client, period, marks).json() == {
            "saved": [one["item"] for one in marks],
            "refused": {},
            "drawn": 3,
            "left": 0,
            "judged": 3,
        }
    assert client.get(page(period, "work", "entries")).json()["entries"] == []


def test_a_body_that_is_no_batch_is_refused(period: ReviewPeriod, rita: Any) -> None:
    client = signed_in(rita)
    odd = (b'{"marks": 3}', b'{"marks": [3]}', b'{"marks": [{"item": true, "mark": "reviewed"}]}', b'{"marks": [{"item": 1, "mark": 2}]}')
    for body in (b"", b"[]", b"{", *odd, b"[" * 9_999):
        answer = client.post(page(period, "work", "marks"), body, content_type="application/json")
        assert (answer.status_code, answer.json()["message"]) == (400, "The marks cannot be read. Load the page again.")


def test_when_the_session_has_ended_nothing_is_saved_and_the_same_batch_is_saved_after_signing_in(period: ReviewPeriod, rita: Any) -> None:
    client = signed_in(rita)
    marks = [{"item": item.pk, "mark": "reviewed", "note": "seen"} for item in make.items_of(period)]
    client.logout()
    assert sent(client, period, marks).status_code == 302
    assert not ReviewItem.objects.exclude(mark="").exists()
    client.force_login(rita)
    assert len(sent(client, period, marks).json()["saved"]) == 3


def test_a_review_goes_from_the_last_mark_to_the_signature_on_pages(period: ReviewPeriod, rita: Any) -> None:
    sam = make.reviewer("Sam Signer")
    hers, his = signed_in(rita), signed_in(sam)
    first, *rest = make.items_of(period)
    marks = [{"item": first.pk, "mark": "follow_up", "note": "Ask the team."}, *({"item": item.pk, "mark": "reviewed"} for item in rest)]
    sent(hers, period, marks)
    shown = hers.get(page(period, "change")).content.decode()
    assert "stands in no finding" in shown
    asked = {"items": [first.pk], "title": "Odd", "owner": sam.pk, "due_on": "2026-03-06"}
    assert hers.post(page(period, "finding"), {**asked, "due_on": "2026-02-01"}).status_code == 400
    assert hers.post(page(period, "finding"), asked).status_code == 302
    assert hers.post(page(period, "do", "close"), {"reason": "One question."}).status_code == 302
    shown = hers.get(page(period, "change")).content.decode()
    assert "You judged entries of it" in shown
    assert hers.post(page(period, "do", "sign"), {"reason": "Mine."}).status_code == 403
    assert his.post(page(period, "do", "sign"), {"reason": "Agreed."}).status_code == 302
    assert "It is still what was signed." in his.post(page(period, "do", "check"), follow=True).content.decode()
    file = b"".join(his.get(page(period, "manifest")).streaming_content)  # type: ignore[attr-defined]
    assert file.count(b"\n") == 4
    finding = ReviewFinding.objects.get()
    assert "Sam Signer has to settle it by 6 March 2026." in his.get(f"/admin/audit/reviewfinding/{finding.pk}/change/").content.decode()
    assert "Log reviews" in his.get("/admin/").content.decode()


@pytest.mark.parametrize(("role", "status"), [("auditor", 200), ("manager", 403), ("approver", 403)])
def test_auditors_see_reviews_and_judge_nothing(period: ReviewPeriod, role: str, status: int) -> None:
    client = signed_in(person("Otto", roles=(role,)))
    item = make.items_of(period)[0]
    assert client.get(f"{page(period, 'work')}?all").status_code == status
    assert sent(client, period, [{"item": item.pk, "mark": "reviewed"}]).status_code == 403
    assert client.get(page(period, "finding")).status_code == 403
    assert client.post(page(period, "do", "close"), {"reason": "x"}).status_code in (302, 403)
    assert not ReviewItem.objects.exclude(mark="").exists()


def test_pages_ask_no_more_of_the_database_when_there_is_more_to_review(rita: Any) -> None:
    client = signed_in(rita)
    counts: list[list[int]] = []
    for number in (2, 12):
        make.happened(number, by=person(f"Ana {number}"))
        period = make.opened(make.plan(rita, of=make.of_incidents(rita)))
        counts.append([])
        for address in (PERIODS, page(period, "work"), page(period, "change")):
            if len(counts) == 1:
                # What a process looks up once.
                client.get(address)
            with CaptureQueriesContext(connection) as asked:
                assert client.get(address).status_code == 200
            counts[-1].append(len(asked))
    assert counts[0] == counts[1]
