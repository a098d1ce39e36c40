"""Jobs declared in code: what runs, how often, and why. `manage.py sync_jobs` makes django-q2's schedules say the same."""

from dataclasses import dataclass

from .registry import Registry


@dataclass(frozen=True, slots=True)
class Job:
    """A recurring task. `function` is a dotted path and a public name: queued tasks refer to it across releases."""

    name: str
    function: str
    every_minutes: int
    why: str


jobs: Registry[Job] = Registry("job")


def declare(job: Job) -> Job:
    return jobs.register(job.name, job)
