"""A large quarter takes a minute to be read: nobody else may wait for that."""

from typing import Any

import pytest
from django.db import connection

from reports.models import QuarterlyReview
from reports.packs import freezing
from reports.quarterly.opening import open_due, restate
from tests.factories import quarterly as make
from tests.factories.quarterly import AFTER


@pytest.mark.django_db(transaction=True)
def test_figures_are_read_before_the_transaction_that_keeps_them(monkeypatch: pytest.MonkeyPatch) -> None:
    within: list[bool] = []
    original = freezing.read_document

    def watched(*given: Any, **named: Any) -> Any:
        within.append(connection.in_atomic_block)
        return original(*given, **named)

    monkeypatch.setattr(freezing, "read_document", watched)
    cora, mona, rolf = make.compliance(), make.manager(), make.committee("Rolf")
    payments = make.unit("Payments")
    make.incidents(payments, 1)
    review = make.opened(payments, by=cora)
    open_due(now=AFTER)
    make.signed(review, cora, make.compliance("Olga"), mona, rolf)
    restate(QuarterlyReview.objects.get(pk=review.pk), actor=cora, now=AFTER, reason="Two incidents came in late.")
    assert len(within) >= 2
    assert not any(within)
