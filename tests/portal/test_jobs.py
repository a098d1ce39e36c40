"""Declared jobs and the schedules that say the same."""

from datetime import datetime, timedelta
from importlib import import_module

import pytest
from django.core.management import call_command
from django_q.models import Schedule

from portal.foundation.jobs import jobs, sync_jobs

pytestmark = pytest.mark.django_db


def test_every_declared_job_names_a_function_that_exists() -> None:
    declared = dict(jobs)
    assert {"deliver-due", "engine-sweep"} <= set(declared)
    for job in declared.values():
        module, _, name = job.function.rpartition(".")
        assert callable(getattr(import_module(module), name))


def test_schedules_are_created_corrected_and_removed_and_others_left_alone(now: datetime) -> None:
    by_hand = Schedule.objects.create(name="by hand", func="portal.tasks.deliver_due")
    Schedule.objects.create(name="portal: gone", func="nowhere")
    sync_jobs(now=now)
    assert sync_jobs(now=now) == []
    Schedule.objects.filter(name="portal: deliver-due").update(minutes=99)
    Schedule.objects.create(name="portal: engine-sweep", func="incidents.tasks.engine_sweep")
    changed = sync_jobs(now=now)
    assert changed == ["Corrected portal: deliver-due, every 1 min", "Removed a second portal: engine-sweep"]
    assert set(Schedule.objects.values_list("name", flat=True)) == {f"portal: {name}" for name, _ in jobs} | {by_hand.name}


def test_two_jobs_that_share_their_work_stay_half_a_minute_apart(now: datetime) -> None:
    sync_jobs(now=now)
    sync_jobs(now=now + timedelta(hours=1))
    first, second = (Schedule.objects.get(name=f"portal: {name}") for name in ("prepare-facts", "prepare-facts-between"))
    assert first.func == second.func
    assert second.next_run - first.next_run == timedelta(seconds=30)


def test_the_command_is_safe_to_repeat(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("sync_jobs")
    call_command("sync_jobs")
    assert capsys.readouterr().out.endswith("Jobs are as declared.\n")
