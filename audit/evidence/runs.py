"""Work of a worker whose progress a page tells: asked for once, claimed once, and given up for lost when its worker is gone."""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import transaction
from django.db.models import Q, QuerySet

from portal.foundation.errors import PortalError
from portal.foundation.redaction import one_line

from .models import LedgerRun

logger = logging.getLogger(__name__)
State = LedgerRun.State
Clock = Callable[[], datetime]
Tell = Callable[[int, int], None]
R = TypeVar("R", bound=LedgerRun)
# A worker that gave no sign for so long is gone.
GONE_AFTER = timedelta(minutes=4)
# A long ledger takes longer than the two minutes of other jobs.
LONGEST_SECONDS = 3_600
TELL_EVERY_SECONDS = 1.0


def enqueue(task: str, run: LedgerRun) -> None:
    """Hands `run` to a worker once the transaction is there."""
    from django_q.tasks import async_task

    transaction.on_commit(lambda: async_task(task, run.pk, save=False, timeout=LONGEST_SECONDS))


def under_way(run: LedgerRun, now: datetime) -> bool:
    """Whether a worker is at it, or will be."""
    return run.is_live and now - (run.looked_at or run.requested_at) < GONE_AFTER


def claim(model: type[R], run_id: int, now: datetime) -> R | None:
    """The run, if it waits or its worker is gone; else None. The update decides who was first."""
    free = Q(state=State.QUEUED) | Q(state=State.RUNNING, looked_at__lt=now - GONE_AFTER)
    rows = model._default_manager.filter(free, pk=run_id)
    if not rows.update(state=State.RUNNING, looked_at=now, processed=0, failure=""):
        return None
    return model._default_manager.select_related("requested_by").get(pk=run_id)


def telling(run: LedgerRun, clock: Clock) -> Tell:
    """Writes down how far `run` is, once a second at most."""
    said = time.monotonic()

    def tell(done: int, size: int) -> None:
        nonlocal said
        if time.monotonic() - said >= TELL_EVERY_SECONDS:
            said = time.monotonic()
            _rows(run).update(processed=done, total=size, looked_at=clock())

    return tell


def failed(run: LedgerRun, error: Exception, now: datetime) -> None:
    """Writes the failure down in words: those that are meant for people, else what kind of error it was."""
    words = error.message if isinstance(error, PortalError) else one_line(f"{type(error).__name__}: {error}")[:500]
    _rows(run).update(state=State.FAILED, finished_at=now, failure=words)
    run.refresh_from_db()


def _rows(run: LedgerRun) -> QuerySet[LedgerRun]:
    return type(run)._default_manager.filter(pk=run.pk)
