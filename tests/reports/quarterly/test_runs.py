"""Reviews of many incidents: asked for on a page, opened by a worker."""

import json
from datetime import timedelta
from typing import Any

import pytest

from audit.ledger.models import LedgerEvent
from portal.foundation.errors import Conflict, InvalidInput, NotAllowed, WrongState
from portal.models import User
from reports.models import QuarterlyReview, ReviewRun
from reports.packs.quarters import Quarter
from reports.quarterly import runs
from tests.factories import quarterly as make
from tests.factories.quarterly import AFTER, QUARTER

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def of_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two incidents are many here, and the worker comes when a test says so."""
    monkeypatch.setattr(runs, "READ_AT_ONCE", 1)
    monkeypatch.setattr(runs, "enqueue", lambda task, run: None)


@pytest.fixture
def cora() -> Any:
    return make.compliance()


def asked(cora: Any, unit: Any, **more: Any) -> Any:
    return runs.open_or_ask(QUARTER, unit, **{"actor": cora, "now": AFTER, "reason": "The log was brought in.", **more})


def carried_out(run: ReviewRun) -> ReviewRun:
    runs.carry_out(run.pk, clock=lambda: AFTER)
    run.refresh_from_db()
    return run


def test_a_review_of_many_incidents_is_opened_by_a_worker(cora: Any) -> None:
    payments = make.unit("Payments")
    make.incidents(payments, 2)
    run = asked(cora, payments)
    assert isinstance(run, ReviewRun)
    assert not QuarterlyReview.objects.exists()
    told = json.loads(LedgerEvent.objects.get(type="quarterly_review.asked_for").payload)
    assert (told["details"], told["why"]) == ({"quarter": "2026Q1", "unit": "Payments", "restates": 0}, "The log was brought in.")
    assert [each.pk for each in runs.going_on(AFTER)] == [run.pk]
    carried_out(run)
    review = QuarterlyReview.objects.get()
    assert (run.state, run.review, run.step, run.failure) == ("done", review, "", "")
    assert (review.unit, review.opened_by, review.figures["metrics"]["incidents_opened"]) == (payments, cora, 2)
    assert runs.going_on(AFTER) == []
    assert runs.carry_out(run.pk, clock=lambda: AFTER) is None, "a second call finds nothing to do"


def test_the_page_hears_what_the_worker_is_at(cora: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    make.incidents(make.unit("Payments"), 2)
    run, heard = asked(cora, None), []
    original = runs.open_review

    def listening(*given: Any, tell: Any, **named: Any) -> Any:
        def listened(step: str) -> None:
            tell(step)
            heard.append(ReviewRun.objects.get(pk=run.pk).step)

        return original(*given, tell=listened, **named)

    monkeypatch.setattr(runs, "open_review", listening)
    carried_out(run)
    assert heard == ["Reading incidents", "Writing the review"]


def test_few_incidents_are_opened_at_once_and_only_what_is_read_counts(cora: Any) -> None:
    payments, loans = make.unit("Payments"), make.unit("Loans")
    make.incidents(payments, 1)
    make.incidents(loans, 5)
    assert isinstance(asked(cora, payments), QuarterlyReview)
    make.incidents(payments, 9, at=QUARTER.end)
    assert not runs.is_large(QUARTER, payments), "what comes later is not read"
    make.incidents(payments, 9, at=QUARTER.start - timedelta(days=400))
    assert runs.is_large(QUARTER, payments), "what came before is held against it"
    assert runs.is_large(QUARTER, None)


def test_what_cannot_be_opened_is_refused_before_anybody_waits(cora: Any) -> None:
    make.incidents(make.unit("Payments"), 2)
    with pytest.raises(InvalidInput, match="Say why it is opened by hand"):
        asked(cora, None, reason="  ")
    with pytest.raises(NotAllowed):
        asked(make.manager(), None)
    with pytest.raises(InvalidInput):
        runs.open_or_ask(Quarter(2027, 1), None, actor=cora, now=AFTER, reason="Early.")
    asked(cora, None)
    with pytest.raises(Conflict, match="asked for it already"):
        asked(make.compliance("Olga"), None)
    assert asked(cora, None, now=AFTER + timedelta(minutes=5)), "a worker that is gone holds nobody up"


def test_a_failure_is_told_in_words(cora: Any) -> None:
    make.incidents(make.unit("Payments"), 2)
    run = asked(cora, None)
    make.opened(None)
    assert carried_out(run).state == "failed"
    assert run.failure == "2026Q1, the whole organisation is open already. Go on with that one."
    late = ReviewRun.objects.create(requested_by=cora, requested_at=AFTER, quarter="2025Q4", reason="For the auditors.")
    User.objects.filter(pk=cora.pk).update(is_active=False)
    assert carried_out(late).state == "failed"
    assert "You may not open a quarterly review" in late.failure
    assert not QuarterlyReview.objects.filter(quarter="2025Q4").exists()


def test_a_worker_that_was_gone_before_it_could_say_so_opened_it_all_the_same(cora: Any) -> None:
    make.incidents(make.unit("Payments"), 2)
    run = carried_out(asked(cora, None))
    review = run.review
    ReviewRun.objects.filter(pk=run.pk).update(state="running", review=None, looked_at=AFTER - timedelta(minutes=9))
    carried_out(run)
    assert (run.state, run.review) == ("done", review)
    assert QuarterlyReview.objects.count() == 1


def test_a_review_of_many_incidents_is_restated_by_a_worker_for_a_reason(cora: Any) -> None:
    make.incidents(make.unit("Payments"), 2)
    review = make.opened(None, by=cora)
    with pytest.raises(WrongState, match="Only what was signed is restated"):
        runs.restate_or_ask(review, actor=cora, now=AFTER, reason="Wrong.")
    make.signed(review, cora, make.compliance("Olga"), make.manager(), make.committee())
    with pytest.raises(InvalidInput, match="Say what was wrong"):
        runs.restate_or_ask(review, actor=cora, now=AFTER, reason="")
    run = runs.restate_or_ask(review, actor=cora, now=AFTER, reason="Two incidents came in late.")
    assert isinstance(run, ReviewRun)
    carried_out(run)
    assert run.review is not None
    assert (run.review.number, run.review.restates, run.review.reason) == (2, review, "Two incidents came in late.")
    with pytest.raises(Conflict, match="restated already"):
        runs.restate_or_ask(review, actor=cora, now=AFTER, reason="Again.")
