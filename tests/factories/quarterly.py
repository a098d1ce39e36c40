"""Quarterly reviews: a small bank with a quarter behind it, and people who prepare, decide and sign."""

from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from incidents.models import Incident
from policies.models import BusinessUnit, Service
from reports.models import QuarterlyReview
from reports.packs.quarters import Quarter
from reports.quarterly.actions import agree_action
from reports.quarterly.opening import open_review
from reports.quarterly.signing import sign_review, submit_review, write_summary
from tests.factories.portal import person

# The quarter that is looked at, and a morning after it.
QUARTER = Quarter(2026, 1)
DURING = datetime(2026, 2, 10, 9, 0, tzinfo=UTC)
AFTER = datetime(2026, 4, 2, 9, 0, tzinfo=UTC)
LATER = date(2026, 5, 1)
# All of one length, so that names keep their order however many were made in this process before.
_numbers = count(10_001)


def unit(name: str, *, part_of: BusinessUnit | None = None, services: int = 1) -> BusinessUnit:
    """A business unit with services."""
    made = BusinessUnit.objects.create(name=name, part_of=part_of)
    for _ in range(services):
        number = next(_numbers)
        Service.objects.create(name=f"{name} service {number}", key=f"quarterly-{number}", business_unit=made)
    return made


def incidents(of: BusinessUnit | None, number: int = 3, *, at: datetime = DURING, **fields: Any) -> list[Incident]:
    """Incidents of the unit's first service, resolved after an hour each, opened a day apart."""
    service = Service.objects.filter(business_unit=of).order_by("pk")[0]
    made = []
    for each in range(number):
        opened = at + timedelta(days=each)
        values = {
            "state": "resolved",
            "acknowledged_at": opened + timedelta(minutes=5),
            "resolved_at": opened + timedelta(hours=1),
            **fields,
        }
        made.append(
            Incident.objects.create(
                number=f"INC{next(_numbers) + 5_000_000:07d}", title="Card payments fail", service=service, opened_at=opened, priority=2,
                origin="imported", **values,
            )
        )  # fmt: skip
    return made


def compliance(name: str = "Cora Compliance", **fields: Any) -> Any:
    return person(name, roles=("compliance",), **fields)


def manager(name: str = "Mona Manager", **fields: Any) -> Any:
    return person(name, roles=("manager",), **fields)


def committee(name: str = "Rolf Risk", **fields: Any) -> Any:
    return person(name, roles=("approver",), **fields)


def opened(of: BusinessUnit | None = None, *, by: Any = None, now: datetime = AFTER, quarter: Quarter = QUARTER) -> QuarterlyReview:
    """A review of the quarter, opened by hand."""
    return open_review(quarter, of, actor=by or compliance("Opener"), now=now, reason="The meeting is tomorrow.")


def put_up(review: QuarterlyReview, by: Any, *, now: datetime = AFTER) -> QuarterlyReview:
    """With a summary, and up for signature."""
    write_summary(review, summary="A quiet quarter.\n\n=1+1, as ever. ", agenda="Findings\nSignatures", actor=by, now=now)
    return submit_review(review, actor=by, now=now, reason="All figures were looked at.")


def signed(review: QuarterlyReview, by: Any, *others: Any, now: datetime = AFTER) -> QuarterlyReview:
    """Put up by one person and signed by others, in their order."""
    put_up(review, by, now=now)
    for signer in others:
        sign_review(review, actor=signer, now=now, reason="Agreed.")
    review.refresh_from_db()
    return review


def action(
    review: QuarterlyReview, by: Any, owner: Any, *, title: str = "Raise the threshold", due_on: date = LATER, now: datetime = AFTER
) -> Any:
    return agree_action(review, title=title, owner=owner, due_on=due_on, actor=by, now=now)


def pattern(key: str, *, rank: int = 1, numbers: tuple[str, ...] = ("INC1", "INC2")) -> dict[str, Any]:
    """A pattern as the figures name it, as far as a review reads it."""
    return {
        "key": key, "kind": "delayed_response", "headline": f"Headline of {key}", "sentence": f"Sentence of {key}.", "also": [],
        "effect": {"name": "pace", "value": 0.5, "low": 0.4, "high": 0.7}, "confidence": {"chance": 0.0001, "rate": 0.001, "words": "good"},
        "incidents": list(numbers), "rank": rank,
    }  # fmt: skip
