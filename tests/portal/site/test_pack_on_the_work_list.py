"""What the work list says of the last quarter's pack: from its review where there is one, else as somebody built it."""

from typing import Any

import pytest

from portal.foundation import clock
from portal.site.dashboard.queries import quarterly_review
from reports.models import QuarterlyReview
from reports.quarterly.packing import finish_signed
from tests.factories import quarterly as make
from tests.factories.quarterly import AFTER

pytestmark = pytest.mark.django_db


@pytest.fixture
def cora(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(clock, "now", lambda: AFTER)
    return make.compliance()


def told(cora: Any) -> tuple[str, str]:
    row = quarterly_review(cora, AFTER).rows[0]
    return row.text, row.url


def test_it_follows_the_review_of_the_whole_from_opening_to_the_finished_pack(cora: Any) -> None:
    payments = make.unit("Payments")
    make.opened(payments, by=cora)
    assert told(cora)[0] == "The pack of 2026Q1 has not been built", "a unit's review is not that of the whole"
    review = make.opened(None, by=cora)
    assert told(cora) == (
        "The pack of 2026Q1 comes with the last signature of its review",
        f"/admin/reports/quarterlyreview/{review.pk}/change/",
    )
    make.signed(review, cora, make.compliance("Olga"), make.manager(), make.committee())
    assert told(cora) == ("The pack of 2026Q1 is being made", f"/admin/reports/frozenfigures/{review.frozen_id}/change/")
    assert QuarterlyReview.objects.get(unit=None).is_signed
    assert finish_signed(now=AFTER) == 1
    assert told(cora) == ("The pack of 2026Q1 is signed and finished", f"/admin/reports/frozenfigures/{review.frozen_id}/change/")
