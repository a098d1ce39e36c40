"""Do the workers of the job queue (django-q2) work?"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from portal.foundation.jobs import OURS
from portal.foundation.signs.beats import WORKER, last_beat
from portal.foundation.words import duration

from .probes import Trouble, is_silent

# A job runs every minute and leaves a sign; the scheduler itself looks only twice a minute.
SILENT_AFTER = timedelta(minutes=3)
# A task that is taken is locked until its retry; one that nobody takes keeps its time.
WAITS_TOO_LONG = timedelta(minutes=5)
START = "Start it with 'python manage.py worker'."


def queue(now: datetime) -> Iterator[Trouble]:
    """Two queries of small tables."""
    from django_q.models import OrmQ, Schedule

    last = last_beat(WORKER)
    if last is None:
        first = Schedule.objects.filter(name__startswith=OURS).order_by("next_run").values_list("next_run", flat=True).first()
        if first is None:
            yield Trouble("queue", "No recurring job is set up. Run 'python manage.py sync_jobs'.")
        elif now - first > SILENT_AFTER:
            yield Trouble("queue", f"The job queue has never worked: reminders, reviews and imports wait. {START}")
    elif is_silent(last, now, SILENT_AFTER):
        said = f"The job queue has not worked for {duration(abs(now - last))}"
        yield Trouble("queue", f"{said}: reminders, reviews and imports wait. {START}")
    elif OrmQ.objects.filter(lock__lt=now - WAITS_TOO_LONG).exists():
        yield Trouble("queue", f"Tasks have waited in the job queue for over {duration(WAITS_TOO_LONG)}: the workers are busy or stuck.")
