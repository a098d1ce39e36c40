"""Plans of reviews: made, changed and retired by whoever may, with a reason; what cannot be carried out is refused in words."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from audit.models import LedgerEvent, ReviewPeriod, ReviewPlan
from audit.reading.services import VIEWS
from audit.reviews.opening import open_due
from audit.reviews.plans import FURTHEST_BACK_DAYS, FURTHEST_ON_DAYS, change_plan, make_plan, retire_plan
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from tests.factories import log_reviews as make
from tests.factories.log_reviews import MONDAY, SUNDAY
from tests.factories.portal import person

pytestmark = pytest.mark.django_db


def wanted(by: Any, **more: Any) -> dict[str, Any]:
    return {"name": "Daily", "view": make.view(by), "first_day": SUNDAY, "owner": by} | more


def made(by: Any, **more: Any) -> ReviewPlan:
    return make_plan(wanted(by, **more), actor=by, now=MONDAY, reason="PCI DSS 10.4")


def changed(plan: ReviewPlan, *, by: Any = None, **fields: Any) -> ReviewPlan:
    return change_plan(plan, fields, actor=by or plan.owner, now=MONDAY, reason="As agreed")


def event(kind: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(LedgerEvent.objects.filter(type=kind).latest("id").payload)
    return found


def problems(refused: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = refused.value.fields
    return found


def test_a_plan_is_made_with_whom_it_names_told_by_key(rita: Any, sam: Any) -> None:
    plan = made(rita, reviewers=[sam], tell=[rita], selection="every", number=10, rationale="By the risk analysis")
    assert (list(plan.reviewers.all()), list(plan.tell.all()), plan.rule.in_words()) == ([sam], [rita], "every 10th entry")
    told = event("log_review.plan_made")
    assert (told["why"], told["obj"]["pk"]) == ("PCI DSS 10.4", str(plan.pk))
    assert (told["details"]["reviewers"], told["details"]["tell"]) == ([f"{{person:{sam.pk}}}"], [f"{{person:{rita.pk}}}"])
    assert "Sam Signer" not in LedgerEvent.objects.latest("id").payload
    assert {row.history_user for row in plan.history.all()} == {rita}


def test_a_change_is_told_with_whom_it_names_and_counts_from_the_next_review_on(rita: Any, sam: Any) -> None:
    plan = made(rita, first_day=SUNDAY, reviewers=[rita])
    opened = make.opened(plan)
    changed(plan, selection="random", number=5, rationale="Enough", reviewers=[sam])
    told = event("log_review.plan_changed")
    assert told["details"]["reviewers"] == {"before": [f"{{person:{rita.pk}}}"], "after": [f"{{person:{sam.pk}}}"]}
    opened.refresh_from_db()
    assert opened.rule["selection"] == "all"
    after = make.opened(plan, now=MONDAY + timedelta(days=1))
    assert (after.rule["selection"], after.pk != opened.pk) == ("random", True)


def test_the_same_again_is_no_change(rita: Any, sam: Any) -> None:
    plan = made(rita, reviewers=[sam])
    before = LedgerEvent.objects.count(), plan.history.count()
    changed(plan, name="Daily", reviewers=[sam], always=[])
    assert (LedgerEvent.objects.count(), plan.history.count()) == before


@pytest.mark.parametrize("role", ["auditor", "manager", "approver", "administrator", "responder", "commander", "stakeholder"])
def test_only_compliance_makes_changes_and_retires_a_plan(role: str, rita: Any) -> None:
    other, plan = person("Other", roles=(role,)), made(rita)
    attempts: tuple[Callable[[], ReviewPlan], ...] = (
        lambda: make_plan(wanted(rita, name="Another"), actor=other, now=MONDAY, reason="x"),
        lambda: change_plan(plan, {"name": "Another"}, actor=other, now=MONDAY, reason="x"),
        lambda: retire_plan(plan, actor=other, now=MONDAY, reason="x"),
        lambda: make_plan(wanted(rita, name="Another"), actor=None, now=MONDAY, reason="x"),
    )
    for refused in attempts:
        with pytest.raises(NotAllowed):
            refused()
    plan.refresh_from_db()
    assert (plan.name, plan.is_in_force, ReviewPlan.objects.count()) == ("Daily", True, 1)


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"name": ""}, "name", "blank"),
        ({"name": "x" * 101}, "name", "100"),
        ({"name": "Daily\u202egnp"}, "name", "visible"),
        ({"rhythm": "hourly"}, "rhythm", "not a valid choice"),
        ({"time_zone": "Mars/Olympus"}, "time_zone", "Mars"),
        ({"first_day": MONDAY.date() - timedelta(days=FURTHEST_BACK_DAYS + 1)}, "first_day", "every stretch since then"),
        ({"first_day": MONDAY.date() + timedelta(days=FURTHEST_ON_DAYS + 1)}, "first_day", "within a year"),
        ({"first_day": date.max}, "first_day", "within a year"),
        ({"first_day": date.min}, "first_day", "every stretch since then"),
        ({"due_within": 0}, "due_within", "greater than or equal to 1"),
        ({"due_within": 91}, "due_within", "less than or equal to 90"),
        ({"selection": "random", "number": 20}, "", "the reason why it is enough"),
        ({"selection": "every", "rationale": "x"}, "", "A sample needs a number"),
        ({"number": 3}, "", "takes neither"),
        ({"always": ["no.such"]}, "always", "no type called no.such"),
        ({"always": [" access.denied"]}, "always", "as the trail calls them"),
    ],
)
def test_what_cannot_be_carried_out_is_refused_in_words(fields: dict[str, Any], field: str, said: str, rita: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        made(rita, **fields)
    assert said in problems(refused)[field][0]
    plan = made(rita)
    with pytest.raises(InvalidInput) as refused:
        changed(plan, **fields)
    assert said in problems(refused)[field][0]
    assert (ReviewPlan.objects.get(), ReviewPlan.objects.get().number) == (plan, 0)


def test_two_plans_do_not_have_one_name_and_a_reason_is_needed(rita: Any) -> None:
    made(rita)
    with pytest.raises(InvalidInput) as refused:
        made(rita)
    assert "already exists" in problems(refused)["name"][0]
    with pytest.raises(InvalidInput) as refused:
        make_plan(wanted(rita, name="Other"), actor=rita, now=MONDAY, reason=" ")
    assert problems(refused) == {"reason": ["Say why this is reviewed."]}


def test_a_view_that_is_one_persons_or_retired_is_no_plans(rita: Any) -> None:
    own, retired = make.view(rita), make.view(rita)
    VIEWS.share(own, actor=rita, now=MONDAY, shared=False)
    VIEWS.retire(retired, actor=rita, now=MONDAY)
    own.refresh_from_db()
    retired.refresh_from_db()
    for view, said in ((own, "Only its owner sees"), (retired, "was retired")):
        with pytest.raises(InvalidInput) as refused:
            made(rita, view=view)
        assert said in problems(refused)["view"][0]


def test_who_left_is_named_by_no_plan_anew_and_hinders_no_other_change(rita: Any, sam: Any) -> None:
    plan = made(rita, reviewers=[sam], owner=sam)
    sam.is_active = False
    sam.save()
    assert changed(plan, by=rita, due_within=2).due_within == 2
    gone = person("Gone", is_active=False)
    for fields in ({"reviewers": [sam, gone]}, {"tell": [gone]}, {"owner": gone}):
        with pytest.raises(InvalidInput) as refused:
            changed(plan, by=rita, **fields)
        assert problems(refused) == {next(iter(fields)): ["No longer here: Gone. Name somebody else."]}
    with pytest.raises(InvalidInput):
        made(rita, name="New", owner=gone)


def test_a_retired_plan_is_changed_and_retired_no_more(rita: Any) -> None:
    plan = made(rita)
    retire_plan(plan, actor=rita, now=MONDAY, reason="Another takes its place")
    with pytest.raises(WrongState):
        changed(plan, due_within=3)
    with pytest.raises(WrongState):
        retire_plan(plan, actor=rita, now=MONDAY, reason="x")


def test_a_change_takes_nothing_back_that_somebody_else_changed_meanwhile(rita: Any) -> None:
    plan = made(rita)
    read_before = ReviewPlan.objects.get()
    changed(plan, due_within=5)
    changed(read_before, time_zone="Europe/Madrid")
    plan.refresh_from_db()
    assert (plan.due_within, plan.time_zone) == (5, "Europe/Madrid")


def test_the_first_day_is_free_again_once_its_review_has_opened(rita: Any) -> None:
    """It counts no more then, so an old plan can still be changed."""
    plan = made(rita)
    make.opened(plan)
    later = MONDAY + timedelta(days=400)
    change_plan(plan, {"due_within": 3}, actor=rita, now=later, reason="More time")
    assert (open_due(now=MONDAY), ReviewPeriod.objects.count()) == ([], 1)
