"""What must not stop, double or hide an alert: odd rows, people and rules that change under a run, odd days, long outages.

The same with real processes and real kills: tests/chaos.
"""

import logging
from collections import Counter
from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import connection

from incidents.escalation.engine import run_cycle
from incidents.escalation.oddities import TEXT
from incidents.escalation.queries import engine_health
from incidents.escalation.watchdog import sweep
from incidents.models import EngineHeartbeat, EscalationRun, EscalationStep
from policies.oncall.who import on_call_of_schedules
from tests.factories import policies as factory
from tests.factories.incidents import incident
from tests.factories.portal import contact, person

from .conftest import Scene, alerted, run_of

pytestmark = pytest.mark.django_db
HOW_MANY_DUE = 20


def plant(run: EscalationRun, when: datetime | None) -> None:
    """Writes the due time past the portal, and past the database's own rule."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA ignore_check_constraints = ON")
        else:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE incidents_escalationrun DROP CONSTRAINT live_run_has_a_next_look")
        cursor.execute("UPDATE incidents_escalationrun SET next_run_at = %s WHERE id = %s", [when, run.pk])
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA ignore_check_constraints = OFF")


def test_a_due_time_that_is_missing_is_found_said_and_taken_as_due(
    scene: Scene, caplog: pytest.LogCaptureFixture, django_capture_on_commit_callbacks: object
) -> None:
    opened = scene.open()
    scene.engine()
    plant(run_of(opened), None)
    assert engine_health(scene.now).overdue_runs == 1
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        sweep(now=scene.after(5))
    assert alerted(opened) == ["Ana", "Tom"]
    entry = opened.timeline.get(text=TEXT)
    assert "It had none at all" in entry.why
    assert [record.levelno for record in caplog.records if TEXT in record.message] == [logging.ERROR]
    assert run_of(opened).next_run_at is not None
    assert EngineHeartbeat.objects.get().swept_at == scene.after(5)


def test_a_due_time_of_long_ago_is_said_once_and_taken_as_due(scene: Scene) -> None:
    opened = scene.open()
    scene.engine()
    plant(run_of(opened), scene.after(-4 * 24 * 60))
    for minutes in (5, 6):
        scene.engine(minutes)
    assert alerted(opened) == ["Ana", "Tom"]
    assert "4 d" in opened.timeline.get(text=TEXT).why


def test_somebody_deactivated_in_the_middle_is_passed_over(scene: Scene) -> None:
    opened = scene.open()
    scene.engine()
    scene.tom.is_active = False
    scene.tom.save()
    for minutes in (5, 15):
        scene.engine(minutes)
    assert alerted(opened) == ["Ana", "Kim"]
    assert "inactive" in EscalationStep.objects.get(person_name="Tom Person").reason


def test_a_schedule_that_everybody_left_in_the_middle_is_passed_at_once(scene: Scene) -> None:
    """The database refuses a published plan without people; what empties it is that its people leave."""
    opened = scene.open()
    scene.engine()
    scene.kim.is_active = False
    scene.kim.save()
    for minutes in (5, 15):
        scene.engine(minutes)
    assert alerted(opened) == ["Ana", "Tom"]
    assert run_of(opened).state == "exhausted"


def test_a_policy_replaced_in_the_middle_does_not_change_the_run(scene: Scene) -> None:
    opened = scene.open()
    scene.engine()
    policy = scene.version.policy
    policy.refresh_from_db()
    newer = factory.draft(policy, now=scene.after(1), reason="Somebody else answers now")
    newer.levels.all().delete()
    factory.level(newer, 1, scene.olga)
    factory.approve(newer, now=scene.after(2))
    for minutes in (5, 15):
        scene.engine(minutes)
    assert alerted(opened) == ["Ana", "Tom", "Kim"]
    assert run_of(opened).policy_version == scene.version
    later = incident(scene.after(20), service=scene.service)
    scene.engine(20)
    assert alerted(later) == ["Olga"]


@pytest.mark.parametrize(
    ("zone", "change"),
    [
        ("Europe/Berlin", datetime(2026, 3, 29, 1, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2026, 10, 25, 1, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 3, 8, 7, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 11, 1, 6, tzinfo=UTC)),
        ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, tzinfo=UTC)),
        ("Australia/Lord_Howe", datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
        ("Africa/Casablanca", datetime(2026, 2, 15, 2, tzinfo=UTC)),
        ("Africa/Casablanca", datetime(2026, 3, 22, 2, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2028, 2, 29, 0, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2026, 12, 31, 23, tzinfo=UTC)),
    ],
    ids=lambda value: value.isoformat() if isinstance(value, datetime) else value,
)
def test_on_odd_days_windows_keep_their_length_and_whoever_is_on_duty_is_alerted(zone: str, change: datetime) -> None:
    people = [person(name) for name in ("Ana One", "Tom Two", "Kim Three", "Eva Four")]
    for someone in people:
        contact(someone)
    # Hours of duty by the local clock, so that a hand-over lies near every change.
    layer = {"every": 1, "unit": "hours", "handover_at": time(0, 30)}
    schedule = factory.schedule(*people, zone=zone, layers=[layer])
    service = factory.service()
    factory.in_force(service, [schedule], [schedule], [schedule], now=change - timedelta(days=2), window=timedelta(minutes=40))
    begin = change - timedelta(minutes=50)
    opened = incident(begin, service=service)
    for minute in (0, 10, 40, 50, 80, 90, 120):
        run_cycle(now=begin + timedelta(minutes=minute))
    pages = EscalationStep.objects.filter(run__incident=opened, action="paged").order_by("sequence")
    assert [page.at - begin for page in pages] == [timedelta(minutes=minutes) for minutes in (0, 40, 80)]
    on_duty = [on_call_of_schedules([schedule], page.at)[schedule.pk].person for page in pages]
    assert [page.person_name for page in pages] == [duty.name for duty in on_duty if duty]
    assert not EscalationStep.objects.exclude(late_by=None).exists()
    assert run_of(opened).state == "exhausted"


def test_after_half_an_hour_without_an_engine_each_run_makes_one_late_step(scene: Scene) -> None:
    """Five hundred of them, with processes that are killed: tests/chaos."""
    for number in range(HOW_MANY_DUE):
        scene.open(title=f"Incident {number}")
    scene.engine()
    for _ in range(3):
        scene.engine(35)
    steps = EscalationStep.objects.filter(action="paged", at=scene.after(35))
    assert Counter(steps.values_list("person_name", "late_by")) == {("Tom Person", timedelta(minutes=30)): HOW_MANY_DUE}
    assert steps.values("run").distinct().count() == HOW_MANY_DUE
    assert EngineHeartbeat.objects.get().late == HOW_MANY_DUE


def test_a_clock_set_forward_and_back_skips_nobody_and_alerts_nobody_twice(scene: Scene) -> None:
    opened = scene.open()
    for minutes in (0, 65, 5, 6, 60, 75, 90, 105):
        scene.engine(minutes)
    assert alerted(opened) == ["Ana", "Tom", "Kim"]
    assert run_of(opened).state == "exhausted"
