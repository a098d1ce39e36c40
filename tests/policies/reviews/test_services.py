"""Reviews open by themselves, climb when nobody signs, and are signed once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.events.stories import parsed
from audit.ledger.models import LedgerEvent
from policies.models import PolicyReview, PolicyVersion
from policies.reviews import services
from policies.reviews.services import climb_overdue, open_due_reviews, sign_review
from portal.foundation.canonical import content_hash
from portal.foundation.each_alone import Unfinished
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.models import OutboxMessage
from tests.factories import policies as make
from tests.factories.portal import person
from tests.shared import shared

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@shared
def version(now: datetime) -> PolicyVersion:
    """In force since 2 March 2026, in UTC."""
    return make.in_force(now=now)


@shared
def review(version: PolicyVersion) -> PolicyReview:
    """Of the first quarter, opened on 1 April."""
    [opened] = open_due_reviews(now=datetime(2026, 4, 1, tzinfo=UTC))
    return opened


def names() -> list[tuple[str, str]]:
    return list(PolicyReview.objects.order_by("period_end", "kind").values_list("kind", "period"))


def events(kind: str) -> list[dict[str, Any]]:
    return [parsed(event.payload) for event in LedgerEvent.objects.filter(type=f"policy_review.{kind}").order_by("pk")]


def test_a_quarter_opens_on_the_day_after_it_and_is_due_a_month_later(version: PolicyVersion) -> None:
    first_of_april = datetime(2026, 4, 1, tzinfo=UTC)
    assert open_due_reviews(now=first_of_april - timedelta(seconds=1)) == []
    [review] = open_due_reviews(now=first_of_april)
    assert (review.kind, review.period, review.assigned_to) == ("thresholds", "2026Q1", version.policy.owner)
    assert (review.opened_at, review.due_at) == (first_of_april, first_of_april + 30 * DAY)
    assert events("opened")[0]["details"]["period"] == "2026Q1"


def test_it_opens_by_the_policys_own_midnight(now: datetime) -> None:
    policy = make.policy(time_zone="Europe/Madrid")
    draft = make.draft(policy, now=now)
    make.level(draft, 1, person("On call"))
    make.approve(draft, now=now)
    assert open_due_reviews(now=datetime(2026, 3, 31, 21, 59, tzinfo=UTC)) == []
    assert len(open_due_reviews(now=datetime(2026, 3, 31, 22, 0, tzinfo=UTC))) == 1


def test_opening_twice_opens_once(version: PolicyVersion) -> None:
    now = datetime(2026, 4, 2, tzinfo=UTC)
    assert len(open_due_reviews(now=now)) == 1
    assert open_due_reviews(now=now) == []
    assert open_due_reviews(now=now + DAY) == []
    assert len(events("opened")) == 1


def test_months_without_a_run_lose_no_review(version: PolicyVersion) -> None:
    open_due_reviews(now=datetime(2027, 5, 17, 12, tzinfo=UTC))
    assert names() == [
        ("thresholds", "2026Q1"), ("thresholds", "2026Q2"), ("thresholds", "2026Q3"),
        ("policy", "2026"), ("thresholds", "2026Q4"), ("thresholds", "2027Q1"),
    ]  # fmt: skip


def test_a_policy_without_a_version_in_force_is_not_reviewed(now: datetime) -> None:
    make.draft(now=now)
    waiting = make.draft(now=now)
    make.level(waiting, 1, person("On call"))
    assert open_due_reviews(now=now + 400 * DAY) == []


def test_a_policy_that_began_on_the_last_evening_of_a_quarter_waits_for_the_next_one() -> None:
    make.in_force(now=datetime(2026, 3, 31, 12, tzinfo=UTC))
    open_due_reviews(now=datetime(2026, 7, 1, tzinfo=UTC))
    assert names() == [("thresholds", "2026Q2")]


def test_the_owner_is_told_once(review: PolicyReview) -> None:
    open_due_reviews(now=review.opened_at + DAY)
    message = OutboxMessage.objects.get(person=review.assigned_to)
    assert message.title == f"Please review {review.policy} by 1 May 2026"
    assert "quarterly threshold review of 1 January to 31 March 2026" in message.body
    assert message.link.endswith(f"/admin/policies/policyreview/{review.pk}/change/")


def test_looking_for_reviews_costs_the_same_whatever_was_opened(version: PolicyVersion) -> None:
    def queries(now: datetime) -> int:
        open_due_reviews(now=now)
        with CaptureQueriesContext(connection) as caught:
            open_due_reviews(now=now)
        return len(caught)

    few = queries(datetime(2026, 4, 1, tzinfo=UTC))
    make.in_force(now=datetime(2026, 4, 1, tzinfo=UTC))
    assert queries(datetime(2029, 4, 1, tzinfo=UTC)) == few


def test_an_overdue_review_climbs_to_the_owners_manager_once(review: PolicyReview) -> None:
    manager = person("Mara Manager")
    review.assigned_to.manager = manager
    review.assigned_to.save()
    assert climb_overdue(now=review.due_at - timedelta(seconds=1)) == []
    [climbed] = climb_overdue(now=review.due_at)
    assert (climbed.climbed_to, climbed.climbed_at) == (manager, review.due_at)
    assert climb_overdue(now=review.due_at + 99 * DAY) == []
    assert OutboxMessage.objects.get(person=manager).title == f"Overdue: review of {review.policy}, 2026Q1"
    assert events("climbed")[0]["details"]["climbed_to"] == "Mara Manager"


def test_a_missed_run_climbs_late_and_not_never(review: PolicyReview) -> None:
    assert len(climb_overdue(now=review.due_at + 200 * DAY)) == 1


def test_without_a_manager_the_owner_is_told_again_and_it_is_marked(review: PolicyReview) -> None:
    [climbed] = climb_overdue(now=review.due_at)
    assert (climbed.climbed_to, climbed.climbed_at) == (None, review.due_at)
    assert OutboxMessage.objects.filter(person=review.assigned_to).count() == 2
    assert events("climbed")[0]["details"]["nobody_above"] is True


def test_a_manager_who_left_is_passed_over_for_theirs(review: PolicyReview) -> None:
    director = person("Dora Director")
    gone = person("Gone", manager=director, is_active=False)
    review.assigned_to.manager = gone
    review.assigned_to.save()
    [climbed] = climb_overdue(now=review.due_at)
    assert climbed.climbed_to == director


def test_managers_in_a_circle_end_the_climb(review: PolicyReview) -> None:
    first = person("First", is_active=False)
    second = person("Second", is_active=False, manager=first)
    first.manager = second
    first.save()
    review.assigned_to.manager = first
    review.assigned_to.save()
    [climbed] = climb_overdue(now=review.due_at)
    assert climbed.climbed_to is None


def test_a_review_whose_assignee_left_climbs_at_once(review: PolicyReview) -> None:
    manager = person("Mara Manager")
    review.assigned_to.manager, review.assigned_to.is_active = manager, False
    review.assigned_to.save()
    [climbed] = climb_overdue(now=review.opened_at + timedelta(minutes=1))
    assert climbed.climbed_to == manager
    assert "has left" in events("climbed")[0]["why"]


def test_signing_freezes_the_evidence_and_says_who_what_and_why(review: PolicyReview, version: PolicyVersion) -> None:
    at = review.opened_at + DAY
    signed = sign_review(review, actor=review.assigned_to, now=at, decision="keep", reason="Every page was deserved")
    signed.refresh_from_db()
    assert (signed.decision, signed.signed_by_name, signed.signed_at, signed.version) == ("keep", "Owner", at, version)
    assert signed.evidence["columns"] == ["2025Q4", "2026Q1"]
    [event] = events("signed")
    assert event["decision"] == {"decision": "keep", "evidence_sha256": content_hash(signed.evidence), "policy_version": version.pk}
    assert event["why"] == "Every page was deserved"
    assert not OutboxMessage.objects.filter(state="pending").exists()


def test_signing_twice_is_refused(review: PolicyReview) -> None:
    owner = review.assigned_to
    sign_review(review, actor=owner, now=review.opened_at, decision="keep", reason="Fine")
    with pytest.raises(WrongState, match="was signed by Owner already"):
        sign_review(review, actor=owner, now=review.opened_at + DAY, decision="retire", reason="Changed my mind")
    stale = PolicyReview(pk=review.pk, policy=review.policy, assigned_to=owner)
    with pytest.raises(WrongState):
        sign_review(stale, actor=owner, now=review.opened_at + DAY, decision="retire", reason="Changed my mind")
    assert PolicyReview.objects.get().decision == "keep"


@pytest.mark.parametrize(("decision", "reason"), [("keep", ""), ("keep", "  \n"), ("", "Why"), ("promote", "Why"), ("KEEP", "Why")])
def test_a_decision_and_words_are_wanted(review: PolicyReview, decision: str, reason: str) -> None:
    with pytest.raises(InvalidInput):
        sign_review(review, actor=review.assigned_to, now=review.opened_at, decision=decision, reason=reason)
    assert PolicyReview.objects.get().signed_at is None
    assert events("signed") == []


@pytest.mark.parametrize("roles", [(), ("compliance",), ("auditor",), ("approver",), ("responder",), ("administrator",)])
def test_who_is_not_asked_and_has_no_right_signs_nothing(review: PolicyReview, roles: tuple[str, ...]) -> None:
    with pytest.raises(NotAllowed, match="Owner is asked to sign"):
        sign_review(review, actor=person("Other", roles=roles), now=review.opened_at, decision="keep", reason="Fine")


def test_a_manager_who_had_no_hand_in_the_rules_stands_in(review: PolicyReview) -> None:
    sign_review(review, actor=person("Stand-in", roles=("manager",)), now=review.opened_at, decision="change", reason="Too loud")
    assert PolicyReview.objects.get().signed_by_name == "Stand-in"


def test_the_author_of_the_rules_does_not_stand_in(review: PolicyReview, version: PolicyVersion) -> None:
    with pytest.raises(NotAllowed, match="You had a hand in"):
        sign_review(review, actor=version.author, now=review.opened_at, decision="keep", reason="My rules are good")


def test_the_manager_it_climbed_to_signs(review: PolicyReview) -> None:
    review.assigned_to.manager = manager = person("Mara Manager")
    review.assigned_to.save()
    climb_overdue(now=review.due_at)
    sign_review(review, actor=manager, now=review.due_at, decision="retire", reason="The service is gone")
    assert PolicyReview.objects.get().signed_by == manager


def test_a_new_owner_of_the_policy_signs_too(review: PolicyReview) -> None:
    heir = person("Heir")
    review.policy.owner = heir
    review.policy.save()
    sign_review(review, actor=heir, now=review.opened_at, decision="keep", reason="Fine")


def test_nobody_and_who_left_sign_nothing(review: PolicyReview) -> None:
    owner = review.assigned_to
    owner.is_active = False
    owner.save()
    for actor in (None, owner):
        with pytest.raises(NotAllowed):
            sign_review(review, actor=actor, now=review.opened_at, decision="keep", reason="Fine")


def test_a_signed_review_climbs_no_more(review: PolicyReview) -> None:
    sign_review(review, actor=review.assigned_to, now=review.due_at + DAY, decision="keep", reason="Late, and fine")
    assert climb_overdue(now=review.due_at + 2 * DAY) == []


def test_a_policy_that_fails_stops_no_other(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, sound = make.in_force(now=now).policy, make.in_force(now=now).policy
    begun, late = datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
    opened, climbed = services._open, services._climb

    def refuse(policy: Any, *given: Any) -> Any:
        if policy == broken:
            raise RuntimeError
        return opened(policy, *given)

    def stay(key: int, at: datetime) -> Any:
        if PolicyReview.objects.get(pk=key).policy == broken:
            raise RuntimeError
        return climbed(key, at)

    monkeypatch.setattr(services, "_open", refuse)
    with pytest.raises(Unfinished, match=f"{broken} failed"):
        open_due_reviews(now=begun)
    assert set(PolicyReview.objects.values_list("policy", flat=True)) == {sound.pk}
    monkeypatch.setattr(services, "_open", opened)
    open_due_reviews(now=begun)
    monkeypatch.setattr(services, "_climb", stay)
    with pytest.raises(Unfinished):
        climb_overdue(now=late)
    assert set(PolicyReview.objects.exclude(climbed_at=None).values_list("policy", flat=True)) == {sound.pk}
