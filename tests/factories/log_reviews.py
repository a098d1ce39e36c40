"""Plans of log reviews, entries to review, and reviews that are open."""

from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from django.db import transaction

from audit.events.services import act
from audit.ledger.services import append_all
from audit.models import ReviewItem, ReviewPeriod, ReviewPlan, SavedView
from audit.reading.filters import Filters
from audit.reading.services import save_view
from audit.reviews.judging import Judgement, judge
from audit.reviews.opening import open_due
from audit.sealing.services import seal
from portal.foundation.base_models import save_tracked
from tests.factories.portal import person

# A Sunday, and the Monday morning after it.
SUNDAY = date(2026, 3, 1)
DURING = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
# All of one length, so that names keep their order however many were made in this process before.
_numbers = count(10_001)


def reviewer(name: str = "Rita Reviewer", **fields: Any) -> Any:
    """Somebody who reviews and signs."""
    return person(name, roles=("compliance",), **fields)


def view(owner: Any, **filters: Any) -> SavedView:
    """A shared view; of everything when nothing is said."""
    return save_view(f"View {next(_numbers)}", Filters(**filters), actor=owner, now=DURING, shared=True)


def plan(owner: Any, *, of: SavedView | None = None, **fields: Any) -> ReviewPlan:
    """A daily plan from that Sunday on."""
    fields.setdefault("name", f"Plan {next(_numbers)}")
    fields.setdefault("first_day", SUNDAY)
    made = ReviewPlan(view=of or view(owner), owner=owner, **fields)
    with act("reviewplan.created", actor=owner, now=DURING) as running:
        running.subject = made
        save_tracked(made, actor=owner, now=DURING)
    return made


def happened(number: int = 1, *, by: Any = None, at: datetime = DURING, kind: str = "incident.noted", **more: Any) -> None:
    """So many entries, told at `at`, by a person or by the portal itself."""
    actor = {"id": str(by.pk), "name": "somebody", "kind": "person"} if by else {"id": "", "name": "engine", "kind": "system"}
    with transaction.atomic():
        append_all([{"type": kind, "actor": actor, "why": f"Number {each}", **more} for each in range(number)], now=at)


def opened(of: ReviewPlan, *, now: datetime = MONDAY) -> ReviewPeriod:
    """Seals, opens what is due, and answers with the newest review of the plan."""
    # The sealer's sign of life: without anything new it would sign nothing.
    happened(1, at=now, kind="ledger.heartbeat")
    seal(now)
    open_due(now=now)
    return ReviewPeriod.objects.filter(plan=of).latest("since")


def of_incidents(owner: Any) -> SavedView:
    """What is told of incidents alone, so that a test knows its entries."""
    return view(owner, type=("incident.*",))


def items_of(period: ReviewPeriod) -> list[ReviewItem]:
    return list(period.items.order_by("place"))


def judged(period: ReviewPeriod, by: Any, *, mark: str = "reviewed", note: str = "", now: datetime = MONDAY) -> None:
    """Every entry that is not judged, in one batch."""
    marks = [Judgement(item.pk, mark, note) for item in period.items.filter(mark="")]
    outcome = judge(period, marks, actor=by, now=now)
    assert outcome.refused == {}
