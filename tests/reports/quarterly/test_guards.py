"""Past the services: what the database itself refuses, on either of both."""

# ruff: noqa: S608 - every part is a constant
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from reports.models import QuarterlyReview, QuarterlySignature
from reports.quarterly.deciding import ask_decision, take_decision
from reports.quarterly.judging import add_finding
from reports.quarterly.signing import check_review, sign_review
from tests.factories import quarterly as make
from tests.factories.quarterly import AFTER

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(db: None) -> tuple[Any, ...]:
    return make.compliance(), make.compliance("Olga"), make.manager(), make.committee()


@pytest.fixture
def review(people: tuple[Any, ...]) -> QuarterlyReview:
    cora, _, mona, _ = people
    payments = make.unit("Payments")
    make.incidents(payments, 2)
    made = make.opened(payments, by=cora)
    finding = add_finding(made, headline="Late at night", sentence="", actor=cora, now=AFTER)
    decision = ask_decision(made, question="A second person?", finding=finding, actor=cora, now=AFTER)
    take_decision(decision, actor=mona, now=AFTER, reason="Yes.")
    make.action(made, cora, mona)
    return made


@pytest.fixture
def signed(review: QuarterlyReview, people: tuple[Any, ...]) -> QuarterlyReview:
    return make.signed(review, *people)


def refused(statement: str, *given: Any) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, given)


OF_SIGNED = (
    "UPDATE reports_quarterlyreview SET summary = 'Other.'",
    "UPDATE reports_quarterlyreview SET agenda = 'Other.'",
    "UPDATE reports_quarterlyreview SET manifest = '{}'",
    "UPDATE reports_quarterlyreview SET sha256 = 'other'",
    "UPDATE reports_quarterlyreview SET state = 'preparing'",
    "UPDATE reports_quarterlyreview SET state = 'signing', signed_at = NULL",
    "UPDATE reports_quarterlyreview SET figures = '{}'",
    "UPDATE reports_quarterlyreview SET beside = '{}'",
    "UPDATE reports_quarterlyreview SET known_until = opened_at, summary = 'x'",
    "UPDATE reports_quarterlyreview SET signed_at = opened_at",
    "UPDATE reports_quarterlyfinding SET headline = 'Other.'",
    "UPDATE reports_quarterlyfinding SET state = 'dismissed', reason = 'x'",
    "UPDATE reports_quarterlydecision SET outcome = 'No.'",
    "UPDATE reports_quarterlyaction SET title = 'Nothing'",
    "UPDATE reports_quarterlysignature SET by_name = 'Somebody'",
    "UPDATE reports_quarterlysignature SET words = 'Other.'",
    "INSERT INTO reports_quarterlyfinding (review_id, key, kind, rank, headline, sentence, proposed_headline, proposed_sentence, effect, confidence, "
    "incidents, state, reason, made_at) SELECT review_id, 'x', '', 9, 'More', '', '', '', '', '', '[]', 'proposed', '', made_at FROM reports_quarterlyfinding",
    "INSERT INTO reports_quarterlydecision (review_id, question, state, outcome, made_by_id, made_at) "
    "SELECT review_id, 'More?', 'to_take', '', made_by_id, made_at FROM reports_quarterlydecision",
    "INSERT INTO reports_quarterlyaction (review_id, title, owner_id, due_on, state, outcome, made_by_id, made_at) "
    "SELECT review_id, 'More', owner_id, due_on, 'open', '', made_by_id, made_at FROM reports_quarterlyaction",
    "INSERT INTO reports_quarterlysignature (review_id, round, position, title, role, by_name, words, sha256) "
    "SELECT review_id, 7, position, title, role, '', '', '' FROM reports_quarterlysignature",
    *(f"DELETE FROM reports_quarterly{name}" for name in ("signature", "action", "decision", "finding", "review")),
)


@pytest.mark.parametrize("statement", OF_SIGNED)
def test_what_is_signed_cannot_be_touched(signed: QuarterlyReview, statement: str) -> None:
    refused(statement)


