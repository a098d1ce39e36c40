"""Feedback that waits is answered by an action of a review, and leads there and back."""

from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from incidents.feedback.services import leave, withdraw
from incidents.models import Feedback
from policies.models import BusinessUnit, Service
from portal.foundation.errors import InvalidInput, WrongState
from reports.models import QuarterlyAction, QuarterlyReview
from reports.quarterly.actions import agree_action
from reports.quarterly.queries import waiting_in
from tests.factories.feedback import feedback
from tests.factories.incidents import service
from tests.factories.quarterly import AFTER
from tests.untold import untold

pytestmark = pytest.mark.django_db


@pytest.fixture
def cards(payments: BusinessUnit) -> Service:
    return service("Cards abroad", business_unit=payments)


def said(about: Service, **fields: Any) -> Feedback:
    return feedback(AFTER, service=about, text="Mrs Zyxwva waited", **{"given_on": date(2026, 2, 3)} | fields)


def agreed(review: QuarterlyReview, about: Feedback, actor: Any, owner: Any) -> QuarterlyAction:
    return agree_action(review, title="Call back sooner", owner=owner, due_on=date(2026, 6, 1), actor=actor, now=AFTER, feedback=about)


def test_an_action_comes_of_it_and_it_waits_no_longer(review: QuarterlyReview, cards: Service, cora: Any, mona: Any) -> None:
    waits = said(cards)
    assert list(waiting_in(review)) == [waits]
    first = agreed(review, waits, cora, mona)
    waits.refresh_from_db()
    assert (waits.outcome, first.feedback) == ("action", waits)
    assert waits.settlement.startswith(f"Action {first.pk} of the")
    assert list(waiting_in(review)) == []
    agreed(review, waits, cora, mona)
    assert waits.actions.count() == 2
    assert untold() == []


def test_what_is_not_of_this_review_or_ended_takes_no_action(review: QuarterlyReview, cards: Service, cora: Any, mona: Any) -> None:
    elsewhere, nothing, gone = said(service("Loans")), said(cards), said(cards)
    leave(nothing, actor=mona, now=AFTER, reason="Praise.")
    withdraw(gone, actor=mona, now=AFTER, reason="Twice.")
    with pytest.raises(InvalidInput, match="another business unit"):
        agreed(review, elsewhere, cora, mona)
    for ended in (nothing, gone):
        with pytest.raises(WrongState):
            agreed(review, ended, cora, mona)
    assert not QuarterlyAction.objects.exists()
    assert not waiting_in(review).exists()


def test_the_database_keeps_what_an_action_was_agreed_because_of(review: QuarterlyReview, cards: Service, cora: Any, mona: Any) -> None:
    agreed(review, said(cards), cora, mona)
    with pytest.raises(DatabaseError, match="stays what was agreed"), transaction.atomic():
        QuarterlyAction.objects.update(feedback=None)


def test_pages_lead_from_the_review_to_feedback_and_to_what_is_done(
    client: Client, review: QuarterlyReview, cards: Service, cora: Any, mona: Any
) -> None:
    waits = said(cards, satisfaction=2)
    client.force_login(cora)
    page = client.get(reverse("admin:reports_quarterlyreview_change", args=[review.pk])).content.decode()
    assert "See the feedback" in page
    assert "given_on__gte=2026-01-01&amp;given_on__lt=2026-04-01&amp;is=counting" in page
    listed = client.get(
        reverse("admin:incidents_feedback_changelist"),
        {
            "given_on__gte": "2026-01-01",
            "given_on__lt": "2026-04-01",
            "is": "counting",
            "service__business_unit__id__exact": review.unit_id,
        },
    )
    assert [row.pk for row in listed.context["cl"].result_list] == [waits.pk]
    address = reverse("admin:reports_quarterlyreview_do", args=[review.pk, "agree-action"])
    asked = client.get(address).content.decode()
    assert f"Feedback {waits.pk}: customer, Cards abroad, 3 Feb 2026, 2 of 5" in asked
    assert "Zyxwva" not in asked
    data = {"title": "Call back sooner", "owner": mona.pk, "due_on": "2999-01-01", "feedback": waits.pk}
    assert client.post(address, data).status_code == 302
    action = QuarterlyAction.objects.get()
    shown = client.get(reverse("admin:incidents_feedback_change", args=[waits.pk])).content.decode()
    actions = reverse("admin:reports_quarterlyaction_changelist")
    assert f"{actions}?feedback__id__exact={waits.pk}" in shown
    assert client.get(actions, {"feedback__id__exact": waits.pk}).status_code == 200
    back = client.get(reverse("admin:reports_quarterlyaction_change", args=[action.pk])).content.decode()
    assert reverse("admin:incidents_feedback_change", args=[waits.pk]) in back


def test_the_api_takes_feedback_that_is_there(review: QuarterlyReview, cards: Service, cora: Any, mona: Any) -> None:
    waits = said(cards)
    api = APIClient()
    api.force_authenticate(cora)
    body = {"title": "Call back sooner", "owner": mona.username, "due_on": "2999-01-01"}
    assert api.post(f"/api/v1/quarterly-reviews/{review.pk}/actions/", {**body, "feedback": 987_654}, format="json").status_code == 400
    answer = api.post(f"/api/v1/quarterly-reviews/{review.pk}/actions/", {**body, "feedback": waits.pk}, format="json")
    assert answer.status_code == 201, answer.content
    assert answer.json()["feedback"] == waits.pk
