"""Drafting, publishing and withdrawing plans: what is refused, who is told, and that the past stays."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from audit.events.stories import parsed
from audit.models import LedgerEvent
from policies.models import DutyAbsence, HolidayCalendar, OnCallSchedule, RotaLayer, SchedulePlan
from policies.oncall.plans import discard_draft, draft_plan, plan_change, plan_warnings, publish_plan, withdraw_plan
from policies.oncall.queries import on_call
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.models import OutboxMessage, User
from tests.factories import policies as make
from tests.factories.portal import person

pytestmark = pytest.mark.django_db
# The Monday on which the second person of a weekly rotation takes over; `now` is in the first week of Ana.
WEEK = timedelta(days=7)


@pytest.fixture
def mia() -> User:
    return person("Mia", roles=("manager",))


@pytest.fixture
def ana() -> User:
    return person("Ana", time_zone="Europe/Madrid")


@pytest.fixture
def tom() -> User:
    return person("Tom", time_zone="Asia/Kolkata")


def redraft(schedule: OnCallSchedule, mia: User, now: Any, *people: User, **fields: Any) -> SchedulePlan:
    """A draft whose only layer has these people."""
    draft = draft_plan(schedule, actor=mia, now=now)
    draft.layers.all().delete()
    make.rota_layer(draft, 1, *people, **fields)
    return draft


def published(draft: SchedulePlan, mia: User, now: Any, **fields: Any) -> SchedulePlan:
    return publish_plan(draft, actor=mia, now=now, **{"reason": "Tom joins", "accept_warnings": True, **fields})


def test_a_draft_copies_what_is_published_and_changes_nobodys_duty(mia: User, ana: User, tom: User, now: Any) -> None:
    window = {"weekdays": 127, "starts": time(8), "ends": time(20)}
    rota = make.schedule(ana, tom, zone="Europe/Madrid", layers=({"windows": (window,)},))
    draft = draft_plan(rota, actor=mia, now=now, reason="Tom moves")
    layer = draft.layers.get()
    assert (draft.state, draft.number, draft.time_zone) == ("draft", 2, "Europe/Madrid")
    assert [member.person for member in layer.members.all()] == [ana, tom]
    assert layer.windows.get().ends == time(20)
    layer.members.all().delete()
    assert on_call(rota, now) is not None
    with pytest.raises(WrongState, match="There is a draft"):
        draft_plan(rota, actor=mia, now=now)


def test_a_published_plan_counts_from_its_start_and_tells_each_person_once_in_their_zone(mia: User, ana: User, tom: User, now: Any) -> None:
    rota = make.schedule(ana)
    plan = published(redraft(rota, mia, now, tom), mia, now, effective_from=now + WEEK)
    assert plan.content is not None
    assert (on_call(rota, now).person_name, on_call(rota, now + WEEK).person_name) == ("Ana", "Tom")  # type: ignore[union-attr]
    told = {message.person: message.body for message in OutboxMessage.objects.filter(kind="duty.plan")}
    assert set(told) == {ana, tom}
    assert "no longer on duty from Mon 09 Mar 2026, 10:00 CET" in told[ana]
    assert "You are on duty from Mon 09 Mar 2026, 14:30 IST" in told[tom]
    assert "Tom joins" in told[tom]
    event = LedgerEvent.objects.filter(type="schedule_plan.published").get()
    assert parsed(event.payload)["details"]["told"] == ["Ana", "Tom"]
    assert SchedulePlan.history.filter(id=plan.pk, state="published", history_user=mia).count() == 1


def test_before_and_after_name_the_changed_times_and_the_people(mia: User, ana: User, tom: User, now: Any) -> None:
    rota = make.schedule(ana)
    change = plan_change(redraft(rota, mia, now, ana, tom), None, now)
    # Weeks of Ana and Tom: of the next 90 days Tom takes every second one.
    assert {(found.before.name, found.after.name) for found in change.changes if found.before and found.after} == {("Ana", "Tom")}
    assert [(person.name) for person in change.people] == ["Ana", "Tom"]
    assert change.until - change.since == timedelta(days=90)
    assert OutboxMessage.objects.count() == 0


def test_warnings_are_told_and_must_be_accepted(mia: User, ana: User, tom: User, now: Any) -> None:
    rota = make.schedule(ana)
    draft = redraft(rota, mia, now, tom, windows=({"weekdays": 31, "starts": time(9), "ends": time(17)},))
    DutyAbsence.objects.create(person=tom, starts_at=now + WEEK, ends_at=now + WEEK * 2, made_at=now)
    tom.contact_points.update(active=False)
    warnings = plan_warnings(draft, None, now)
    assert any(text.startswith("Nobody is on duty from") for text in warnings)
    assert any("Tom is away from Mon 09 Mar 2026, 09:00 UTC" in text for text in warnings)
    assert any("Tom stands in the rotation and has no active contact point" in text for text in warnings)
    with pytest.raises(InvalidInput) as refused:
        publish_plan(draft, actor=mia, now=now, reason="Office hours")
    assert refused.value.fields == {"accept_warnings": warnings}
    draft.refresh_from_db()
    assert draft.state == "draft"
    assert published(draft, mia, now).state == "published"


def test_what_cannot_be_published_is_said_in_words(mia: User, ana: User, now: Any) -> None:
    gone = person("Gone")
    User.objects.filter(pk=gone.pk).update(is_active=False)
    rota = make.schedule(ana)
    draft = redraft(rota, mia, now, gone)
    SchedulePlan.objects.filter(pk=draft.pk).update(time_zone="Europe/Atlantis")
    make.rota_layer(draft, 2, name="Empty", holidays="not")
    with pytest.raises(InvalidInput) as refused:
        published(draft, mia, now)
    assert refused.value.fields["time_zone"] == ["'Europe/Atlantis' is not a time zone. Use a name such as Europe/Madrid."]
    said = " ".join(refused.value.fields["layers"])
    assert "Gone in layer First line can no longer sign in" in said
    assert "nobody in layer Empty" in said
    assert "has no holiday calendar" in said
    assert OutboxMessage.objects.count() == 0


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"effective_from": datetime(2026, 3, 1, tzinfo=UTC)}, "effective_from"),
        ({"effective_from": datetime(2026, 4, 1)}, "effective_from"),  # noqa: DTZ001  on purpose
        ({"reason": "  "}, "reason"),
        ({"reason": "x" * 251}, "reason"),
    ],
)
def test_a_start_in_the_past_or_no_reason_is_refused(mia: User, ana: User, now: Any, fields: Any, field: str) -> None:
    draft = redraft(make.schedule(ana), mia, now, ana)
    with pytest.raises(InvalidInput) as refused:
        published(draft, mia, now, **fields)
    assert field in refused.value.fields


def test_only_who_may_plans_and_publishes(ana: User, mia: User, now: Any) -> None:
    rota = make.schedule(ana)
    with pytest.raises(NotAllowed):
        draft_plan(rota, actor=ana, now=now)
    with pytest.raises(NotAllowed):
        published(redraft(rota, mia, now, ana), ana, now)


def test_a_plan_without_anybody_who_is_on_duty_is_refused(mia: User, ana: User, now: Any) -> None:
    draft = redraft(make.schedule(), mia, now, ana, shadow=True)
    with pytest.raises(InvalidInput, match="no layer that puts anybody on duty"):
        published(draft, mia, now)


def test_a_discarded_draft_is_gone_with_its_history_kept(mia: User, ana: User, now: Any) -> None:
    rota = make.schedule(ana)
    draft = draft_plan(rota, actor=mia, now=now)
    layer = draft.layers.get()
    discard_draft(draft, actor=mia, now=now, reason="Not now")
    assert rota.plans.count() == 1
    assert RotaLayer.history.filter(id=layer.pk, history_type="-", history_user=mia).count() == 1
    with pytest.raises(WrongState, match="discarded meanwhile"):
        published(draft, mia, now)
    with pytest.raises(WrongState, match="is published by now"):
        discard_draft(rota.plans.get(), actor=mia, now=now)


def test_a_plan_that_has_not_begun_is_withdrawn_and_whoever_it_touched_is_told(mia: User, ana: User, tom: User, now: Any) -> None:
    rota = make.schedule(ana)
    plan = published(redraft(rota, mia, now, tom), mia, now, effective_from=now + WEEK)
    OutboxMessage.objects.all().delete()
    withdrawn = withdraw_plan(plan, actor=mia, now=now + timedelta(days=1), reason="Tom stays where he is")
    assert withdrawn.state == "withdrawn"
    assert on_call(rota, now + WEEK).person_name == "Ana"  # type: ignore[union-attr]
    assert {message.person.display_name for message in OutboxMessage.objects.all()} == {"Ana", "Tom"}
    with pytest.raises(WrongState, match="nothing to withdraw"):
        withdraw_plan(plan, actor=mia, now=now + timedelta(days=1), reason="Again")


def test_a_plan_that_has_begun_stays(mia: User, ana: User, now: Any) -> None:
    plan = make.schedule(ana).plans.get()
    with pytest.raises(WrongState, match="has begun, so it stays"):
        withdraw_plan(plan, actor=mia, now=now, reason="No")


def test_two_plans_of_one_start_are_refused(mia: User, ana: User, now: Any) -> None:
    rota = make.schedule(ana)
    published(redraft(rota, mia, now, ana), mia, now, effective_from=now + WEEK)
    with pytest.raises(InvalidInput, match="begins at the same instant"):
        published(draft_plan(rota, actor=mia, now=now), mia, now, effective_from=now + WEEK)


def test_a_layer_that_minds_holidays_goes_by_the_calendar_of_its_plan(mia: User, ana: User, now: Any) -> None:
    spain = HolidayCalendar.objects.create(name="Spain")
    spain.days.create(day=date(2026, 3, 4), name="A day off")
    rota = make.schedule()
    draft = redraft(rota, mia, now, ana, holidays="not")
    SchedulePlan.objects.filter(pk=draft.pk).update(holiday_calendar=spain)
    published(draft, mia, now)
    assert on_call(rota, datetime(2026, 3, 4, 12, tzinfo=UTC)) is None
    assert on_call(rota, datetime(2026, 3, 5, 12, tzinfo=UTC)) is not None
