"""Reviews of the trail over the API: from the first entry to the signature, by the rules of their pages."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from audit.models import LedgerEvent, ReviewFinding, ReviewItem, ReviewPeriod
from audit.reviews.closing import check_period
from portal.foundation import clock
from tests.factories import log_reviews as make
from tests.factories.log_reviews import MONDAY
from tests.factories.portal import person
from tests.factories.tokens import token_of
from tests.policies.admin.forms import as_

pytestmark = pytest.mark.django_db
REVIEWS = "/api/v1/log-reviews/"


@pytest.fixture
def rita(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Any) -> Any:
    settings.LEDGER_KEYS = str(tmp_path / "keys")
    monkeypatch.setattr(clock, "now", lambda: MONDAY)
    return make.reviewer("Rita", username="rita")


@pytest.fixture
def period(rita: Any) -> ReviewPeriod:
    make.happened(3)
    make.happened(1, by=rita)
    return make.opened(make.plan(rita, of=make.of_incidents(rita)))


def post(client: Client, address: str, method: str = "post", **body: Any) -> Any:
    return getattr(client, method)(f"{REVIEWS}{address}", body, content_type="application/json")


def test_a_review_is_judged_closed_and_signed_by_two(period: ReviewPeriod, rita: Any) -> None:
    sam = make.reviewer("Sam", username="sam")
    hers, his = as_(rita), as_(sam)
    taken = post(hers, f"{period.pk}/take/", how_many=2).json()
    assert [entry["event"]["why"] for entry in taken["entries"]] == ["Number 0", "Number 1"]
    assert taken["marks"] == {"not_judged": 4, "reviewed": 0, "follow_up": 0, "false_alarm": 0}
    # What one was offered, the other is not; and her own entry nobody offers her.
    assert [entry["event"]["why"] for entry in post(his, f"{period.pk}/take/").json()["entries"]] == ["Number 2", "Number 0"]
    first, second = (entry["entry"] for entry in taken["entries"])
    third, own = (item.pk for item in make.items_of(period)[2:])
    said = [{"entry": first, "mark": "reviewed"}, {"entry": second, "mark": "follow_up", "note": "Ask"}, {"entry": own, "mark": "reviewed"}]
    judged = post(hers, f"{period.pk}/marks/", marks=[*said, {"entry": third, "mark": "false_alarm"}]).json()
    assert (judged["saved"], [one["entry"] for one in judged["refused"]]) == ([first, second, third], [own])
    assert "You did this yourself" in judged["refused"][0]["why"]

    answer = post(hers, f"{period.pk}/close/", reason="Nothing")
    assert (answer.status_code, "not judged yet" in answer.json()["detail"]) == (409, True)
    assert post(his, f"{period.pk}/marks/", marks=[{"entry": own, "mark": "reviewed"}]).json()["marks"]["not_judged"] == 0
    assert "stands in no finding" in post(hers, f"{period.pk}/close/", reason="Nothing").json()["detail"]
    due = (MONDAY + timedelta(days=2)).date().isoformat()
    made = post(hers, f"{period.pk}/findings/", entries=[second], title="Ask the team", owner="sam", due_on=due)
    assert (made.status_code, made["Location"], made.json()["owner"]) == (
        201,
        f"{REVIEWS}findings/{ReviewFinding.objects.get().pk}/",
        "sam",
    )
    closed = post(hers, f"{period.pk}/close/", reason="All in order.").json()
    assert (closed["state"], closed["may_judge"], "You judged entries of it" in closed["blocked"]) == ("closed", False, True)

    for judge in (hers, his):
        assert post(judge, f"{period.pk}/sign/", reason="Agreed").status_code == 403
    signed = post(as_(make.reviewer("Una")), f"{period.pk}/sign/", reason="I looked at the marks").json()
    assert (signed["state"], signed["signature"]["by"], signed["blocked"]) == ("signed", "Una", "")
    assert post(hers, f"{period.pk}/check/").json() == {"is_the_same": True, "wrong": [], "removed": 0}
    lines = b"".join(hers.get(f"{REVIEWS}{period.pk}/manifest/").streaming_content).splitlines()  # type: ignore[attr-defined]
    assert len(lines) == 5
    period.refresh_from_db()
    assert check_period(period).is_the_same
    assert post(hers, f"{period.pk}/reopen/", reason="Once more").status_code == 409


def test_lists_show_what_is_there_and_are_narrowed_in_words(period: ReviewPeriod, rita: Any) -> None:
    client = as_(rita)
    [listed] = client.get(REVIEWS, {"state": "open"}).json()["results"]
    assert (listed["id"], listed["entries"], listed["drawn"]) == (period.pk, 4, 4)
    assert client.get(REVIEWS, {"state": "signed"}).json()["count"] == 0
    assert client.get(REVIEWS, {"state": "lost"}).status_code == client.get(REVIEWS, {"colour": "red"}).status_code == 400
    shown = client.get(f"{REVIEWS}{period.pk}/").json()
    assert (shown["may_judge"], shown["blocked"].startswith("4 entries are not judged yet")) == (True, True)
    entries = client.get(f"{REVIEWS}{period.pk}/entries/", {"mark": "not_judged", "page_size": 2}).json()
    assert (entries["count"], [entry["mark"] for entry in entries["results"]]) == (4, ["not_judged"] * 2)
    [plan] = client.get(f"{REVIEWS}plans/").json()["results"]
    assert (plan["id"], plan["reviewers"], plan["group"], plan["how_much"]) == (period.plan_id, [], None, "every entry")
    assert post(client, f"plans/{plan['id']}/retire/", reason="Another takes its place").json()["state"] == "retired"


def test_an_auditor_reads_and_judges_nothing_and_others_find_nothing(period: ReviewPeriod) -> None:
    auditor, tom = as_(person("Aud", roles=("auditor",))), as_(person("Tom", roles=("manager",)))
    item = make.items_of(period)[0]
    assert auditor.get(f"{REVIEWS}{period.pk}/entries/").status_code == 200
    body: dict[str, Any] = {"marks": [{"entry": item.pk, "mark": "reviewed"}]}
    assert (post(auditor, f"{period.pk}/marks/", **body).status_code, post(auditor, f"{period.pk}/take/").status_code) == (403, 403)
    for address in ("", f"{period.pk}/", f"{period.pk}/entries/", "plans/"):
        assert tom.get(f"{REVIEWS}{address}").status_code == 404
    assert post(tom, f"{period.pk}/marks/", **body).status_code == 404
    assert not ReviewItem.objects.exclude(mark="", taken_by=None).exists()


def test_whoever_sees_to_a_finding_finds_it_and_says_what_was_done(period: ReviewPeriod, rita: Any) -> None:
    tom = person("Tom", username="tom", roles=("manager",))
    item = make.items_of(period)[0]
    hers, his = as_(rita), as_(tom)
    post(hers, f"{period.pk}/marks/", marks=[{"entry": item.pk, "mark": "follow_up", "note": "Ask"}])
    due = (MONDAY + timedelta(days=2)).date().isoformat()
    key = post(hers, f"{period.pk}/findings/", entries=[item.pk], title="Ask Tom", owner="tom", due_on=due).json()["id"]
    assert [each["title"] for each in his.get(f"{REVIEWS}findings/").json()["results"]] == ["Ask Tom"]
    assert as_(person("Eve")).get(f"{REVIEWS}findings/{key}/").status_code == 404
    assert post(his, f"findings/{key}/", "patch", owner="rita", reason="Not mine").status_code == 403
    changed = post(hers, f"findings/{key}/", "patch", evidence="Ticket 7", reason="Found it").json()
    assert (changed["owner"], changed["evidence"]) == ("tom", "Ticket 7")
    assert post(hers, f"findings/{key}/", "patch", owner="nobody", reason="x").json()["errors"][0]["field"] == "owner"
    settled = post(his, f"findings/{key}/resolve/", reason="Asked them", evidence="Their answer").json()
    assert (settled["state"], settled["evidence"]) == ("resolved", "Ticket 7\nTheir answer")
    assert post(hers, f"findings/{key}/withdraw/", reason="None").status_code == 409


@pytest.mark.parametrize(
    "marks",
    [
        [],
        "x",
        [{"entry": 0, "mark": "reviewed"}],
        [{"entry": 2**63, "mark": "reviewed"}],
        [{"entry": 1, "mark": ""}],
        [{"entry": 1, "mark": "good"}],
        [{"entry": "1; DROP", "mark": "reviewed"}],
        [{"entry": 1, "mark": "reviewed", "judged_by": 1}],
        [{"entry": 1, "mark": "reviewed"}] * 201,
        [{"entry": 1, "mark": "reviewed", "note": "x" * 1_001}],
    ],
)
def test_marks_that_cannot_be_read_are_refused_in_words_and_none_is_saved(marks: Any, period: ReviewPeriod, rita: Any) -> None:
    answer = post(as_(rita), f"{period.pk}/marks/", marks=marks)
    assert (answer.status_code, bool(answer.json()["errors"])) == (400, True)
    assert not LedgerEvent.objects.filter(type="log_review.judged").exists()


def test_a_token_judges_within_its_scope_and_signs_nothing(period: ReviewPeriod, rita: Any) -> None:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token_of(rita)}")
    entry = client.post(f"{REVIEWS}{period.pk}/take/", {"how_many": 1}, format="json").json()["entries"][0]["entry"]
    marks = {"marks": [{"entry": entry, "mark": "reviewed"}]}
    assert client.post(f"{REVIEWS}{period.pk}/marks/", marks, format="json").json()["saved"] == [entry]
    for closed in ("sign", "reopen"):
        assert client.post(f"{REVIEWS}{period.pk}/{closed}/", {"reason": "x"}, format="json").status_code == 403
    assert client.get(f"{REVIEWS}{period.pk}/manifest/").status_code == 403


def test_the_queries_of_a_page_of_entries_do_not_grow(period: ReviewPeriod, rita: Any, django_assert_max_num_queries: Any) -> None:
    client = as_(rita)
    client.get(f"{REVIEWS}{period.pk}/entries/")
    with django_assert_max_num_queries(12):
        client.get(f"{REVIEWS}{period.pk}/entries/", {"page_size": 1})
    with django_assert_max_num_queries(12):
        client.get(f"{REVIEWS}{period.pk}/entries/", {"page_size": 200})
