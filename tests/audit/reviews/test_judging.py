"""Marks: by reviewers alone, never on one's own entries, in batches that may be sent twice."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from audit.models import LedgerEvent, ReviewItem, ReviewPeriod
from audit.reviews.judging import TAKEN_FOR, Judgement, judge, take
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from tests.factories import log_reviews as make
from tests.factories.log_reviews import MONDAY
from tests.factories.portal import person
from tests.untold import untold

pytestmark = pytest.mark.django_db


@pytest.fixture
def period(rita: Any) -> ReviewPeriod:
    make.happened(4)
    return make.opened(make.plan(rita, of=make.of_incidents(rita)))


def said(items: list[ReviewItem], mark: str, note: str = "") -> list[Judgement]:
    return [Judgement(item.pk, mark, note) for item in items]


def events() -> list[dict[str, Any]]:
    found = LedgerEvent.objects.filter(type="log_review.judged").order_by("pk")
    return [json.loads(event.payload) for event in found]


def test_a_batch_is_saved_as_one_event_and_the_same_again_changes_nothing(period: ReviewPeriod, sam: Any) -> None:
    items = make.items_of(period)
    batch = [*said(items[:2], "reviewed"), *said(items[2:3], "follow_up", "Ask the team."), *said(items[3:], "false_alarm")]
    assert len(judge(period, batch, actor=sam, now=MONDAY).saved) == 4
    assert len(judge(period, batch, actor=sam, now=MONDAY).saved) == 4
    assert [event["details"]["marks"] for event in events()] == [[[item.place, one.mark] for item, one in zip(items, batch, strict=True)]]
    assert {item.judged_by for item in make.items_of(period)} == {sam}
    assert untold() == []


def test_one_takes_back_ones_own_mark_and_nobody_elses(period: ReviewPeriod, rita: Any, sam: Any) -> None:
    first = make.items_of(period)[:1]
    judge(period, said(first, "reviewed"), actor=sam, now=MONDAY)
    refused = judge(period, said(first, ""), actor=rita, now=MONDAY).refused
    assert refused == {first[0].pk: "Sam Signer judged it meanwhile: reviewed. That stays."}
    judge(period, said(first, ""), actor=sam, now=MONDAY)
    assert make.items_of(period)[0].mark == ""
    assert [event["details"]["marks"][0][1] for event in events()] == ["reviewed", ""]


def test_nobody_judges_their_own_entry_and_the_rest_of_the_batch_is_saved(rita: Any, sam: Any) -> None:
    make.happened(1, by=sam)
    make.happened(1)
    period = make.opened(make.plan(rita, of=make.of_incidents(rita)))
    own, other = make.items_of(period)
    outcome = judge(period, said([own, other], "reviewed"), actor=sam, now=MONDAY)
    assert outcome.saved == [other.pk]
    assert "somebody else has to judge it" in outcome.refused[own.pk]
    assert [item.pk for item in take(period, actor=sam, now=MONDAY, how_many=9)] == []
    with pytest.raises(IntegrityError), transaction.atomic():
        ReviewItem.objects.filter(pk=own.pk).update(mark="reviewed", judged_by=sam, judged_at=MONDAY)


@pytest.mark.parametrize(
    ("mark", "note", "words"),
    [
        ("follow_up", " ", "what is to be followed up"),
        ("nonsense", "", "no such mark"),
        ("reviewed", "x" * 1_001, "at most 1,000"),
        ("reviewed", "\ud800", "half of a character"),
        ("reviewed", "a\x00b", "no text has"),
    ],
)
def test_what_cannot_be_kept_is_refused_in_words(period: ReviewPeriod, sam: Any, mark: str, note: str, words: str) -> None:
    [refusal] = judge(period, said(make.items_of(period)[:1], mark, note), actor=sam, now=MONDAY).refused.values()
    assert words in refusal
    assert events() == []


def test_an_entry_of_another_review_is_none_of_this_one(period: ReviewPeriod, rita: Any, sam: Any) -> None:
    other = make.opened(make.plan(rita, of=make.of_incidents(rita)))
    outcome = judge(period, said(make.items_of(other)[:1], "reviewed"), actor=sam, now=MONDAY)
    assert list(outcome.refused.values()) == ["It is no entry of this review."]


def test_only_reviewers_of_the_plan_judge(period: ReviewPeriod, rita: Any, sam: Any) -> None:
    items = make.items_of(period)
    for nobody in (None, person("Otto", roles=("auditor",)), person("Mona", roles=("manager",))):
        with pytest.raises(NotAllowed):
            judge(period, said(items, "reviewed"), actor=nobody, now=MONDAY)
    period.plan.reviewers.add(rita)
    with pytest.raises(NotAllowed, match="names others"):
        judge(period, said(items, "reviewed"), actor=sam, now=MONDAY)
    with pytest.raises(InvalidInput, match="at most"):
        judge(period, said(items * 60, "reviewed"), actor=rita, now=MONDAY)


def test_two_reviewers_are_offered_different_entries_until_one_lets_them_lie(period: ReviewPeriod, rita: Any, sam: Any) -> None:
    hers = [item.pk for item in take(period, actor=rita, now=MONDAY, how_many=3)]
    his = [item.pk for item in take(period, actor=sam, now=MONDAY, how_many=3)]
    assert (len(hers), len(his)) == (3, 1)
    assert not set(hers) & set(his)
    later = MONDAY + TAKEN_FOR + timedelta(minutes=1)
    assert len(take(period, actor=sam, now=later, how_many=9)) == 4
    assert untold() == []


def test_a_closed_review_is_judged_no_more(period: ReviewPeriod, rita: Any, sam: Any) -> None:
    from audit.reviews.closing import close_period

    make.judged(period, sam)
    close_period(period, actor=sam, now=MONDAY, reason="Nothing out of the ordinary.")
    with pytest.raises(WrongState, match="Reopen it"):
        judge(period, said(make.items_of(period), ""), actor=sam, now=MONDAY)
    assert take(period, actor=rita, now=MONDAY, how_many=9) == []
