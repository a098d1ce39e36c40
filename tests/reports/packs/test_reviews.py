"""The chapter on reviews: told where there is something to tell, and the same whenever it is built."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client

from audit.ledger.models import LedgerEvent
from policies.attestations.services import accept_version
from policies.models import KnowledgeDuty
from policies.reviews.services import open_due_reviews, sign_review
from reports.packs.build import build
from reports.packs.quarters import Progress, Quarter
from reports.packs.review_rows import knowledge_at_end_of, reviews_in
from reports.packs.reviews import section_of
from reports.packs.services import build_pack
from tests.factories import policies as make
from tests.factories.portal import person

pytestmark = pytest.mark.django_db
Q2 = Quarter(2026, 2)
DAY = timedelta(days=1)


def test_without_reviews_and_duties_there_is_no_such_chapter() -> None:
    assert section_of(Q2, [], []) == ()
    document = build(Q2, [], progress=Progress.OVER, last_event_at=None)
    assert "reviews" not in [section.key for section in document.sections]


def test_opened_signed_and_overdue_reviews_stand_in_the_pack(now: datetime) -> None:
    kept, left = make.in_force(now=now).policy, make.in_force(now=now).policy
    [first, second] = sorted(open_due_reviews(now=datetime(2026, 4, 1, tzinfo=UTC)), key=lambda review: review.policy_id)
    sign_review(first, actor=kept.owner, now=first.opened_at + DAY, decision="keep", reason="Every page was deserved")
    found = {each.policy: each for each in reviews_in(Q2)}
    assert set(found) == {str(kept), str(left)}
    assert found[str(left)].overdue_at(Q2.end)
    assert (found[str(kept)].decision, found[str(kept)].signed_by) == ("keep as it is", "Owner")
    [section] = section_of(Q2, list(found.values()), [])
    assert section.paragraphs == (
        "In the second quarter of 2026 2 reviews were opened and 1 signed (1 to keep as it is). When it ended, 1 review was overdue.",
    )
    assert [row[-1] for row in section.tables[0].rows].count("Every page was deserved") == 1
    assert {each.period for each in reviews_in(Quarter(2026, 1))} == {"2026Q1"}
    assert second.policy == left


def test_a_review_that_was_signed_before_the_quarter_is_not_told_again(now: datetime) -> None:
    make.in_force(now=now)
    [review] = open_due_reviews(now=datetime(2026, 4, 1, tzinfo=UTC))
    sign_review(review, actor=review.assigned_to, now=review.opened_at, decision="keep", reason="Fine")
    assert reviews_in(Quarter(2026, 3)) == []


def test_acceptances_are_counted_as_they_stood_when_the_quarter_ended(now: datetime) -> None:
    version = make.in_force(now=now)
    ana, tom = (person(name, date_joined=now) for name in ("Ana", "Tom"))
    for somebody in (ana, tom):
        duty = KnowledgeDuty(policy=version.policy, person=somebody, needs_training=True)
        duty._history_date = now  # type: ignore[attr-defined]
        duty.save()
    accept_version(version, actor=ana, now=now + DAY, content_sha256=version.content_sha256)
    accept_version(version, actor=tom, now=Q2.end + DAY, content_sha256=version.content_sha256)
    [fact] = knowledge_at_end_of(Q2)
    assert (fact.must_know, fact.accepted, fact.overdue, fact.training_owed) == (2, 1, 1, 2)
    assert [each.accepted for each in knowledge_at_end_of(Quarter(2026, 3))] == [2]
    assert knowledge_at_end_of(Quarter(2025, 4)) == []


def test_the_same_rows_give_the_same_files(now: datetime, tmp_path: Path) -> None:
    make.in_force(now=now)
    open_due_reviews(now=datetime(2026, 4, 1, tzinfo=UTC))
    for name, at in (("a", now), ("b", now.replace(year=2030))):
        build_pack(Q2, out=tmp_path / name, formats=("csv",), actor=None, now=at.replace(month=8))
    first, second = ({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("a", "b"))
    assert "pack-2026Q2-reviews.csv" in first
    # Only the word on the quarter's progress depends on the clock, and it is over or not at both times alike.
    assert first["pack-2026Q2-reviews.csv"] == second["pack-2026Q2-reviews.csv"]


def test_the_list_of_acceptances_is_downloaded_without_formulas_and_recorded(client: Client, now: datetime) -> None:
    version = make.in_force(now=now)
    KnowledgeDuty.objects.create(policy=version.policy, person=person("=HYPERLINK(1)"))
    client.force_login(person("Cora", roles=("compliance",)))
    answer = client.get("/admin/reports/quarterlypack/acceptances.csv")
    [row] = csv.DictReader(answer.content.decode().splitlines())
    assert row["person"].startswith("'=")
    assert row["content_sha256"] == version.content_sha256
    assert LedgerEvent.objects.filter(type="reports.acceptances_downloaded").count() == 1
    client.force_login(person("Rita", roles=("responder",)))
    assert client.get("/admin/reports/quarterlypack/acceptances.csv").status_code == 403


@pytest.mark.parametrize(
    "asked",
    [
        "policy=abc",
        "policy=0",
        "policy=-1",
        "policy=9" + "9" * 30,
        "policy=%D9%A1",
        "person=ana",
        "person=7%2C8",
        "only=late",
        "policy=%3Cb%3E",
    ],
)
def test_a_list_of_what_is_not_there_is_refused_in_words_and_not_the_whole(client: Client, now: datetime, asked: str) -> None:
    KnowledgeDuty.objects.create(policy=make.in_force(now=now).policy, person=person("Ana"))
    client.force_login(person("Cora", roles=("compliance",)))
    answer = client.get(f"/admin/reports/quarterlypack/acceptances.csv?{asked}")
    assert (answer.status_code, answer["Content-Type"]) == (400, "text/plain; charset=utf-8")
    assert answer.content.decode().endswith(("leave it out for all.", "without it for everything.", "policy, person, only."))
    assert not LedgerEvent.objects.filter(type="reports.acceptances_downloaded").exists()


def test_the_list_of_a_policy_a_person_or_what_is_overdue_has_that_alone(client: Client, now: datetime) -> None:
    first, second = (make.in_force(now=now).policy for _ in range(2))
    for policy, name in ((first, "Ana"), (second, "Tom")):
        KnowledgeDuty.objects.create(policy=policy, person=person(name))
    client.force_login(person("Cora", roles=("compliance",)))

    def people(asked: str) -> list[str]:
        answer = client.get(f"/admin/reports/quarterlypack/acceptances.csv?{asked}")
        return sorted(row["person"] for row in csv.DictReader(answer.content.decode().splitlines()))

    tom = KnowledgeDuty.objects.get(policy=second).person_id
    assert people("") == people("policy=&person=&only=") == ["Ana", "Tom"]
    assert (people(f"policy={first.pk}"), people(f"person={tom}"), people(f"policy={first.pk}&person={tom}")) == (["Ana"], ["Tom"], [])
