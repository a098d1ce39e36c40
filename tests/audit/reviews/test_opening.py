"""Reviews open by themselves, each once, with what was sealed of their time."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from audit.ledger.services import append
from audit.models import LedgerEvent, ReviewItem, ReviewPeriod
from audit.reviews import opening
from audit.reviews.frozen import drawn_again
from audit.reviews.opening import open_due
from audit.sealing.services import seal
from portal.foundation.each_alone import Unfinished
from tests.factories import log_reviews as make
from tests.factories.log_reviews import DURING, MONDAY

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def test_a_review_opens_with_every_entry_of_its_day_once_that_is_sealed(rita: Any) -> None:
    make.happened(3)
    make.happened(1, at=DURING - DAY)
    plan = make.plan(rita, of=make.of_incidents(rita))
    assert open_due(now=MONDAY) == []
    seal(MONDAY - DAY / 2)
    assert open_due(now=MONDAY) == []
    period = make.opened(plan)
    assert (period.state, period.days, period.entries, period.drawn) == ("open", "1 March 2026", 3, 3)
    assert drawn_again(period)[:2] == (3, period.digest)
    assert open_due(now=MONDAY) == []
    told = json.loads(LedgerEvent.objects.get(type="log_review.opened").payload)
    assert (told["details"]["entries"], told["decision"]["population_sha256"]) == (3, period.digest)


def test_every_missed_day_opens(rita: Any) -> None:
    plan = make.plan(rita, first_day=date(2026, 2, 26))
    make.opened(plan)
    assert [one.days for one in ReviewPeriod.objects.order_by("since")] == [
        "26 February 2026",
        "27 February 2026",
        "28 February 2026",
        "1 March 2026",
    ]


def test_what_was_sealed_too_late_is_in_the_next_review_and_nothing_is_in_two(rita: Any) -> None:
    plan = make.plan(rita, of=make.of_incidents(rita))
    make.happened(2)
    first = make.opened(plan)
    make.happened(1)
    make.happened(1, at=MONDAY + timedelta(hours=1))
    second = make.opened(plan, now=MONDAY + DAY)
    assert (first.entries, second.entries) == (2, 2)
    places = list(ReviewItem.objects.order_by("place").values_list("place", flat=True))
    assert len(places) == len(set(places)) == 4


def test_marks_are_left_out_and_the_rest_of_reviewing_is_not(rita: Any) -> None:
    plan = make.plan(rita, of=make.view(rita, type=("log_review.*",)))
    make.happened(1, kind="log_review.judged")
    make.happened(1, kind="log_review.closed")
    assert make.opened(plan).entries == 1


def test_a_sample_is_drawn_by_the_rule_and_can_be_drawn_again(rita: Any) -> None:
    make.happened(20)
    make.happened(2, kind="incident.cancelled")
    sample = {"selection": "random", "number": 5, "always": ["incident.cancelled"], "rationale": "By the risk analysis of May."}
    period = make.opened(make.plan(rita, of=make.of_incidents(rita), **sample))
    assert (period.entries, period.drawn) == (22, 7)
    assert period.items.filter(drawn_as="always").count() == 2
    assert drawn_again(period)[2] == [item.place for item in make.items_of(period)]


def test_who_did_it_for_whom_and_about_whom_stands_with_each_entry(rita: Any, sam: Any) -> None:
    make.happened(1, by=sam)
    make.happened(1, obj={"model": "portal.user", "pk": str(rita.pk), "repr": "somebody"})
    with transaction.atomic():
        behalf = {"id": "", "name": "job", "kind": "system", "on_behalf_of": {"id": str(sam.pk), "name": "somebody"}}
        append({"type": "incident.noted", "actor": behalf}, now=DURING)
    items = make.items_of(make.opened(make.plan(rita, of=make.of_incidents(rita))))
    mine = str(sam.pk)
    assert [(item.actor, item.behalf, item.about) for item in items] == [(mine, "", ""), ("", "", str(rita.pk)), ("", mine, "")]


def test_a_period_keeps_the_version_of_its_view_and_the_rule_of_its_plan(rita: Any) -> None:
    from audit.reading.filters import Filters
    from audit.reading.services import change_view

    plan = make.plan(rita, of=make.of_incidents(rita))
    first = make.opened(plan)
    change_view(plan.view, Filters(type=("hold.*",)), actor=rita, now=MONDAY)
    second = make.opened(plan, now=MONDAY + DAY)
    assert (first.view_version.number, second.view_version.number) == (1, 2)


def test_a_retired_plan_opens_nothing(rita: Any) -> None:
    from audit.reviews.plans import retire_plan

    plan = make.plan(rita)
    retire_plan(plan, actor=rita, now=DURING, reason="The weekly plan takes its place.")
    seal(MONDAY)
    assert open_due(now=MONDAY) == []


def test_the_database_keeps_a_period_from_opening_twice(rita: Any) -> None:
    period = make.opened(make.plan(rita))
    columns = ", ".join(field.column for field in ReviewPeriod._meta.concrete_fields if field.name != "id")
    again = columns.replace("state", "'drawing'")
    statement = f"INSERT INTO audit_reviewperiod ({columns}) SELECT {again} FROM audit_reviewperiod WHERE id = %s"  # noqa: S608 - our own table
    with connection.cursor() as cursor, pytest.raises(IntegrityError), transaction.atomic():
        cursor.execute(statement, [period.pk])


def test_a_plan_that_fails_stops_no_other_and_is_told(rita: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    broken, sound = make.plan(rita, name="Broken"), make.plan(rita, name="Sound")
    write_items = opening.write_items

    def write(period: ReviewPeriod) -> Any:
        if period.plan_id == broken.pk:
            raise RuntimeError("its view is none")
        return write_items(period)

    monkeypatch.setattr(opening, "write_items", write)
    with pytest.raises(Unfinished, match="'Broken' failed"):
        make.opened(sound)
    assert list(ReviewPeriod.objects.values_list("plan__name", flat=True)) == ["Sound"]
    assert "its view is none" in caplog.text
    monkeypatch.undo()
    open_due(now=MONDAY)
    assert ReviewPeriod.objects.filter(plan=broken).count() == 1
