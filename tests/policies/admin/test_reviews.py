"""The pages of reviews and acceptances: for those who are asked, in words, and refusing what must not be."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from policies.models import Acceptance, KnowledgeDuty, PolicyReview, PolicyVersion, TrainingRecord
from policies.reviews.services import open_due_reviews
from portal.site.dashboard.queries import cards_for
from tests.factories import policies as make
from tests.factories.portal import person
from tests.shared import shared

pytestmark = pytest.mark.django_db
REVIEWS = "/admin/policies/policyreview/"
MINE = "/admin/policies/acceptance/mine/"
APRIL = datetime(2026, 4, 1, tzinfo=UTC)


@shared
def version(now: datetime) -> PolicyVersion:
    return make.in_force(now=now)


@shared
def review(version: PolicyVersion) -> PolicyReview:
    return open_due_reviews(now=APRIL)[0]


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_the_list_says_how_late_a_review_is(client: Client, review: PolicyReview) -> None:
    client.force_login(person("Cora", roles=("compliance",)))
    page = text(client.get(REVIEWS))
    assert "overdue by" in page
    assert "2026Q1" in page
    assert "overdue by" in text(client.get(f"{REVIEWS}?is=overdue"))
    assert "Nothing matches" in text(client.get(f"{REVIEWS}?is=signed"))


def test_an_empty_list_teaches(client: Client) -> None:
    client.force_login(person("Cora", roles=("compliance",)))
    assert "A threshold review opens for each policy" in text(client.get(REVIEWS))


def test_the_owner_reads_the_evidence_and_signs(client: Client, review: PolicyReview) -> None:
    client.force_login(review.assigned_to)
    address = f"{REVIEWS}{review.pk}/change/"
    page = text(client.get(address))
    for words in ("Incidents under it", "Escalations under it", "Changes of the policy", "Bypasses", "Decide and sign"):
        assert words in page
    asked = client.get(f"{REVIEWS}{review.pk}/do/sign/")
    assert "never changed again" in text(asked)
    assert client.post(f"{REVIEWS}{review.pk}/do/sign/", {"decision": "keep", "reason": ""}).status_code == 400
    done = client.post(f"{REVIEWS}{review.pk}/do/sign/", {"decision": "change", "reason": "Too many pages at night"})
    assert done.status_code == 302
    signed = text(client.get(address))
    assert "Signed by Owner" in signed
    assert "start a draft, which somebody else approves" in signed
    assert "SHA-256" in signed


def test_who_is_not_asked_reads_at_most(client: Client, review: PolicyReview) -> None:
    client.force_login(person("Alma", roles=("auditor",)))
    page = text(client.get(f"{REVIEWS}{review.pk}/change/"))
    assert "Owner is asked to sign this review" in page
    assert "Decide and sign" not in page
    assert client.post(f"{REVIEWS}{review.pk}/do/sign/", {"decision": "keep", "reason": "x"}).status_code == 403
    client.force_login(person("Rita", roles=("stakeholder",)))
    assert client.get(REVIEWS).status_code == 403
    assert client.get(f"{REVIEWS}{review.pk}/change/").status_code in {302, 403}
    assert PolicyReview.objects.get().signed_at is None


def test_no_form_and_no_action_changes_a_review(client: Client, review: PolicyReview) -> None:
    client.force_login(person("Root", is_superuser=True))
    assert client.get(f"{REVIEWS}add/").status_code == 403
    assert client.post(f"{REVIEWS}{review.pk}/change/", {"reason": "x"}).status_code == 403
    assert client.post(f"{REVIEWS}{review.pk}/delete/", {"post": "yes"}).status_code == 403
    client.post(REVIEWS, {"action": "delete_selected", "_selected_action": [review.pk], "post": "yes"})
    assert PolicyReview.objects.count() == 1


def test_the_policy_names_its_next_review(client: Client, review: PolicyReview) -> None:
    client.force_login(person("Mara", roles=("manager",)))
    page = text(client.get(f"/admin/policies/escalationpolicy/{review.policy.pk}/change/"))
    assert f'Next review: <a href="{REVIEWS}{review.pk}/change/">quarterly threshold review of 2026Q1</a>' in page


def test_the_lists_cost_the_same_with_more_reviews(client: Client, version: PolicyVersion) -> None:
    client.force_login(person("Cora", roles=("compliance",)))

    def queries(address: str) -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as caught:
            client.get(address)
        return len(caught)

    open_due_reviews(now=APRIL)
    few = queries(REVIEWS)
    open_due_reviews(now=APRIL.replace(year=2029))
    assert queries(REVIEWS) == few


def test_a_person_reads_and_accepts_and_is_asked_no_more(client: Client, version: PolicyVersion) -> None:
    ana = person("Ana Ruiz")
    KnowledgeDuty.objects.create(policy=version.policy, person=ana)
    client.force_login(ana)
    assert "1 policy to read and accept" in text(client.get(MINE))
    address = f"{MINE}{version.pk}/"
    page = text(client.get(address))
    assert "Who is alerted when" in page
    assert version.content_sha256 in page
    refused = client.post(address, {"content_sha256": "0" * 64})
    assert refused.status_code == 409
    assert "What you read is not what" in text(refused)
    assert client.post(address, {"content_sha256": version.content_sha256}).status_code == 302
    assert "you are up to date" in text(client.get(MINE))
    assert Acceptance.objects.get().person == ana


def test_a_stranger_neither_reads_nor_accepts(client: Client, version: PolicyVersion) -> None:
    client.force_login(person("Stranger"))
    assert client.get(f"{MINE}{version.pk}/").status_code == 404
    assert client.post(f"{MINE}{version.pk}/", {"content_sha256": version.content_sha256}).status_code == 404
    assert client.get(f"{MINE}{make.draft(version.policy).pk}/").status_code == 404
    assert "Nobody has laid such a duty on you" in text(client.get(MINE))


def test_who_has_accepted_is_told_by_policy_and_by_person(client: Client, version: PolicyVersion) -> None:
    ana, tom = person("Ana Ruiz"), person("Tom Berg")
    for somebody in (ana, tom):
        KnowledgeDuty.objects.create(policy=version.policy, person=somebody)
    client.force_login(person("Cora", roles=("compliance",)))
    standing = "/admin/policies/knowledgeduty/standing/"
    assert "Who has accepted" in text(client.get("/admin/policies/knowledgeduty/"))
    assert client.get("/admin/policies/knowledgeduty/who-has-accepted/").url == standing  # type: ignore[attr-defined]
    page = text(client.get(standing))
    assert "0 acceptances overdue of 2" in page
    assert "acceptances.csv" in page
    assert "Tom Berg" not in text(client.get(f"{standing}?person={ana.pk}"))
    assert "Nothing is overdue" in text(client.get(f"{standing}?only=overdue&policy={version.policy.pk}"))
    for nonsense in ("x", "-1", "9" * 30):
        assert client.get(f"{standing}?policy={nonsense}").status_code == 200
    client.force_login(person("Rita", roles=("responder",)))
    assert client.get(standing).status_code == 403


def test_a_training_is_recorded_by_somebody_else(client: Client, version: PolicyVersion) -> None:
    mara, ana = person("Mara", roles=("manager",)), person("Ana Ruiz")
    client.force_login(mara)
    given = {
        "policy": version.policy.pk, "person": ana.pk, "course": "Basics", "trained_on": "2026-02-01", "expires_on": "2099-02-01",
        "why": "Attended",
    }  # fmt: skip
    own = client.post("/admin/policies/trainingrecord/add/", {**given, "person": mara.pk})
    assert "Nobody records their own training" in text(own)
    assert client.post("/admin/policies/trainingrecord/add/", given).status_code == 302
    assert TrainingRecord.objects.get().recorded_by == mara
    assert "Ana Ruiz" in text(client.get("/admin/policies/trainingrecord/?training=counts"))
    assert "Nothing matches" in text(client.get("/admin/policies/trainingrecord/?training=expired"))


def test_a_duty_is_laid_and_lifted(client: Client, version: PolicyVersion) -> None:
    client.force_login(person("Mara", roles=("manager",)))
    laid = {"policy": version.policy.pk, "person": person("Ana").pk, "within_days": 7, "why": "She is new"}
    assert client.post("/admin/policies/knowledgeduty/add/", laid).status_code == 302
    duty = KnowledgeDuty.objects.get()
    neither = client.post("/admin/policies/knowledgeduty/add/", {**laid, "person": ""})
    assert "Choose one of: a person, a team, a role." in text(neither)
    assert client.post(f"/admin/policies/knowledgeduty/{duty.pk}/do/lift/", {"reason": "Moved"}).status_code == 302
    assert not KnowledgeDuty.objects.exists()


def test_the_work_list_shows_what_a_person_is_asked_for(review: PolicyReview, version: PolicyVersion, now: datetime) -> None:
    owner = review.assigned_to
    KnowledgeDuty.objects.create(policy=version.policy, person=owner)
    late = review.due_at + timedelta(days=1)
    cards = {card.key: card for card in cards_for(owner, late)}
    assert [row.text for row in cards["reviews"].rows] == [f"{review.policy}: quarterly threshold review of 2026Q1"]
    assert cards["reviews"].loud
    assert [row.text for row in cards["accept"].rows] == [f"{version.policy}, version 1"]
    assert {card.key for card in cards_for(person("Other"), late)} & {"reviews", "accept"} == set()