OF_PREPARED = (
    "UPDATE reports_quarterlyreview SET figures = '{}'",
    "UPDATE reports_quarterlyreview SET figures_sha256 = 'other'",
    "UPDATE reports_quarterlyreview SET due_at = opened_at",
    "UPDATE reports_quarterlyreview SET frozen_id = NULL",
    "UPDATE reports_quarterlyreview SET quarter = '2025Q4'",
    "UPDATE reports_quarterlyreview SET unit_id = NULL",
    "UPDATE reports_quarterlyreview SET units = '[]'",
    "UPDATE reports_quarterlyreview SET state = 'provisional'",
    "UPDATE reports_quarterlyreview SET state = 'signing', sha256 = 'x', submitted_at = opened_at, submitted_by_id = opened_by_id",
    "UPDATE reports_quarterlyreview SET state = 'signed', sha256 = 'x', submitted_at = opened_at, submitted_by_id = opened_by_id, round = 1, signed_at = opened_at",
    "UPDATE reports_quarterlyfinding SET proposed_headline = 'Mine'",
    "UPDATE reports_quarterlydecision SET question = 'Mine?'",
    "UPDATE reports_quarterlyaction SET title = 'Nothing'",
    "UPDATE reports_quarterlyaction SET state = 'done'",
    "INSERT INTO reports_quarterlyreview (quarter, unit_name, units, parts, number, reason, state, opened_at, due_at, known_until, figures, "
    "figures_sha256, beside, agenda, summary, round, manifest, sha256) SELECT '2020Q1', '', '[]', '[]', 1, '', 'signed', opened_at, due_at, "
    "known_until, '{}', '', '{}', '', '', 1, 'x', 'x' FROM reports_quarterlyreview",
    "INSERT INTO reports_quarterlyreview (quarter, unit_name, units, parts, number, reason, state, opened_at, due_at, known_until, figures, "
    "figures_sha256, beside, agenda, summary, round, manifest, sha256) SELECT '2020Q1', '', '[]', '[]', 2, '', 'preparing', opened_at, due_at, "
    "known_until, '{}', '', '{}', '', '', 0, '', '' FROM reports_quarterlyreview",
)


@pytest.mark.parametrize("statement", OF_PREPARED)
def test_figures_identity_and_states_are_kept_while_it_is_prepared(review: QuarterlyReview, statement: str) -> None:
    refused(statement)


def test_nobody_signs_out_of_order_twice_or_for_something_else(review: QuarterlyReview, people: tuple[Any, ...]) -> None:
    cora, olga, mona, rolf = people
    make.put_up(review, cora)
    review.refresh_from_db()
    sign = "UPDATE reports_quarterlysignature SET by_id = %s, by_name = 'x', at = CURRENT_TIMESTAMP, words = 'x', sha256 = %s WHERE position = %s"
    refused(sign, rolf.pk, review.sha256, 3)
    refused(sign, mona.pk, review.sha256, 2)
    refused(sign, olga.pk, "another", 1)
    sign_review(review, actor=olga, now=AFTER, reason="Agreed.")
    refused(sign, cora.pk, review.sha256, 1)
    refused(sign, olga.pk, review.sha256, 2)
    refused("UPDATE reports_quarterlyreview SET state = 'signed', signed_at = submitted_at")
    refused("UPDATE reports_quarterlyreview SET summary = 'Other.'")
    refused("UPDATE reports_quarterlyreview SET round = 2")
    assert QuarterlySignature.objects.exclude(by=None).count() == 1


@pytest.mark.skipif(connection.vendor != "sqlite", reason="Only SQLite writes over rows by INSERT OR REPLACE.")
def test_rows_are_not_written_over(signed: QuarterlyReview) -> None:
    for name in ("review", "finding", "decision", "action", "signature"):
        table = f"reports_quarterly{name}"
        refused(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")


@pytest.mark.skipif(connection.vendor != "postgresql", reason="Only PostgreSQL has TRUNCATE.")
def test_tables_are_not_emptied(signed: QuarterlyReview) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for name in ("review", "finding", "decision", "action", "signature"):
        refused(f"TRUNCATE reports_quarterly{name} CASCADE")


def test_what_got_past_the_guards_is_named_by_the_check(signed: QuarterlyReview) -> None:
    assert check_review(signed) == []
    drop = {
        "sqlite": "DROP TRIGGER reports_quarterlyfinding_frozen",
        "postgresql": "DROP TRIGGER reports_quarterlyfinding_frozen ON reports_quarterlyfinding",
    }
    with connection.cursor() as cursor:
        cursor.execute(drop[connection.vendor])
        cursor.execute("UPDATE reports_quarterlyfinding SET headline = 'All was well'")
    assert check_review(signed) == ["The part 'findings' is not what was signed."]
