"""What becomes of what failed: it is logged, recorded where it can be seen, and tried again."""

import logging
from datetime import datetime, timedelta

from portal.foundation.redaction import one_line

from .halves import CycleResult
from .heartbeat import sweep_soon
from .models import EscalationRun

logger = logging.getLogger(__name__)
LONGEST_REST = timedelta(seconds=60)


def run_failed(run_id: int, error: Exception, now: datetime) -> CycleResult:
    """The run rests a little longer after each failure in a row, a minute at most; it stays live and due."""
    logger.error("The escalation of run %s failed and will be tried again.", run_id, exc_info=error)
    failures = EscalationRun.objects.filter(pk=run_id).values_list("failures", flat=True).first() or 0
    rest = min(timedelta(seconds=2 ** min(failures + 1, 10)), LONGEST_REST)
    EscalationRun.objects.filter(pk=run_id, state__in=EscalationRun.LIVE).update(
        failures=failures + 1, last_failure=one_line(f"{type(error).__name__}: {error}")[:250], next_run_at=now + rest
    )
    return CycleResult(failed=1)


def start_failed(incident_id: int, error: Exception, now: datetime) -> CycleResult:
    """Nothing stands there yet that could rest: the next look through everything tries it again, and comes soon."""
    logger.error("The escalation of incident %s failed and will be tried again.", incident_id, exc_info=error)
    sweep_soon(now)
    return CycleResult(failed=1)
