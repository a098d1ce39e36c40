"""Due times that should not be possible: treated as due like any other, and said, because somebody or something put them there."""

import logging
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction

from audit.events.services import act
from incidents.lifecycle.models import TimelineEntry
from incidents.lifecycle.timeline import add_timeline
from policies.decisions.escalation import in_words

from .models import EscalationRun

logger = logging.getLogger(__name__)
# An outage of the engine explains minutes or hours. The day before yesterday was put there, or comes out of a backup.
LONG_PAST = timedelta(days=1)
TEXT = "The due time of this escalation was wrong; it goes on now"


def say_odd_due_time(run: EscalationRun, *, now: datetime) -> bool:
    """On the timeline and in the log when `run`, which is locked and about to be advanced, had no due time or one of long ago."""
    if run.next_run_at is None:
        why = "It had none at all, which the database normally refuses. Somebody changed the row past the portal."
    elif now - run.next_run_at > LONG_PAST and not run.failures:
        why = f"It lay {in_words(now - run.next_run_at)} back, and nothing had advanced it since."
    else:
        return False
    data = {"action": "odd_due_time", "run": run.pk, "track": run.track, "was": run.next_run_at.isoformat() if run.next_run_at else None}
    with act("escalation.odd_due_time", actor=None, now=now, subject=run.incident, why=why) as running:
        running.decision = {name: data[name] for name in ("run", "track", "was")}
        add_timeline(run.incident, kind=TimelineEntry.Kind.ESCALATION, at=now, actor=None, text=TEXT, why=why, data=data)
    transaction.on_commit(partial(logger.error, "%s: %s. %s", run.incident.number, TEXT, why))
    return True
