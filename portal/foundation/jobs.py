"""Jobs declared in code: what runs, how often, and why. `manage.py sync_jobs` makes django-q2's schedules say the same."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from .registry import Registry

# Marks the schedules that are ours; others, made by hand, are left alone.
OURS = "portal: "


@dataclass(frozen=True, slots=True)
class Job:
    """A recurring task. `function` is a dotted path and a public name: queued tasks refer to it across releases.

    `seconds_later` puts the first run off: two jobs of a minute that are half a minute apart do the same work every half minute.
    """

    name: str
    function: str
    every_minutes: int
    why: str
    seconds_later: int = 0


jobs: Registry[Job] = Registry("job")


def declare(job: Job) -> Job:
    return jobs.register(job.name, job)


@transaction.atomic
def sync_jobs(*, now: datetime) -> list[str]:
    """Makes the schedules equal to the declarations; what was changed, in words. A corrected schedule keeps its next run."""
    from django_q.models import Schedule

    changed = []
    declared = {f"{OURS}{job.name}": job for _, job in jobs}
    for name, job in declared.items():
        wanted = {"func": job.function, "schedule_type": Schedule.MINUTES, "minutes": job.every_minutes, "repeats": -1}
        found = Schedule.objects.filter(name=name).order_by("id").first()
        if found is None:
            first = now + timedelta(minutes=job.every_minutes, seconds=job.seconds_later)
            Schedule.objects.create(name=name, next_run=first, **wanted)
            changed.append(f"Created {name}, every {job.every_minutes} min")
        elif any(getattr(found, field) != value for field, value in wanted.items()):
            Schedule.objects.filter(pk=found.pk).update(**wanted)
            changed.append(f"Corrected {name}, every {job.every_minutes} min")
        if found is not None and Schedule.objects.filter(name=name).exclude(pk=found.pk).delete()[0]:
            changed.append(f"Removed a second {name}")
    gone = Schedule.objects.filter(name__startswith=OURS).exclude(name__in=declared)
    changed += [f"Removed {name}" for name in gone.values_list("name", flat=True)]
    gone.delete()
    return changed
