"""What the database refuses about reviews by itself."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from policies.models import PolicyReview
from policies.reviews.services import open_due_reviews, sign_review
from tests.factories import policies as make
from tests.factories.portal import person
from tests.shared import shared

pytestmark = pytest.mark.django_db
APRIL = datetime(2026, 4, 1, tzinfo=UTC)


@shared
def opened(now: datetime) -> PolicyReview:
    make.in_force(now=now)
    return open_due_reviews(now=APRIL)[0]


@shared
def signed(opened: PolicyReview) -> PolicyReview:
    return sign_review(opened, actor=opened.assigned_to, now=APRIL, decision="keep", reason="Fine")


def refused(words: str, what: Any) -> None:
    with pytest.raises(DatabaseError, match=words), transaction.atomic():
        what()


def sql(statement: str, *values: Any) -> Any:
    return lambda: connection.cursor().execute(statement, values)


@pytest.mark.parametrize(
    "values",
    [
        {"reason": "Something kinder"}, {"decision": "retire"}, {"evidence": {}}, {"signed_by_name": "Somebody"},
        {"signed_at": None, "signed_by": None, "decision": ""}, {"climbed_at": APRIL},
    ],
)  # fmt: skip
def test_a_signed_review_is_never_changed(signed: PolicyReview, values: dict[str, Any]) -> None:
    refused("signed review is never changed", lambda: PolicyReview.objects.filter(pk=signed.pk).update(**values))
    for name, value in values.items():
        setattr(signed, name, value)
    refused("signed review is never changed", signed.save)
    refused("signed review is never changed", lambda: PolicyReview.objects.bulk_update([signed], list(values)))


def test_raw_sql_changes_and_removes_no_signed_review(signed: PolicyReview) -> None:
    refused("never changed", sql("UPDATE policies_policyreview SET reason = 'x' WHERE id = %s", signed.pk))
    refused("A review stays", sql("DELETE FROM policies_policyreview WHERE id = %s", signed.pk))


def test_an_open_review_stays_and_keeps_what_it_is_about(opened: PolicyReview) -> None:
    refused("A review stays", lambda: PolicyReview.objects.all().delete())
    for values in ({"period": "2020Q1"}, {"kind": "policy"}, {"policy": make.policy()}, {"opened_at": APRIL.replace(year=2020)}):
        refused("keeps its policy", lambda values=values: PolicyReview.objects.filter(pk=opened.pk).update(**values))
    assert PolicyReview.objects.filter(pk=opened.pk).update(assigned_to=person("Deputy")) == 1


def test_a_review_is_not_born_signed_or_signed_by_half(opened: PolicyReview, signed: PolicyReview) -> None:
    copy = PolicyReview.objects.get(pk=signed.pk)
    copy.pk, copy.period = None, "2019Q1"
    refused("opened before it is signed", lambda: copy.save(force_insert=True))


def test_a_signature_is_whole(opened: PolicyReview) -> None:
    refused("review_is_signed_whole", lambda: PolicyReview.objects.filter(pk=opened.pk).update(signed_at=APRIL))
    refused("review_is_signed_whole", lambda: PolicyReview.objects.filter(pk=opened.pk).update(decision="keep"))


@pytest.mark.skipif(connection.vendor != "sqlite", reason="a statement of SQLite")
def test_nothing_is_replaced_on_sqlite(signed: PolicyReview) -> None:
    columns = "id, policy_id, kind, period, period_start, period_end, opened_at, due_at, assigned_to_id, decision, reason, signed_by_name"
    source = "FROM policies_policyreview"
    for key in ("id", "id + 1000"):
        refused(
            "There is such a review",
            sql(
                f"INSERT OR REPLACE INTO policies_policyreview ({columns}) "
                f"SELECT {key}, policy_id, kind, period, period_start, period_end, opened_at, due_at, assigned_to_id, '', '', '' {source}"
            ),
        )


@pytest.mark.skipif(connection.vendor != "postgresql", reason="a statement of PostgreSQL")
def test_nothing_is_truncated_on_postgresql(signed: PolicyReview) -> None:
    sql("SET CONSTRAINTS ALL IMMEDIATE")()
    refused("A review stays", sql("TRUNCATE policies_policyreview CASCADE"))
